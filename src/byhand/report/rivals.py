"""Compares two networks on the same examples: where they disagree, and whether one is better."""

from __future__ import annotations

import numpy as np

from byhand.arrays import Array, IntArray
from byhand.evaluation.predictions import Predictions, predictions
from byhand.evaluation.subject import Subject
from byhand.report.options import Rival


def on_the_same(rival: Rival, subject: Subject) -> Predictions | None:
    """Return the rival's predictions for a subject's examples; None if they do not fit it."""
    inputs = int(np.prod(subject.images.shape[1:]))
    if rival.subject.network.input_layer.units != inputs:
        return None
    labels = subject.predictions.labels
    return predictions(rival.subject.network, subject.images, labels, subject.class_names)


def learnt_from(rival: Rival, subject: Subject) -> bool:
    """Return whether the rival may have been trained on examples that evaluate the subject."""
    theirs = rival.subject
    return not (
        theirs.evaluated_on == subject.evaluated_on
        and theirs.images.shape == subject.images.shape
        and np.array_equal(theirs.images, subject.images)
    )


def disagreements(first: Predictions, second: Predictions) -> Array:
    """Return for each example whether two networks predict different classes (n,)."""
    return np.not_equal(first.predicted, second.predicted)


def first_where_they_disagree(order: IntArray, disagree: Array) -> IntArray:
    """Return an order of examples that begins with those on which two networks disagree."""
    return np.concatenate([order[disagree[order]], order[~disagree[order]]])
