"""The confusion matrix, and the scores of each class."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from byhand.errors import ArgumentError
from byhand.evaluation import class_scores, confusion_matrix, roc_auc
from byhand.evaluation.metrics import row_fractions


@st.composite
def answers(draw):
    """Labels, predicted classes and the number of classes."""
    classes = draw(st.integers(2, 7))
    pairs = st.tuples(st.integers(0, classes - 1), st.integers(0, classes - 1))
    drawn = np.array(draw(st.lists(pairs, min_size=1, max_size=60)))
    return drawn[:, 0], drawn[:, 1], classes


@given(answers())
def test_a_confusion_matrix_counts_every_prediction_once(case):
    """Rows sum to the labels, columns to the predictions, the diagonal to the correct ones."""
    labels, predicted, classes = case

    matrix = confusion_matrix(labels, predicted, classes)

    assert matrix.shape == (classes, classes)
    assert matrix.sum(axis=1).tolist() == np.bincount(labels, minlength=classes).tolist()
    assert matrix.sum(axis=0).tolist() == np.bincount(predicted, minlength=classes).tolist()
    assert np.trace(matrix) == (labels == predicted).sum()


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.5, 0.7, 1.0])), max_size=40))
def test_the_area_under_the_roc_curve_is_that_of_scikit_learn(pairs):
    """Equal scores count half; without members or others there is no area."""
    metrics = pytest.importorskip("sklearn.metrics")
    members, scores = [one for one, _ in pairs], np.array([score for _, score in pairs])

    area = roc_auc(np.array(members, bool), scores)

    if len(set(members)) < 2:
        assert np.isnan(area)
    else:
        assert area == pytest.approx(metrics.roc_auc_score(members, scores), abs=1e-12)


@given(answers())
def test_scores_are_those_of_scikit_learn(case):
    """Precision, recall, F1 and support agree; 0/0 is NaN."""
    metrics = pytest.importorskip("sklearn.metrics")
    labels, predicted, classes = case

    scores = class_scores(confusion_matrix(labels, predicted, classes))

    expected = metrics.precision_recall_fscore_support(
        labels, predicted, labels=range(classes), zero_division=np.nan
    )
    for ours, theirs in zip(
        (scores.precision, scores.recall, scores.f1, scores.support), expected, strict=True
    ):
        np.testing.assert_allclose(ours, theirs)


def test_zero_by_zero_is_nan_and_left_out_of_means():
    """Class 2 never occurs and is never predicted; class 1 is never predicted."""
    scores = class_scores(confusion_matrix(np.array([0, 0, 1]), np.array([0, 0, 0]), 3))

    assert np.isnan(scores.precision).tolist() == [False, True, True]
    assert np.isnan(scores.recall).tolist() == [False, False, True]
    assert np.isnan(scores.f1).tolist() == [False, False, True]
    assert scores.macro() == {"precision": 2 / 3, "recall": 0.5, "f1": 0.4}


def test_labels_beyond_the_classes_are_noticed():
    """They raise an error instead of being counted somewhere."""
    with pytest.raises(ArgumentError, match="0 to 2"):
        confusion_matrix(np.array([3]), np.array([0]), 3)


def test_row_fractions_of_a_class_without_examples_are_zero():
    """The fractions of all other rows sum to 1."""
    assert row_fractions(np.array([[3, 1], [0, 0]])).tolist() == [[0.75, 0.25], [0, 0]]
