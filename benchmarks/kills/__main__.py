"""`python -m benchmarks.kills`: kill trainings, resume them, compare every file."""

from __future__ import annotations

import argparse
import gc
import io
import math
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TypeAlias

from benchmarks.kills.jobs import Job, Outcome, killed, left_alone, remove
from benchmarks.kills.record import Record, cpu_seconds
from benchmarks.kills.settings import settings, write_data

FIT = "fit with callbacks"

Piece: TypeAlias = tuple[list[Outcome], int, float]
"""What came of some trainings, their seed, and the seconds that they took."""

PIECE = 200
"""Number of kills after which the figures are written."""

CHECKED = 5
"""One forked training of so many is compared with one in a Python of its own."""

LONG = 400
"""Changes of files: a training that makes more has its turn less often."""


def main() -> None:
    """Kill as many trainings as asked for; exit with 1 if a file differed."""
    arguments = _arguments()
    record = Record.read(arguments.json)
    ends = time.monotonic() + 60 * arguments.minutes
    with tempfile.TemporaryDirectory(prefix="byhand-kills-", dir=arguments.folder) as place:
        os.environ["BYHAND_OFFLINE"] = "1"
        os.environ["BYHAND_RUNS"] = place
        campaign = _Campaign(arguments, Path(place), ends)
        campaign.prepare(len(record.pieces))
        for piece in campaign.pieces(arguments.kills - record.kills, len(record.pieces)):
            record.add(*piece)
            print(f"{record.kills} kills, {record.faults} faults", file=sys.stderr, flush=True)
    figures = {**record.total(), "seconds of processor time": round(cpu_seconds())}
    print("\n".join(f"{name:<42}{value}" for name, value in figures.items()))
    sys.exit(1 if record.faults else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=300, help="number of kills (300)")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after this time")
    parser.add_argument("--each", type=int, default=3, help="largest number of kills of a run (3)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="trainings at a time (1)")
    parser.add_argument("--only", help="settings whose name holds this text")
    parser.add_argument(
        "--fork", action="store_true", help="fork the trainings: many times as many kills an hour"
    )
    parser.add_argument(
        "--folder", help="where the runs are made; the system's own place unless given"
    )
    parser.add_argument(
        "--keep", type=Path, default=Path("build/kills"), help="where runs that differ are kept"
    )
    parser.add_argument(
        "--json",
        type=Path,
        help="write the figures to this file; the kills that are in it already count",
    )
    return parser.parse_args()


class _Campaign:
    """Trainings that are killed one after the other, through all settings again and again."""

    def __init__(self, arguments: argparse.Namespace, place: Path, ends: float) -> None:
        self.arguments, self.place, self.ends = arguments, place, ends
        self.jobs: dict[str, Job] = {}

    def prepare(self, seed: int) -> None:
        """Make every training without a kill."""
        write_data(self.place)
        recipes: dict[str, Path | None] = {FIT: None}
        for number, (name, recipe) in enumerate(settings().items()):
            recipes[name] = path = self.place / f"{number}.toml"
            path.write_text(recipe.to_toml(name))
        if self.arguments.fork:
            first = [recipes[name] for name in ("optimizer adam", "images", "search")]
            _prepare_to_fork([recipe for recipe in first if recipe], self.place / "prepared")
        names = [name for name in recipes if (self.arguments.only or "") in name]
        for number, name in enumerate(names):
            self.jobs[name] = left_alone(
                name,
                recipes[name],
                self.place / f"whole-{number}",
                fork=self.arguments.fork,
                check=(number + seed) % CHECKED == 0,
            )

    def pieces(self, kills: int, first: int) -> Iterator[Piece]:
        """Yield what came of each piece, until all kills are made or the time is over."""
        counts = [min(PIECE, kills - done) for done in range(0, kills, PIECE)]
        seeds = [self.arguments.seed + first + number for number in range(len(counts))]
        if self.arguments.jobs == 1:
            yield from map(self._piece, counts, seeds)
            return
        with multiprocessing.get_context("fork").Pool(self.arguments.jobs) as workers:
            waiting = [
                workers.apply_async(self._piece, pair) for pair in zip(counts, seeds, strict=True)
            ]
            yield from (one.get() for one in waiting)

    def _piece(self, kills: int, seed: int) -> Piece:
        """Return what came of trainings that were killed this many times in all."""
        rng, outcomes, began = random.Random(seed), list[Outcome](), time.monotonic()  # noqa: S311
        while True:
            for name in rng.sample(sorted(self.jobs), len(self.jobs)):
                if kills <= 0 or time.monotonic() > self.ends:
                    return outcomes, seed, time.monotonic() - began
                if rng.random() * self.jobs[name].operations > LONG:
                    continue
                outcomes.append(self._killed(self.jobs[name], rng, f"{seed}-{len(outcomes)}"))
                kills -= len(outcomes[-1].kills)

    def _killed(self, job: Job, rng: random.Random, title: str) -> Outcome:
        arguments, folder = self.arguments, self.place / f"killed-{title}"
        outcome = killed(job, folder, rng.randint(1, arguments.each), rng, arguments.fork)
        if outcome.faults:
            when = ", ".join(str(kill) for _, kill in outcome.kills)
            print(f"FAULT {job.name}: {', '.join(outcome.faults)} (killed {when})", flush=True)
            if folder.exists():
                shutil.copytree(folder, arguments.keep / title, dirs_exist_ok=True)
        remove(folder)
        return outcome


def _prepare_to_fork(recipes: Sequence[Path], folder: Path) -> None:
    """Train here once with each of some recipes, so that forked processes have all modules loaded.

    Raises:
        RuntimeError: a training failed, or a thread is left, which a fork would lose.
    """
    from byhand.cli.app import run

    for recipe in recipes:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()) as said:
            code = run(["train", str(recipe), "--out", str(folder), "--quiet", "--no-report"])
        if code or threading.active_count() > 1:
            raise RuntimeError(f"{said.getvalue()} threads: {threading.enumerate()}")
        shutil.rmtree(folder)
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    main()
