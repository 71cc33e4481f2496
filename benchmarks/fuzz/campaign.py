"""A campaign: rounds of all readers in turn. The escapes that they find are kept on disk."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.fuzz.files import empty, read_files, write_files
from benchmarks.fuzz.ledger import Ledger
from benchmarks.fuzz.readers import READERS, Reader
from benchmarks.fuzz.rounds import Found, Round, try_one

REPORTED = "escape.json"
INPUT = "input"


class Campaign:
    """Rounds of readers in turn.

    Args:
        readers: the readers.
        seed: seed of all random choices; None takes one that is not in the ledger.
        keep: the folder for escapes, with a folder for each kind.
        ledger: takes the figures after each round.

    Attributes:
        found: the results by the reader's name.
    """

    def __init__(
        self, readers: Sequence[Reader], seed: int | None, keep: Path, ledger: Ledger
    ) -> None:
        self.readers, self.keep, self.ledger = readers, keep, ledger
        self.seed = ledger.begin(seed)
        self.found = {reader.name: Found(seeds=reader.corpus()) for reader in readers}
        self.rounds = 0

    @property
    def inputs(self) -> int:
        """Number of inputs tried."""
        return sum(found.inputs for found in self.found.values())

    def run(self, inputs: int | None, until: float, jobs: int, place: Path) -> None:
        """Try inputs in several processes, until their number or the time is reached."""
        _warm_up(self.readers, self.found, place / "warm")
        wanted = inputs if inputs is not None else sys.maxsize
        each = max(wanted // len(self.readers), 1)
        running: list[Round] = []
        while True:
            while len(running) < jobs and time.monotonic() < until:
                left = wanted - self.inputs - sum(one.inputs for one in running)
                if left <= 0:
                    break
                running.append(self._next_round(min(left, each), until, place))
            if not running:
                return
            for one in [one for one in running if one.has_ended()]:
                running.remove(one)
                self._take(one)
            time.sleep(0.002)

    def _next_round(self, inputs: int, until: float, place: Path) -> Round:
        reader = self.readers[self.rounds % len(self.readers)]
        self.rounds += 1
        seed = f"{self.seed} {reader.name} {self.rounds}"
        folder = place / str(self.rounds)
        return Round(reader, self.found[reader.name], seed, inputs, until, folder)

    def _take(self, one: Round) -> None:
        found, known = one.found(), self.found[one.reader.name]
        for kind in found.escapes.keys() - known.escapes.keys():
            self._keep(one, kind, found)
        known.add(found)
        empty(one.place)
        self.ledger.update(self.found)

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
