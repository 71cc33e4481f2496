"""An exercise: its test cases, the tolerance of its results, and its known mistakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from byhand.course.compare import TOLERANCE

Judge: TypeAlias = Callable[[Sequence["Case"], Sequence[Any]], str | None]

SEED = 20_240_611
"""Seed of the random numbers for the cases."""


@dataclass(frozen=True)
class Case:
    """One call of an exercise.

    Args:
        arguments: values by the names of the parameters, in their order.
        counts: sizes that may appear as a wrong factor: {"examples": 64, "classes": 10}.
    """

    arguments: Mapping[str, Any]
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Exercise:
    """A function that the learner writes.

    Args:
        name: the name of the function.
        returns: names of the results; several for a tuple.
        cases: makes the calls, from a random generator.
        right: the correct function.
        mistakes: wrong functions, by a sentence that says what is wrong with them.
        judge: for functions that draw random numbers, instead of `right`: returns what is wrong
            with the results of all cases, or None.
        in_place: name of the argument that is changed instead of a result returned.
        lists: whether lists are accepted as well as arrays.
        tolerance: largest relative error of a correct result.
        seconds: processor time allowed for all cases together.
    """

    name: str
    returns: tuple[str, ...]
    cases: Callable[[np.random.Generator], list[Case]]
    right: Callable[..., Any]
    mistakes: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    judge: Judge | None = None
    in_place: str | None = None
    lists: bool = False
    tolerance: float = TOLERANCE
    seconds: float | None = None


def cases_of(exercise: Exercise) -> list[Case]:
    """Return the cases of an exercise, the same at every call."""
    return exercise.cases(np.random.default_rng(SEED))
