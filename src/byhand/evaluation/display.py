"""The notebook display of predictions and of the doctor's findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from byhand.evaluation.confidence_interval import wilson_interval
from byhand.evaluation.metrics import confusion_matrix, row_fractions
from byhand.evaluation.mistakes import common_confusions
from byhand.notebook import Html, block, listing, small, table
from byhand.notebook.markup import element, joined
from byhand.readable import percent, percents

if TYPE_CHECKING:
    from byhand.arrays import IntArray
    from byhand.evaluation.doctor.finding import Finding
    from byhand.evaluation.predictions import Predictions

MOST_CLASSES = 26
"""Largest number of classes for a confusion matrix; beyond it, common confusions are shown."""

COLOURS = {"critical": "#d64545", "warning": "#dd6b20", "note": "#7a8794"}
"""Colour of each severity."""


def predictions_html(found: Predictions) -> str:
    """Show the accuracy with its interval, and the confusion matrix."""
    correct, total = int(found.correct.sum()), len(found)
    low, high = wilson_interval(correct, total)
    title = (
        f"{percent(correct / total, 2)} of {total:,} correct (95 % interval {percents(low, high)})"
    )
    matrix = confusion_matrix(found.labels, found.predicted, found.classes)
    if found.classes > MOST_CLASSES:
        return block(title, *_confusions(matrix, found.class_names))
    return block(
        title, _matrix(matrix, found.class_names), small("rows: label, columns: prediction")
    )


def _matrix(matrix: IntArray, names: Sequence[str]) -> Html:
    """Return the counts on a blue background that deepens with their fraction of the row."""
    fractions = row_fractions(matrix)
    rows = [
        [
            element("b", names[i]),
            *(_count(int(matrix[i, j]), float(fractions[i, j]), i == j) for j in range(len(names))),
        ]
        for i in range(len(names))
    ]
    return table(["", *names], rows)


def _count(count: int, fraction: float, is_correct: bool) -> Html:
    colour = "43,140,196" if is_correct else "221,107,32"
    # the square root keeps a confusion of 1 % visible beside a diagonal of 99 %
    style = f"background:rgba({colour},{0.55 * fraction**0.5:.2f});padding:.05em .4em"
    return element("span", f"{count:,}" if count else "·", style, title=percent(fraction))


def _confusions(matrix: IntArray, names: Sequence[str]) -> list[Html]:
    worst = [(names[i], names[j], f"{n:,}") for i, j, n in common_confusions(matrix, 15)]
    return [
        table(["label", "predicted", "examples"], worst, left=(0, 1)),
        small(f"the commonest confusions of {len(names)} classes"),
    ]


def findings_html(findings: Sequence[Finding]) -> str:
    """Show the doctor's findings, the most severe first."""
    severe = sum(finding.severe for finding in findings)
    notes = len(findings) - severe
    found = f"{severe} finding{'s' * (severe != 1)}" if severe else "nothing wrong"
    more = f", {notes} note{'s' * (notes != 1)}" if notes else ""
    return block(f"The doctor found {found}{more}", *map(finding_html, findings))


def finding_html(finding: Finding) -> Html:
    """Show one finding: evidence, meaning, and what to change."""
    colour = COLOURS[finding.severity]
    badge = element(
        "span",
        finding.severity,
        f"background:{colour};color:#fff;border-radius:.3em;padding:0 .4em;font-size:85%",
    )
    follows = f" (follows from {finding.follows})" if finding.follows else ""
    told = {"evidence": finding.evidence, "meaning": finding.meaning, "change": finding.fix}
    style = f"border-left:3px solid {colour};padding-left:.7em;margin:.5em 0"
    heading = joined([badge, " ", element("b", finding.name), follows])
    return element("div", joined([heading, listing(told)]), style)
