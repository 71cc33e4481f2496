"""Scores of a network that gives each example several labels, or none.

A label is predicted if its output exceeds 1/2 (`Network.decide`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array
from byhand.evaluation.metrics import ClassScores, class_scores, confusion_matrix


@dataclass(frozen=True, eq=False)
class LabelScores:
    """How well n examples are labelled.

    Args:
        of_labels: precision, recall, F1 and support (examples that have it) of each label.
        hamming_loss: fraction of all n x labels marks that are wrong.
        exact_matches: number of examples with every mark right.
        examples: n.
    """

    of_labels: ClassScores
    hamming_loss: float
    exact_matches: int
    examples: int


def label_scores(marks: Array, predicted: Array) -> LabelScores:
    """Return the scores of predicted marks.

    Args:
        marks: 0 or 1 for each example and label, (n, labels).
        predicted: the same, as `predict` of a multi-label network returns them.
    """
    marks, predicted = np.asarray(marks, np.intp), np.asarray(predicted, np.intp)
    pairs = zip(marks.T, predicted.T, strict=True)
    each = [class_scores(confusion_matrix(known, given, 2)) for known, given in pairs]
    of_labels = ClassScores(
        precision=np.array([scores.precision[1] for scores in each]),
        recall=np.array([scores.recall[1] for scores in each]),
        f1=np.array([scores.f1[1] for scores in each]),
        support=np.array([scores.support[1] for scores in each]),
    )
    wrong = marks != predicted
    exact = int((~wrong.any(axis=1)).sum())
    return LabelScores(of_labels, float(wrong.mean()), exact, len(marks))
