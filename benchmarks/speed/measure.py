"""Rounds of turns, and what is made of their times: medians, quartiles, paired ratios."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np

from benchmarks.speed.cases import FEWER_ROUNDS, Training, Work
from benchmarks.speed.worker import PeerError

REST = 0.2
"""Seconds between turns: threads of OpenBLAS wait busily for a tenth before they fall asleep."""

Result = dict[str, Any]
"""Of a case: {"work": ..., "peers": {name: {"facts": ..., "seconds": [one a round], ...}}}."""


class Taker(Protocol):
    """What takes turns: a `Worker`, or in tests something that needs no process."""

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
    work: Work, takers: Mapping[str, Taker], rounds: int, say: Callable[[str], None] = print
) -> Result:
    """All peers do the work in turns, A B C A B C ...; seconds are of one epoch or one call."""
    peers: dict[str, Result] = {}
    for name, taker in takers.items():
        say(f"{work.name}: {name} prepares")
        try:
            peers[name] = {"facts": taker.prepare(work), "seconds": [], "accuracy": []}
        except PeerError as error:
            peers[name] = {"error": str(error)}
    able = [name for name, result in peers.items() if "error" not in result]
    for number in range(1, rounds + 1):
        say(f"{work.name}: round {number} of {rounds}")
        for name in able:
            if number > FEWER_ROUNDS.get(name, rounds):
                continue
            take_turn(work, takers[name], peers[name])
    return {"work": asdict(work), "peers": peers}


def take_turn(work: Work, taker: Taker, result: Result) -> None:
    """One run and, where it can be checked, what came of it."""
    units = work.epochs if isinstance(work, Training) else work.calls
    time.sleep(REST)
    result["seconds"].append(taker.run() / units)
    accuracy = taker.accuracy()
    if accuracy is not None:
        result["accuracy"].append(accuracy)


# --- what is made of them -----------------------------------------------------------------------


@dataclass(frozen=True)
class Spread:
    """The median of some numbers and the quartiles about it."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> Spread:
        """Of at least one number."""
        low, median, high = np.quantile(numbers, (0.25, 0.5, 0.75))
        return cls(float(low), float(median), float(high))


def median(result: Result, what: str = "seconds") -> float:
    """The median of a peer's rounds."""
    return Spread.of(result[what]).median


def took_part(case: Result, peer: str, what: str = "seconds") -> bool:
    """Whether a peer has results in a case."""
    return bool(case["peers"].get(peer, {}).get(what))


def paired_ratios(
    case: Result, above: str, below: str, what: str = "seconds", compiling: bool = False
) -> list[float]:
    """above / below of each round; with `compiling`, what was spent on that before is added."""

    def numbers(peer: str) -> list[float]:
        result = case["peers"][peer]
        more = result["facts"].get("compile_seconds", 0.0) if compiling else 0.0
        return [number + more for number in result[what]]

    return [a / b for a, b in zip(numbers(above), numbers(below), strict=False)]


def accuracy_gaps(case: Result, reference: str) -> dict[str, float]:
    """By how much the median accuracy of each peer differs from that of one of them."""
    if not took_part(case, reference, "accuracy"):
        return {}
    middle = median(case["peers"][reference], "accuracy")
    return {
        peer: median(result, "accuracy") - middle
        for peer, result in case["peers"].items()
        if peer != reference and took_part(case, peer, "accuracy")
    }
