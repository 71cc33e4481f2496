"""Numbers in readable form."""

from __future__ import annotations

import math

import pytest

from byhand.readable import duration, percent


@pytest.mark.parametrize(
    ("fraction", "words"),
    [
        (0.0, "0 %"),
        (1e-9, "< 0.01 %"),
        (0.0004, "0.04 %"),
        (0.0123, "1.2 %"),
        (0.5, "50 %"),
        (0.984, "98.4 %"),
        (0.9989, "99.9 %"),
        (0.9997, "99.97 %"),
        (0.99999, "> 99.99 %"),
        (1.0, "100 %"),
        (-0.3, "-30 %"),
        (math.nan, ""),
    ],
)
def test_percent_has_as_many_decimals_as_it_needs_and_only_1_is_100(fraction, words):
    assert percent(fraction) == words


@pytest.mark.parametrize(
    ("fraction", "words"),
    [
        (0.0, "0.00 %"),
        (0.9802, "98.02 %"),
        (0.5, "50.00 %"),
        (0.99996, "> 99.99 %"),
        (0.00004, "< 0.01 %"),
        (1.0, "100.00 %"),
    ],
)
def test_percent_with_two_decimals_keeps_them(fraction, words):
    assert percent(fraction, 2) == words


@pytest.mark.parametrize("decimals", [None, 0, 1, 2])
def test_percent_is_never_0_or_100_by_rounding(decimals):
    for k in range(1, 100_000, 7):
        words = percent(k / 100_000, decimals)

        assert words.removesuffix(" %") not in {"0", "100", "0.0", "100.0", "0.00", "100.00"}


@pytest.mark.parametrize(("seconds", "words"), [(0.44, "0.4 s"), (12, "12 s"), (200, "3 min 20 s")])
def test_duration_has_the_unit_that_fits(seconds, words):
    assert duration(seconds) == words
