"""A campaign: rounds of all readers in turn. The escapes that they find are kept on disk."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.fuzz.files import empty, read_files, write_files
from benchmarks.fuzz.readers import READERS, Reader
from benchmarks.fuzz.rounds import Found, Round, try_one

SECONDS = 10.0
"""Length of a round; it is short, so that every reader has its turn."""

REPORTED = "escape.json"
INPUT = "input"


class Campaign:
    """Rounds of readers in turn.

    Args:
        readers: the readers.
        seed: seed of all random choices.
        keep: the folder for escapes, with a folder for each kind.
        figures: a file to which the figures are added after each round; None writes none.

    Attributes:
        found: the results by the reader's name.
    """

    def __init__(
        self, readers: Sequence[Reader], seed: int, keep: Path, figures: Path | None = None
    ) -> None:
        self.readers, self.seed, self.keep = readers, seed, keep
        self.file = figures
        self.earlier = json.loads(figures.read_text()) if figures and figures.exists() else {}
        self.found = {reader.name: Found(seeds=reader.corpus()) for reader in readers}
        self.rounds = 0

    def run(self, inputs: int | None, until: float, jobs: int, place: Path) -> None:
        """Try inputs in several processes, until their number or the time is reached."""
        _warm_up(self.readers, self.found, place / "warm")
        left = inputs if inputs is not None else sys.maxsize
        each = max(left // len(self.readers), 1)
        running: list[Round] = []
        while True:
            while len(running) < jobs and left > 0 and time.monotonic() < until:
                reader = self.readers[self.rounds % len(self.readers)]
                count = min(left, each)
                left -= count if inputs is not None else 0
                self.rounds += 1
                ends = until if inputs is not None else min(until, time.monotonic() + SECONDS)
                name = f"{self.seed} {reader.name} {self.rounds}"
                folder = place / str(self.rounds)
                running.append(Round(reader, self.found[reader.name], name, count, ends, folder))
            if not running:
                return
            for one in [one for one in running if one.has_ended()]:
                running.remove(one)
                self._take(one)
            time.sleep(0.002)

    def _take(self, one: Round) -> None:
        found, known = one.found(), self.found[one.reader.name]
        for kind in found.escapes.keys() - known.escapes.keys():
            self._keep(one, kind, found)
        known.add(found)
        empty(one.place)
        if self.file is not None:
            new = self.file.with_suffix(".new")
            new.write_text(json.dumps(self.figures(), indent=1) + "\n")
            new.replace(self.file)

    def _keep(self, one: Round, kind: str, found: Found) -> None:
        """Write an input that escaped, with its kind and the seed."""
        code = hashlib.sha256(f"{one.reader.name} {kind}".encode()).hexdigest()[:8]
        words = re.sub(r"\W+", "-", f"{one.reader.name} {kind}").strip("-")[:60]
        folder = self.keep / f"{words}-{code}"
        (folder / INPUT).mkdir(parents=True, exist_ok=True)
        empty(folder / INPUT)
        write_files(folder / INPUT, found.escapes[kind])
        about = {"reader": one.reader.name, "kind": kind, "seed": one.seed}
        (folder / REPORTED).write_text(json.dumps(about, indent=1) + "\n")
        print(f"ESCAPE {one.reader.name}: {kind}\n       {folder}", file=sys.stderr, flush=True)

    def figures(self) -> dict[str, Any]:
        """Return the results as plain values, with those of earlier campaigns in the same file."""
        figures = dict(self.earlier)
        for name, found in self.found.items():
            before = self.earlier.get(name, {"inputs": 0, "accepted": 0, "seconds": 0.0})
            figures[name] = {
                "inputs": before["inputs"] + found.inputs,
                "accepted": before["accepted"] + found.answers["accepted"],
                "answers": max(before.get("answers", 0), len(found.answers)),
                "seconds": round(before["seconds"] + found.seconds, 1),
                "escapes": dict(Counter(before.get("escapes", {})) + found.counts),
            }
        return figures


def replay(folder: Path) -> int:
    """Try an escape again and print its kind; return 1 if it still escapes."""
    about = json.loads((folder / REPORTED).read_text())
    place = folder / "again"
    kind = try_one(READERS[about["reader"]], read_files(folder / INPUT), place)
    empty(place)
    place.rmdir()
    print(kind or "withstood")
    return 1 if kind else 0


def _warm_up(readers: Sequence[Reader], found: dict[str, Found], place: Path) -> None:
    """Read each valid input once, so that processes fork with all modules loaded.

    Raises:
        ByhandError: a valid input was refused.
    """
    place.mkdir(parents=True)
    for reader in readers:
        for files in found[reader.name].seeds:
            write_files(place, files)
            reader.read(place)
            empty(place)
