"""Runs a learner's answers to exercises in a separate process, each alone if one never ends.

`byhand.learner.process` starts and ends the process; `byhand.learner.limits` has its limits of time
and memory, those of the course among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from byhand.course.exercise import Case, Exercise
from byhand.course.values import decode, encode
from byhand.course.worker import Outcome
from byhand.learner.limits import COURSE_SECONDS
from byhand.learner.process import UNREADABLE, run_worker


@dataclass(frozen=True)
class Ran:
    """The outcome of running a learner's file.

    Args:
        outcomes: for each exercise, the outcomes of its cases.
        printed: the first lines that the code printed.
        error: why the file could not be run at all.
    """

    outcomes: list[list[Outcome]] = field(default_factory=list)
    printed: tuple[str, ...] = ()
    error: str | None = None


def run_file(
    path: Path,
    exercises: Sequence[Exercise],
    cases: Sequence[Sequence[Case]],
    seconds: float = COURSE_SECONDS,
) -> Ran:
    """Run the exercises of a file.

    Args:
        path: the learner's file.
        exercises: functions to run.
        cases: calls of each.
        seconds: processor time of all together.

    If the file exceeds its time, each exercise is run again by itself, so that one endless loop
    does not hide the results of the other functions.
    """
    try:
        return _run_process(path, exercises, cases, seconds)
    except TimeoutError:
        return Ran([_run_alone(path, *one, seconds) for one in zip(exercises, cases, strict=True)])


def _run_alone(
    path: Path, exercise: Exercise, cases: Sequence[Case], seconds: float
) -> list[Outcome]:
    try:
        ran = _run_process(path, [exercise], [cases], seconds)
    except TimeoutError:
        return [Outcome(error=f"no result after {seconds:.0f} s. Does a loop never end?")]
    return ran.outcomes[0] if ran.outcomes else [Outcome(error=ran.error)]


def _run_process(
    path: Path, exercises: Sequence[Exercise], cases: Sequence[Sequence[Case]], seconds: float
) -> Ran:
    ended = run_worker("byhand.course.worker", _request(path, exercises, cases), seconds)
    if ended.reply is None:
        return Ran(printed=ended.printed, error=ended.error)
    try:
        error, listed = ended.reply["error"], ended.reply["outcomes"]
        if not error and len(listed) != len(exercises):
            raise ValueError("it holds another number of exercises")
        outcomes = [[_outcome(one) for one in own] for own in listed]
        return Ran(outcomes, ended.printed, error)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        return Ran(printed=ended.printed, error=f"{UNREADABLE}: {problem!r}")


def _request(
    path: Path, exercises: Sequence[Exercise], cases: Sequence[Sequence[Case]]
) -> dict[str, Any]:
    calls = [
        {
            "function": exercise.name,
            "in_place": exercise.in_place,
            "cases": [{k: encode(v) for k, v in case.arguments.items()} for case in tried],
        }
        for exercise, tried in zip(exercises, cases, strict=True)
    ]
    return {"file": str(path.resolve()), "calls": calls}


def _outcome(plain: dict[str, Any]) -> Outcome:
    return Outcome(**plain | {"value": decode(plain["value"])})
