"""Errors of a regression: predicted values over their targets, and the largest errors.

The confusion matrix of a classifier is in `mistakes`.
"""

from byhand.report.all_sections import Contents, Section


def _help(contents: Contents) -> str:
    subject = contents.subject
    return (
        f"The predicted values of the {subject.examples} over their targets.{subject.caution} "
        "On the line they are equal; choose a point to look into it."
    )


SECTION = Section(
    name="errors", place=40, title="Errors", help=_help, tasks=("regression",), computes=True
)
