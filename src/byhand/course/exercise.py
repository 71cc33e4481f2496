"""A lesson and its exercises, with their test cases and known mistakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np

from byhand.errors import ArgumentError

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
    tolerance: float = 1e-6
    seconds: float | None = None


@dataclass(frozen=True)
class Lesson:
    """A lesson.

    Args:
        number: from 1.
        slug: name of its file, without number: "numpy_drills".
        title: as the documentation gives it.
        exercises: in the order of the file.
    """

    number: int
    slug: str
    title: str
    exercises: tuple[Exercise, ...]

    @property
    def module(self) -> str:
        """Name of the learner's file without its extension."""
        return module_name(self.number, self.slug)


LESSONS: dict[int, tuple[str, str]] = {
    1: ("numpy_drills", "NumPy drills"),
    2: ("one_neuron", "One neuron"),
    3: ("softmax", "Softmax and cross-entropy"),
    4: ("backpropagation", "Backpropagation on paper"),
    5: ("hidden_layer", "A hidden layer"),
    6: ("mini_batches", "Mini-batches"),
    7: ("initialisation", "Initialisation"),
    8: ("optimizers", "Optimizers"),
    9: ("why_training_fails", "Why training fails"),
    10: ("over_fitting", "Over-fitting and regularisation"),
    11: ("augmentation", "Augmentation and ensembles"),
    12: ("making_it_fast", "Making it fast"),
}
"""Slug and title of each lesson, by its number."""


def module_name(number: int, slug: str) -> str:
    """Return "lesson_03_softmax"."""
    return f"lesson_{number:02d}_{slug}"


def load_lesson(number: int) -> Lesson:
    """Return a lesson with its exercises; raise ArgumentError for an unknown number."""
    if number not in LESSONS:
        raise ArgumentError(f"there is no lesson {number}. Choose one from 1 to {len(LESSONS)}.")
    slug, title = LESSONS[number]
    checks = import_module(f"byhand.course.checks.{module_name(number, slug)}")
    return Lesson(number, slug, title, checks.EXERCISES)


def cases_of(exercise: Exercise) -> list[Case]:
    """Return the cases of an exercise, the same at every call."""
    return exercise.cases(np.random.default_rng(SEED))
