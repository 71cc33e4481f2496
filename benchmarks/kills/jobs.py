"""One training that is killed, resumed and killed again until it ends, and the one left alone."""

from __future__ import annotations

import json
import random
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.kills.child import COUNT, FIT
from benchmarks.kills.compare import differences
from benchmarks.kills.processes import Kill, Start, run_until, temporary_files

KILLED = -9

MODES = ("time", "save", "operation")

LONGEST_DELAY = 0.004
"""Seconds: about as long as the longest save of a small run."""


@dataclass(frozen=True)
class Job:
    """A training that is killed, and how long it takes if it is left alone.

    Args:
        name: name of the setting.
        recipe: its file; None for `fit` with callbacks.
        whole: folder of the run that was left alone.
        seconds: how long such a run takes.
        operations: how often it changes a file.
        saves: how often it creates a temporary file.
    """

    name: str
    recipe: Path | None
    whole: Path
    seconds: float = 0.0
    operations: int = 0
    saves: int = 0

    def start(self, folder: Path, *, fork: bool) -> Start:
        """Return the command that begins the training in a folder, or resumes it."""
        return Start(self._words(folder), folder, _printed(folder), fork)

    def _words(self, folder: Path) -> list[str]:
        if self.recipe is None:
            return [FIT, str(folder)]
        if (folder / "run.json").exists():
            return ["train", "--resume", str(folder), "--quiet", "--no-report"]
        return ["train", str(self.recipe), "--out", str(folder), "--quiet", "--no-report"]


@dataclass
class Outcome:
    """What came of one training that was killed.

    Args:
        job: the training.
        kills: the kills, each with its mode.
        unfinished: number of kills that left a temporary file.
        unbegun: number of kills before run.json was there.
        after_training: number of kills after the last epoch and before the results.
        faults: what went wrong; empty if every file is equal.
    """

    job: Job
    kills: list[tuple[str, Kill]] = field(default_factory=list)
    unfinished: int = 0
    unbegun: int = 0
    after_training: int = 0
    faults: list[str] = field(default_factory=list)


def left_alone(name: str, recipe: Path | None, folder: Path, *, fork: bool, check: bool) -> Job:
    """Run a training without a kill, and return it with its duration.

    Args:
        name: name of the setting.
        recipe: its file; None for `fit` with callbacks.
        folder: folder of the run.
        fork: fork this process instead of starting Python.
        check: compare a forked run with that of a Python that has done nothing else.

    Raises:
        RuntimeError: the training failed, or a forked one differs.
    """
    job = Job(name, recipe, folder)
    seconds = _time(job, folder, fork=fork)
    if fork and check:
        alone = folder.with_name(f"{folder.name}-alone")
        _time(job, alone, fork=False)
        if found := list(differences(alone, folder)):
            raise RuntimeError(f"{name} differs in a forked process: {', '.join(found)}")
        remove(alone)
    operations, saves = folder.with_name(f"{folder.name}.{COUNT}").read_text().split()
    return Job(name, recipe, folder, seconds, int(operations), int(saves))


def _time(job: Job, folder: Path, *, fork: bool) -> float:
    began = time.perf_counter()
    code = run_until(None, job.start(folder, fork=fork))
    seconds = time.perf_counter() - began
    if code:
        raise RuntimeError(f"{job.name} ended with {code}: {_printed(folder).read_text()}")
    return seconds


def killed(job: Job, folder: Path, kills: int, rng: random.Random, fork: bool) -> Outcome:
    """Kill a training up to `kills` times, let it end, and compare it with the one left alone."""
    outcome = Outcome(job)
    code = KILLED
    for number in range(kills):
        mode = rng.choice(MODES)
        kill = _draw(job, mode, number, rng)
        code = run_until(kill, job.start(folder, fork=fork))
        if code != KILLED:
            break
        outcome.kills.append((mode, kill))
        _note_what_was_left(outcome, folder)
        if _is_finished(folder):
            break
    if code == KILLED and not _is_finished(folder):
        code = run_until(None, job.start(folder, fork=fork))
        if code == KILLED:
            outcome.faults.append("it did not end")
    if code not in {0, KILLED}:
        outcome.faults.append(f"it ended with {code}: {_printed(folder).read_text()}")
    else:
        outcome.faults += list(_compared(job, folder))
    return outcome


def _draw(job: Job, mode: str, number: int, rng: random.Random) -> Kill:
    """Draw the moment of a kill; later kills of a training fall earlier, as less of it is left."""
    share = rng.random() / (1 + number / 2)
    if mode == "time":
        return Kill(seconds=share * job.seconds)
    if mode == "save":
        return Kill(save=1 + int(share * job.saves), delay=rng.random() * LONGEST_DELAY)
    return Kill(operation=1 + int(share * job.operations))


def _compared(job: Job, folder: Path) -> list[str]:
    found = list(differences(job.whole, folder))
    lock = folder / ".lock"  # after a kill at the very end, when nothing is left to resume
    if _is_finished(folder) and lock.exists():
        found.remove(".lock is left over")
    return found


def _is_finished(folder: Path) -> bool:
    try:
        return bool(json.loads((folder / "run.json").read_text())["status"] == "finished")
    except FileNotFoundError:
        return False


def _note_what_was_left(outcome: Outcome, folder: Path) -> None:
    outcome.unfinished += bool(temporary_files(folder))
    if outcome.job.recipe is None:
        return
    if not (folder / "run.json").exists():
        outcome.unbegun += 1
    elif not _is_finished(folder):
        history, whole = folder / "history.csv", outcome.job.whole / "history.csv"
        is_done = history.exists() and _lines(history) == _lines(whole)
        outcome.after_training += is_done and not (folder / "search.toml").exists()


def _lines(path: Path) -> int:
    return path.read_text().count("\n")


def _printed(folder: Path) -> Path:
    """Return the file of what the processes of a training print."""
    return folder.with_name(f"{folder.name}.txt")


def remove(folder: Path) -> None:
    """Remove the folder of a training and what was written beside it."""
    shutil.rmtree(folder, ignore_errors=True)
    for path in folder.parent.glob(f"{folder.name}.*"):
        path.unlink()
