"""Why: which parts of the drawing speak for the answer, and the way of the numbers to it."""

from byhand.report.section import ALL_TASKS, Contents, Section


def _help(contents: Contents) -> str:
    what = "row" if contents.subject.size is None else "drawing"
    return f"What in the {what} speaks for the answer, and how the numbers get there."


SECTION = Section(
    name="why", place=25, title="Why", help=_help, computes=True, tasks=ALL_TASKS, follows_box=True
)
