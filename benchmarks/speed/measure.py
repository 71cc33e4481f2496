"""Measure peers in rounds of turns; compute medians, quartiles and paired ratios.

Each peer chooses its number of threads itself, with `job.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np

from benchmarks.speed.cases import FEWER_ROUNDS, Training, Work
from benchmarks.speed.worker import PeerError

REST = 0.2
"""Seconds between turns: OpenBLAS's threads spin for a tenth of a second before they sleep."""

Result = dict[str, Any]
"""Result of a case: {"work": ..., "peers": {name: {"facts": ..., "seconds": [one a round]}}}."""


class Participant(Protocol):
    """An object that takes turns: a `Worker`, or in tests one that needs no process."""

    def prepare(self, work: Work) -> dict[str, Any]:
        """See `Worker.prepare`."""
        ...

    def run(self) -> float:
        """See `Worker.run`."""
        ...

    def accuracy(self) -> float | None:
        """See `Worker.accuracy`."""
        ...


# --- rounds -------------------------------------------------------------------------------------


def race(
    work: Work,
    participants: Mapping[str, Participant],
    rounds: int,
    say: Callable[[str], None] = print,
) -> Result:
    """Run the work of all peers in turns, A B C A B C ...; time one epoch or one call."""
    peers: dict[str, Result] = {}
    for name, participant in participants.items():
        say(f"{work.name}: {name} prepares")
        try:
            peers[name] = {"facts": participant.prepare(work), "seconds": [], "accuracy": []}
        except PeerError as error:
            peers[name] = {"error": str(error)}
    able = [name for name, result in peers.items() if "error" not in result]
    for number in range(1, rounds + 1):
        say(f"{work.name}: round {number} of {rounds}")
        for name in able:
            if number > FEWER_ROUNDS.get(name, rounds):
                continue
            take_turn(work, participants[name], peers[name])
    return {"work": asdict(work), "peers": peers}


def take_turn(work: Work, participant: Participant, result: Result) -> None:
    """Add the seconds of one run to the result, and its accuracy if there is one."""
    units = work.epochs if isinstance(work, Training) else work.calls
    time.sleep(REST)
    result["seconds"].append(participant.run() / units)
    accuracy = participant.accuracy()
    if accuracy is not None:
        result["accuracy"].append(accuracy)


# --- statistics ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spread:
    """Lower quartile, median and upper quartile of some numbers."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> Spread:
        """Compute them of at least one number."""
        low, median, high = np.quantile(numbers, (0.25, 0.5, 0.75))
        return cls(float(low), float(median), float(high))


def median(result: Result, what: str = "seconds") -> float:
    """Return the median of a peer's rounds."""
    return Spread.of(result[what]).median


def took_part(case: Result, peer: str, what: str = "seconds") -> bool:
    """Return whether a peer has results in a case."""
    return bool(case["peers"].get(peer, {}).get(what))


def paired_ratios(
    case: Result, above: str, below: str, what: str = "seconds", compiling: bool = False
) -> list[float]:
    """Return above / below of each round; `compiling` adds the seconds of compiling to both."""

    def numbers(peer: str) -> list[float]:
        result = case["peers"][peer]
        more = result["facts"].get("compile_seconds", 0.0) if compiling else 0.0
        return [number + more for number in result[what]]

    return [a / b for a, b in zip(numbers(above), numbers(below), strict=False)]


def accuracy_gaps(case: Result, reference: str) -> dict[str, float]:
    """Return the difference of each peer's median accuracy from that of a reference peer."""
    if not took_part(case, reference, "accuracy"):
        return {}
    middle = median(case["peers"][reference], "accuracy")
    return {
        peer: median(result, "accuracy") - middle
        for peer, result in case["peers"].items()
        if peer != reference and took_part(case, peer, "accuracy")
    }
