"""Runs a learner's code in a process of its own, with limits of time and memory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from byhand.course.exercise import Case, Exercise
from byhand.course.values import decode, encode
from byhand.course.worker import Outcome

SECONDS = 10.0
"""Processor time that the functions of a file may take together."""

WAITING = 6
"""By the clock a process may take this many times as long: other programs run as well."""

MEMORY = 4 << 30
"""Bytes of memory that a learner's process may take."""

PRINTED_LINES = 10
"""Number of printed lines that are passed on."""


@dataclass(frozen=True)
class Ran:
    """What a learner's file did.

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
    seconds: float = SECONDS,
) -> Ran:
    """Run the exercises of a file.

    Args:
        path: the learner's file.
        exercises: functions to run.
        cases: calls of each.
        seconds: processor time of all together.

    If the file exceeds its time, each exercise is run again by itself, so that one endless loop
    does not hide what the other functions do.
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
    with tempfile.TemporaryDirectory(prefix="byhand-course-") as folder:
        request, reply = Path(folder, "request.json"), Path(folder, "reply.json")
        asked = _request(path, exercises, cases) | {"seconds": seconds}
        request.write_text(json.dumps(asked), "utf-8")
        ended = _start([str(request), str(reply)], folder, WAITING * seconds)
        printed = tuple(ended.stdout.splitlines()[:PRINTED_LINES])
        if not reply.exists():
            return Ran(printed=printed, error=_cause_of_death(ended))
        answer = json.loads(reply.read_text("utf-8"))
    outcomes = [[_outcome(one) for one in listed] for listed in answer["outcomes"]]
    return Ran(outcomes, printed, answer["error"])


def _start(
    arguments: Sequence[str], folder: str, seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run the worker until it ends; raise TimeoutError if it has exceeded its time."""
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "byhand.course.worker", *arguments],
            cwd=folder,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError from error
    if ended.returncode == -getattr(signal, "SIGXCPU", 0) != 0:
        raise TimeoutError
    return ended


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
    return {"file": str(path.resolve()), "memory": MEMORY, "calls": calls}


def _outcome(plain: dict[str, Any]) -> Outcome:
    return Outcome(**plain | {"value": decode(plain["value"])})


def _cause_of_death(ended: subprocess.CompletedProcess[str]) -> str:
    """Return why a process ended without a reply."""
    lines = ended.stderr.strip().splitlines()
    if "MemoryError" in ended.stderr:
        return f"more than {MEMORY >> 30} GB of memory were needed. How large do the arrays become?"
    return f"the process ended with code {ended.returncode}" + (f": {lines[-1]}" if lines else ".")
