"""The confidence interval of an accuracy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from byhand.errors import ArgumentError
from byhand.evaluation import wilson_interval


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
