"""Every exercise has a correct answer and at least five mistakes that the checks distinguish."""

from __future__ import annotations

import inspect
from importlib import import_module

import pytest

from byhand.course.exercise import cases_of
from byhand.course.judge import RIGHT, WRONG, judge
from byhand.course.lessons import LESSONS, load_lesson
from byhand.course.worker import call

EXERCISES = [
    (lesson, exercise) for lesson in map(load_lesson, LESSONS) for exercise in lesson.exercises
]
MISTAKES = [(exercise, text) for _, exercise in EXERCISES for text in exercise.mistakes]


def found(exercise, function):
    """The check's result for a function in place of the learner's."""
    cases = cases_of(exercise)
    return judge(
        exercise, cases, [call(function, case.arguments, exercise.in_place) for case in cases]
    )


def name(value):
    return getattr(value, "name", None)


@pytest.mark.parametrize(("lesson", "exercise"), EXERCISES, ids=name)
def test_the_answer_key_is_right(lesson, exercise):
    answers = import_module(f"byhand.course.answers.{lesson.module}")

    finding = found(exercise, getattr(answers, exercise.name))

    assert (finding.status, finding.message) == (RIGHT, "")


@pytest.mark.parametrize(("exercise", "text"), MISTAKES, ids=name)
def test_a_known_mistake_is_named(exercise, text):
    finding = found(exercise, exercise.mistakes[text])

    assert finding.status == WRONG
    assert text in finding.message


@pytest.mark.parametrize(("lesson", "exercise"), EXERCISES, ids=name)
def test_five_mistakes_of_every_exercise_are_known(lesson, exercise):
    assert len(exercise.mistakes) >= 5 or exercise.judge is not None


@pytest.mark.parametrize(("lesson", "exercise"), EXERCISES, ids=name)
def test_the_docstring_states_formula_arguments_and_shapes(lesson, exercise):
    answers = import_module(f"byhand.course.answers.{lesson.module}")
    function = getattr(answers, exercise.name)
    text = inspect.getdoc(function)

    assert "Returns:" in text
    assert all(f"{argument}:" in text for argument in inspect.signature(function).parameters)
