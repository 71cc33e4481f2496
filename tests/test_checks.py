"""Checks of single numbers, with the strangest values that Python calls numbers."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import ArgumentError
from byhand.checks import fraction, integer, number

HUGE = 10**400
"""An integer above the largest float."""

UNPRINTABLE = -(10**5000)
"""An integer of more digits than Python prints."""


@pytest.mark.parametrize("value", [0, 2, 0.5, np.float32(0.5), np.int8(3), 1e308])
def test_real_numbers_become_floats(value):
    assert number("rate", value, at_least=0) == float(value)
    assert type(number("rate", value)) is float


@pytest.mark.parametrize(
    "value",
    [True, None, "1", 1j, float("nan"), float("inf"), -float("inf"), HUGE, UNPRINTABLE],
    ids=lambda value: type(value).__name__,
)
def test_anything_but_a_finite_number_is_refused(value):
    with pytest.raises(ArgumentError, match="rate must be a finite number; got"):
        number("rate", value)


@pytest.mark.parametrize(
    ("value", "bounds"),
    [
        (0, {"above": 0}),
        (-1e-9, {"at_least": 0}),
        (1, {"below": 1}),
        (1.001, {"at_most": 1}),
        (HUGE, {"above": 0, "at_most": 1}),
    ],
)
def test_numbers_outside_the_bounds_are_refused(value, bounds):
    with pytest.raises(ArgumentError, match=r"rate must be (above|at least|below|at most)"):
        number("rate", value, **bounds)


@pytest.mark.parametrize(
    ("value", "bounds"),
    [
        (1e-9, {"above": 0}), (0, {"at_least": 0}), (0.999, {"below": 1}), (1, {"at_most": 1}),
    ],
)  # fmt: skip
def test_numbers_at_the_bounds_are_accepted(value, bounds):
    assert number("rate", value, **bounds) == value


def test_a_fraction_is_below_one():
    assert fraction("rate", 0) == 0
    with pytest.raises(ArgumentError, match="at least 0 and below 1"):
        fraction("rate", 1)


def test_an_integer_of_too_many_digits_is_named_by_its_bits():
    with pytest.raises(ArgumentError, match="at least 1; got an integer of 16610 bits"):
        integer("epochs", UNPRINTABLE)


@pytest.mark.parametrize("value", [True, 1.0, "1", None, 0])
def test_anything_but_an_integer_of_that_size_is_refused(value):
    with pytest.raises(ArgumentError, match="epochs must be an integer of at least 1; got"):
        integer("epochs", value)


def test_integers_of_numpy_are_integers():
    assert type(integer("epochs", np.int64(3))) is int
