"""The lessons of the course, in their order."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from byhand.course.exercise import Exercise
from byhand.errors import ArgumentError


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
