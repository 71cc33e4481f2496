"""Counts, fractions, intervals and mistakes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from byhand.errors import ArgumentError
from byhand.evaluation import (
    Predictions,
    class_scores,
    common_confusions,
    confusion_matrix,
    wilson_interval,
    worst_mistakes,
)
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


# The score intervals that Newcombe (1998, Statistics in Medicine 17, table I, method 3) prints.
@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_intervals_are_those_in_print(right, total, low, high):
    """They agree to the four digits that are printed."""
    assert wilson_interval(right, total) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10_000), st.data())
def test_a_wilson_interval_contains_the_fraction_and_mirrors(total, data):
    """It stays within 0 and 1, and swapping correct and wrong mirrors it."""
    right = data.draw(st.integers(0, total))

    low, high = wilson_interval(right, total)

    assert 0 <= low <= right / total <= high <= 1
    mirrored = wilson_interval(total - right, total)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_more_confidence_takes_a_wider_interval():
    """The 99 % interval contains the 90 % interval."""
    narrow, wide = wilson_interval(90, 100, 0.9), wilson_interval(90, 100, 0.99)

    assert wide[0] < narrow[0] < narrow[1] < wide[1]


@pytest.mark.parametrize("case", [(3, 2), (-1, 2), (0, 0), (1, 2, 1.0), (1, 2, 0.0)])
def test_an_interval_that_makes_no_sense_is_refused(case):
    """More correct predictions than examples, no examples, and no confidence are errors."""
    with pytest.raises(ArgumentError, match="0 <= correct <= total"):
        wilson_interval(*case)


def _predictions(labels, probabilities, **options) -> Predictions:
    probabilities = np.array(probabilities)
    return Predictions(
        np.array(labels), probabilities.argmax(axis=1), probabilities, ("no", "yes"), **options
    )


def test_worst_mistakes_are_the_surest_first():
    """Correct predictions are left out; each mistake has both classes and the confidence."""
    found = _predictions([0, 0, 1, 1], [[0.9, 0.1], [0.3, 0.7], [0.98, 0.02], [0.1, 0.9]])

    mistakes = worst_mistakes(found)

    assert [mistake.row for mistake in mistakes] == [2, 1]
    assert str(mistakes[0]) == "predicted no, label yes, confidence 98 %"
    assert worst_mistakes(found, 1) == mistakes[:1]


def test_outputs_that_are_no_probabilities_are_quoted_as_they_are():
    """Outputs that are not probabilities are shown without a per cent sign."""
    found = _predictions([1], [[1.7, 0.2]], calibrated=False)

    assert str(worst_mistakes(found)[0]) == "predicted no, label yes, confidence 1.70"


def test_common_confusions_leave_out_correct_predictions_and_empty_cells():
    """Each is (label, predicted class, count), the largest count first."""
    matrix = np.array([[50, 2, 0], [7, 60, 0], [0, 0, 9]])

    assert common_confusions(matrix) == [(1, 0, 7), (0, 1, 2)]
    assert common_confusions(matrix, 1) == [(1, 0, 7)]
