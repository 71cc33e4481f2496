"""Confidence beside accuracy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from byhand.errors import ArgumentError, DataError
from byhand.evaluation import predictions, reliability, reliability_of


def test_a_perfectly_calibrated_set_has_no_error():
    """Of ten predictions with confidence 0.8 eight are correct, of four with 0.25 one, ..."""
    confidence = np.repeat([0.8, 0.25, 1.0], [10, 4, 5])
    right = np.repeat([True, False, True, False, True], [8, 2, 1, 3, 5])

    assert reliability(confidence, right).ece == pytest.approx(0, abs=1e-12)


def test_the_error_is_the_excess_of_confidence():
    """Predictions with confidence 1 of which 60 % are correct have an error of 0.4."""
    bins = reliability(np.ones(10), np.arange(10) < 6)

    assert bins.ece == pytest.approx(0.4)
    assert bins.gaps[-1] == pytest.approx(-0.4)
    assert np.isnan(bins.gaps[:-1]).all()


@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=80),
    st.integers(1, 20),
)
def test_bins_agree_with_a_loop(pairs, count):
    """Each prediction is in one bin; a bin includes its upper edge."""
    confidence, right = (np.array(column) for column in zip(*pairs, strict=True))

    bins = reliability(confidence, right, count)

    expected = 0.0
    for k in range(count):
        low, high = k / count, (k + 1) / count
        inside = np.ceil(confidence * count) - 1 == k
        if k == 0:
            inside |= confidence == 0
        assert bins.counts[k] == inside.sum()
        if inside.any():
            assert low - 1e-9 <= bins.confidence[k] <= high + 1e-9
            expected += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    assert bins.counts.sum() == len(pairs)
    assert bins.ece == pytest.approx(expected, abs=1e-12)
    assert 0 <= bins.ece <= 1


def test_the_calibration_of_a_network_is_that_of_its_predictions(relu_net, network_of, examples):
    """Outputs that are not probabilities are refused."""
    found = predictions(relu_net, *examples)

    assert reliability_of(found).ece == reliability(found.confidence, found.correct).ece
    with pytest.raises(DataError, match="softmax or sigmoid"):
        reliability_of(predictions(network_of("squared error"), *examples))


@pytest.mark.parametrize(
    ("confidence", "right", "bins", "error"),
    [
        ([0.5], [True, False], 15, ArgumentError),
        ([], [], 15, ArgumentError),
        ([0.5], [True], 0, ArgumentError),
        ([1.5], [True], 15, DataError),
        ([-0.1], [True], 15, DataError),
        ([np.nan], [True], 15, DataError),
    ],
)
def test_invalid_confidences_are_refused(confidence, right, bins, error):
    """Lengths that differ, empty arrays, no bins, and numbers outside 0 to 1 are errors."""
    with pytest.raises(error):
        reliability(np.array(confidence, float), np.array(right, bool), bins)
