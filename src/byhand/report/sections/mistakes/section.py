"""Mistakes: the confusion matrix, and the examples behind each of its cells, worst first.

`page/examples.js` sorts them; `choose_examples.py` chooses those that the page carries.
"""

from __future__ import annotations

from byhand.evaluation.metrics import ClassScores, class_scores, confusion_matrix
from byhand.report.all_sections import Contents, Section, Values


def _content(contents: Contents) -> Values:
    predicted = contents.subject.predictions
    matrix = confusion_matrix(predicted.labels, predicted.predicted, predicted.classes)
    return {"confusion": matrix, "metrics": by_class(class_scores(matrix))}


def by_class(scores: ClassScores) -> list[dict[str, float]]:
    """Return one row for each class; 0/0 is NaN, which the payload carries as null."""
    columns = {name: getattr(scores, name) for name in ("precision", "recall", "f1", "support")}
    return [
        {name: float(values[k]) for name, values in columns.items()}
        for k in range(len(scores.support))
    ]


def _help(contents: Contents) -> str:
    subject = contents.subject
    return (
        f"Where the network is wrong on the {subject.examples}, and the {subject.many} themselves."
        f"{subject.caution}"
    )


SECTION = Section(name="mistakes", place=40, title="Mistakes", help=_help, content=_content)
