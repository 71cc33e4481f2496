"""Jobs: the prepared work of a peer, ready to run repeatedly."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from threadpoolctl import threadpool_limits

from byhand.threads import cores

T = TypeVar("T", bound=Hashable)


@dataclass
class Job:
    """Work that is ready to run.

    Args:
        run: runs the work once.
        reset: restores the starting weights before each run, outside the measured time.
        predict: returns the classes of the test images; None if there is no accuracy to check.
        facts: settings of the peer: threads, mode, seconds of compiling.
    """

    run: Callable[[], object]
    reset: Callable[[], object] = lambda: None
    predict: Callable[[], Any] | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def timed(self) -> float:
        """Reset, run once and return the wall-clock seconds of the run."""
        self.reset()
        return seconds(self.run)


def seconds(function: Callable[[], object]) -> float:
    """Return the wall-clock seconds of a call."""
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def fastest(choices: Iterable[T], trial: Callable[[T], object], rounds: int = 3) -> T:
    """Try all choices in turns; return the one with the shortest best time."""
    times: dict[T, list[float]] = {choice: [] for choice in choices}
    for _ in range(rounds):
        for choice, found in times.items():
            found.append(seconds(partial(trial, choice)))
    return min(times, key=lambda choice: min(times[choice]))


def thread_counts() -> range:
    """Return the numbers of threads to try: from one to one for each core."""
    return range(1, cores() + 1)


def fastest_blas_threads(run: Callable[[], object], rounds: int = 3) -> int:
    """Set and return the number of BLAS threads with which a function runs fastest."""

    def trial(count: int) -> None:
        threadpool_limits(count)
        run()

    count = fastest(thread_counts(), trial, rounds)
    threadpool_limits(count)
    return count


def repeat(function: Callable[[], object], count: int) -> Callable[[], None]:
    """Return a function that calls another `count` times."""

    def run() -> None:
        for _ in range(count):
            function()

    return run
