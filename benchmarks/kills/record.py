"""The figures of many kills, added up in a file, so that a long run can be continued."""

from __future__ import annotations

import json
import resource
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.kills.jobs import MODES, Outcome


@dataclass
class Record:
    """The figures so far.

    Args:
        path: the file; None keeps them in memory only.
        pieces: the figures of each piece.
    """

    path: Path | None
    pieces: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path | None) -> Record:
        """Return the figures of a file; none if it does not exist yet."""
        if path is None or not path.exists():
            return cls(path)
        return cls(path, json.loads(path.read_text())["pieces"])

    @property
    def kills(self) -> int:
        """Number of kills so far."""
        return sum(piece["kills"] for piece in self.pieces)

    @property
    def faults(self) -> int:
        """Number of runs that differed so far."""
        return sum(piece["runs that differ"] for piece in self.pieces)

    def add(self, outcomes: Sequence[Outcome], seed: int, seconds: float) -> None:
        """Add the figures of a piece, and write the file."""
        piece = {"seed": seed, **_figures(outcomes), "seconds": round(seconds)}
        faulty = [one for one in outcomes if one.faults]
        piece["details"] = [
            {"setting": one.job.name, "kills": [str(kill) for _, kill in one.kills],
             "faults": one.faults}
            for one in faulty
        ]  # fmt: skip
        self.pieces.append(piece)
        if self.path is not None:
            content = {"total": self.total(), "pieces": self.pieces}
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(json.dumps(content, indent=1) + "\n")

    def total(self) -> dict[str, int]:
        """Return the figures of all pieces together."""
        total = Counter[str]()
        for piece in self.pieces:
            total.update({name: value for name, value in piece.items() if name in COUNTED})
        total["settings"] = max((piece["settings"] for piece in self.pieces), default=0)
        return dict(total)


def cpu_seconds() -> float:
    """Return the processor time of this process and its children that have ended."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)


def _figures(outcomes: Sequence[Outcome]) -> dict[str, int]:
    modes = Counter(mode for outcome in outcomes for mode, _ in outcome.kills)
    return {
        "settings": len({outcome.job.name for outcome in outcomes}),
        "kills": modes.total(),
        **{f"kills at a random {mode}": modes[mode] for mode in MODES},
        "kills that left a temporary file": sum(one.unfinished for one in outcomes),
        "kills before the run had begun": sum(one.unbegun for one in outcomes),
        "kills between training and results": sum(one.after_training for one in outcomes),
        "runs compared": len(outcomes),
        "runs that differ": sum(bool(one.faults) for one in outcomes),
    }


COUNTED = (*_figures([]), "seconds")
