"""Confidence beside accuracy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from byhand.errors import ArgumentError, DataError
from byhand.evaluation import predictions, reliability, reliability_of


def test_a_perfectly_calibrated_set_has_no_error():
    """Eight of ten predictions with confidence 0.8 are correct, one of four with 0.25, ..."""
    confidence = np.repeat([0.8, 0.25, 1.0], [10, 4, 5])
    right = np.repeat([True, False, True, False, True], [8, 2, 1, 3, 5])

    assert reliability(confidence, right).ece == pytest.approx(0, abs=1e-12)


def test_boasting_costs_what_it_exceeds():
    """Always sure, right six times of ten: the error is 0.4, and the gap is below 0."""
    bins = reliability(np.ones(10), np.arange(10) < 6)

    assert bins.ece == pytest.approx(0.4)
    assert bins.gaps[-1] == pytest.approx(-0.4)
    assert np.isnan(bins.gaps[:-1]).all()


@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=80),
    st.integers(1, 20),
)
def test_bins_hold_what_a_loop_would_put_there(pairs, count):
    """Each answer in one bin, whose upper edge belongs to it."""
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


def test_of_a_network(relu_net, network_of, examples):
    """It equals that of its predictions; outputs that are not probabilities are refused."""
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
def test_what_is_no_confidence_is_refused(confidence, right, bins, error):
    """Lengths that differ, nothing at all, no bins, numbers outside 0..1."""
    with pytest.raises(error):
        reliability(np.array(confidence, float), np.array(right, bool), bins)
