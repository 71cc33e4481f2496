"""What a peer hands over when it is given work: something to run, again and again."""

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
        run: does it once.
        reset: goes back to the starting weights; before each run, outside the time.
        predict: the classes of the test images, or None where there is nothing to check.
        facts: how the peer was set: threads, mode, seconds of compiling.
    """

    run: Callable[[], object]
    reset: Callable[[], object] = lambda: None
    predict: Callable[[], Any] | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def timed(self) -> float:
        """Seconds of one run, by the wall clock."""
        self.reset()
        return seconds(self.run)


def seconds(function: Callable[[], object]) -> float:
    """How long a call takes."""
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def fastest(choices: Iterable[T], trial: Callable[[T], object], rounds: int = 3) -> T:
    """The choice whose trial has the shortest best time; all are tried in turns."""
    times: dict[T, list[float]] = {choice: [] for choice in choices}
    for _ in range(rounds):
        for choice, found in times.items():
            found.append(seconds(partial(trial, choice)))
    return min(times, key=lambda choice: min(times[choice]))


def thread_counts() -> range:
    """From one thread to one for each core."""
    return range(1, cores() + 1)


def fastest_blas_threads(run: Callable[[], object], rounds: int = 3) -> int:
    """The number of BLAS threads with which something runs fastest; it stays set."""

    def trial(count: int) -> None:
        threadpool_limits(count)
        run()

    count = fastest(thread_counts(), trial, rounds)
    threadpool_limits(count)
    return count


def repeat(function: Callable[[], object], count: int) -> Callable[[], None]:
    """A function that calls another some times."""

    def run() -> None:
        for _ in range(count):
            function()

    return run
