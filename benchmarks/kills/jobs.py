"""A training that is killed and resumed until it ends, and the same training without kills."""

from __future__ import annotations

import json
import random
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.kills.child import COUNT, FIT
from benchmarks.kills.compare import differences
from benchmarks.kills.processes import Kill, run_until, temporary_files

KILLED = -9

MODES = ("time", "save", "operation")


@dataclass(frozen=True)
class Job:
    """A training to be killed, and its duration without kills.

    Args:
        name: name of the setting.
        recipe: its file; None for `fit` with callbacks.
        whole: folder of the run without kills.
        seconds: duration of that run.
        operations: number of its changes to files.
    """

    name: str
    recipe: Path | None
    whole: Path
    seconds: float = 0.0
    operations: int = 0

    def words(self, folder: Path) -> list[str]:
        """Return the command line that begins the training in a folder, or resumes it."""
        if self.recipe is None:
            return [FIT, str(folder)]
        if (folder / "run.json").exists():
            return ["train", "--resume", str(folder), "--quiet", "--no-report"]
        return ["train", str(self.recipe), "--out", str(folder), "--quiet", "--no-report"]


@dataclass
class Outcome:
    """The outcome of a training that was killed.

    Args:
        job: the training.
        kills: number of kills of each mode.
        unfinished: number of kills that left a temporary file.
        unbegun: number of kills before run.json existed.
        after_training: number of kills after the last epoch and before the results.
        faults: descriptions of differences; empty if every file is equal.
    """

    job: Job
    kills: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MODES, 0))
    unfinished: int = 0
    unbegun: int = 0
    after_training: int = 0
    faults: list[str] = field(default_factory=list)


def left_alone(name: str, recipe: Path | None, folder: Path, fork: bool) -> Job:
    """Run a training without kills, and return it with its duration."""
    job = Job(name, recipe, folder)
    said = folder.with_name(f"{folder.name}.txt")
    began = time.perf_counter()
    code = run_until(None, job.words(folder), folder, said, fork)
    seconds = time.perf_counter() - began
    if code:
        raise RuntimeError(f"{name} ended with {code}: {said.read_text()}")
    operations = int(folder.with_name(f"{folder.name}.{COUNT}").read_text())
    return Job(name, recipe, folder, seconds, operations)


def killed(job: Job, folder: Path, kills: int, rng: random.Random, fork: bool) -> Outcome:
    """Kill a training up to `kills` times, let it end, and compare it with one without kills."""
    outcome = Outcome(job)
    said = folder.with_name(f"{folder.name}.txt")
    code = KILLED
    for number in range(kills):
        mode = rng.choice(MODES)
        code = run_until(_draw(job, mode, number, rng), job.words(folder), folder, said, fork)
        if code != KILLED:
            break
        outcome.kills[mode] += 1
        _note_what_was_left(outcome, folder)
        if _is_finished(folder):
            break
    if code == KILLED and not _is_finished(folder):
        code = run_until(None, job.words(folder), folder, said, fork)
        if code == KILLED:
            outcome.faults.append("it did not end")
    if code not in {0, KILLED}:
        outcome.faults.append(f"it ended with {code}: {said.read_text()}")
    else:
        outcome.faults += list(_compared(job, folder))
    return outcome


def _draw(job: Job, mode: str, number: int, rng: random.Random) -> Kill:
    """Draw the moment of a kill; later kills come sooner, because less of the training is left."""
    share = rng.random() / (1 + number / 2)
    if mode == "time":
        return Kill(seconds=share * job.seconds)
    if mode == "save":
        return Kill(save=1 + int(share * job.operations / 3))
    return Kill(operation=1 + int(share * job.operations))


def _compared(job: Job, folder: Path) -> list[str]:
    found = list(differences(job.whole, folder))
    lock = folder / ".lock"  # after a kill at the very end there is nothing left to resume
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


def remove(folder: Path) -> None:
    """Remove the folder of a training and the files written beside it."""
    shutil.rmtree(folder, ignore_errors=True)
    for path in folder.parent.glob(f"{folder.name}.*"):
        path.unlink()
