"""The confusion matrix; precision, recall, F1 and the area under the ROC curve of each class.

Accuracy, with the loss, is computed in `network/inference.py`, R squared of a regression in
`network/r_squared.py`, and its root mean squared error in `report/tasks.py`. Scores of examples
with several labels are in `label_scores.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.errors import ArgumentError
from byhand.notebook import block, table
from byhand.readable import percent


def confusion_matrix(labels: IntArray, predicted: IntArray, classes: int) -> IntArray:
    """Count the examples of each label (row) that were predicted as each class (column)."""
    cells = np.bincount(np.asarray(labels) * classes + predicted, minlength=classes * classes)
    if len(cells) > classes * classes:
        raise ArgumentError(
            f"expected labels and predicted classes as integers from 0 to {classes - 1}."
        )
    return cells.reshape(classes, classes)


def row_fractions(matrix: IntArray) -> FloatArray:
    """Divide each row of a confusion matrix by its sum; a class without examples keeps zeros."""
    fractions: FloatArray = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    return fractions


@dataclass(frozen=True, eq=False)
class ClassScores:
    """Precision, recall and F1 of each class; all arrays are (classes,).

    0/0 is NaN, not 0: the precision of a class that was never predicted, the recall of a class
    without examples, and F1 where both are undefined.

    Args:
        precision: fraction of the examples predicted as the class that belong to it,
            TP / (TP + FP).
        recall: fraction of the class's examples that were predicted as it, TP / (TP + FN).
        f1: harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN).
        support: number of examples of the class.
        class_names: names of the classes; empty if they are not known.
    """

    precision: FloatArray
    recall: FloatArray
    f1: FloatArray
    support: IntArray
    class_names: Sequence[str] = ()

    def macro(self) -> dict[str, float]:
        """Return the mean of each score over the classes for which it is defined."""
        scores = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {name: _mean_of_defined(values) for name, values in scores.items()}

    def _repr_html_(self) -> str:
        columns = (self.precision, self.recall, self.f1)
        rows: list[list[object]] = [
            [
                self.class_names[k] if self.class_names else k,
                *(percent(float(values[k]), 2) for values in columns),
                f"{support:,}",
            ]
            for k, support in enumerate(self.support)
        ]
        means = [percent(mean, 2) for mean in self.macro().values()]
        rows.append(["mean", *means, f"{int(self.support.sum()):,}"])
        headings = ["class", "precision", "recall", "F1", "examples"]
        return block("Scores of each class", table(headings, rows))


def class_scores(matrix: IntArray, class_names: Sequence[str] = ()) -> ClassScores:
    """Return precision, recall and F1 of each class, from a confusion matrix."""
    correct, support, predicted = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    return ClassScores(
        precision=_ratio(correct, predicted),
        recall=_ratio(correct, support),
        f1=_ratio(2 * correct, support + predicted),
        support=support,
        class_names=class_names,
    )


def roc_auc(is_member: Array, scores: FloatArray) -> float:
    """Return the area under the ROC curve: 1 for a perfect order, 1/2 for a random one.

        AUC = (R - P (P + 1) / 2) / (P N)

    with P members, N others, and R the sum of the ranks of the members' scores, counted from 1.
    Equal scores share their mean rank. It is the probability that a member has a higher score than
    another example, and NaN without members or without others.

    Args:
        is_member: whether each example belongs to the class (n,).
        scores: the network's probability of the class (n,).

    Source: J. Hanley, B. McNeil, The Meaning and Use of the Area under a ROC Curve, 1982.
    """
    is_member = np.asarray(is_member, bool)
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    members = int(is_member.sum())
    pairs = members * (len(is_member) - members)
    if not pairs:
        return float("nan")
    return float((ranks[is_member].sum() - members * (members + 1) / 2) / pairs)


def _ratio(part: IntArray, whole: IntArray) -> FloatArray:
    scores: FloatArray = np.full(len(part), np.nan)
    return np.divide(part, whole, out=scores, where=whole > 0)


def _mean_of_defined(values: FloatArray) -> float:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else float("nan")
