"""Finds the output of a learner's forward pass: in its result, or in the object that keeps it."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np

from byhand.arrays import Array
from byhand.examine.array_names import quantity
from byhand.examine.find_parameters import arrays_in

if TYPE_CHECKING:
    from byhand.examine.observe import Observer

DERIVATIVE = re.compile(r"deriv|prime|grad|slope", re.IGNORECASE)
"""Part of the names of arrays that are derivatives."""


def named_output(observer: Observer, result: Any) -> Array | None:
    """Return the last A of a forward pass that returns lists of Z and of A; else None."""
    results = result if isinstance(result, tuple) else (result,)
    last = observer.view.values.get(f"A{observer.layers}")
    if last is None or any(fits_output(observer, one) for one in results):
        return None
    return np.asarray(last.T if observer.view.convention.value_columns else last)


def stored_output(observer: Observer, state: Any) -> Array | None:
    """Return the output of a forward pass that returns nothing and stores A in the object."""
    for path, array in arrays_in(state, observer.subject.is_own):
        is_last = quantity(path, observer.layers) == ("A", observer.layers)
        if is_last and fits_output(observer, array):
            return array.copy()
    return None


def output_of(observer: Observer, result: Any, names: tuple[str | None, ...] = ()) -> Array | None:
    """Return the array of a result that has a row, or a column, for each example.

    Args:
        observer: knows the shape of an output.
        result: what the forward function returned.
        names: the variables that the results were; derivatives are not outputs.
    """
    results = result if isinstance(result, tuple) else (result,)
    results = tuple(
        one
        for one, name in zip_longest(results, names[: len(results)])
        if not DERIVATIVE.search(name or "")
    )
    fitting = [one for one in results if fits_output(observer, one)]
    inner = [
        array
        for _, array in arrays_in(results, observer.subject.is_own)
        if fits_output(observer, array)
    ]
    return (fitting or inner or [None])[-1]


def fits_output(observer: Observer, value: Any) -> bool:
    """Return whether a value can be the network's output: by its shape, and not made of 0 and 1."""
    if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
        return False
    problem = observer.problem
    return observer.view.convention.fits(value, len(problem.X), problem.sizes[-1])
