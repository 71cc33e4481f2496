"""Measure a step of training, and the constants of the model, on this machine.

The clock counts the CPU time of the process, which other programs on the machine change little. The
share of a rank is measured without the other ranks, and then the shortest exchange between them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

import byhand
from benchmarks.scale.model import Machine, parameters
from byhand.distributed import Ranks
from byhand.training import Callback
from byhand.training.run import TrainingRun


class Steps(Callback):
    """Notes the CPU time at the end of each step."""

    def __init__(self) -> None:
        self.times = list[float]()

    def on_batch_end(self, run: TrainingRun) -> None:  # noqa: ARG002
        """Note the time."""
        self.times.append(time.process_time())


def step(widths: Sequence[int], batch: int, ranks: Ranks | None, steps: int = 60) -> float:
    """Return the shortest time of a step in this process."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (4 * batch, widths[0]), np.uint8)
    y = np.arange(4 * batch) % widths[-1]
    hidden = [byhand.DenseLayer(n, "relu") for n in widths[1:-1]]
    layers = [byhand.InputLayer(widths[0]), *hidden, byhand.DenseLayer(widths[-1], "softmax")]
    net, clock = byhand.MultiLayerPerceptron(layers, seed=0), Steps()
    epochs = -(-steps // 4)
    net.fit(
        x, y, epochs=epochs, batch_size=batch, threads=1, ranks=ranks, verbose=0, callbacks=[clock]
    )
    times = [later - earlier for earlier, later in pairwise(clock.times)]
    return min(taken for number, taken in enumerate(times, 1) if number % 4)  # within an epoch


def exchange(widths: Sequence[int], ranks: Ranks) -> float:
    """Return the shortest time in which ranks add their gradients and gather twice."""
    vector, small = np.zeros(parameters(widths), np.float32), np.zeros(4)

    def communicate() -> None:
        ranks.gather(small)
        ranks.sum(vector)
        ranks.gather(small)

    return shortest(communicate, time.perf_counter, 2000)


def machine(widths: Sequence[int], ranks: Ranks) -> Machine:
    """Return the constants of this machine, for vectors as long as those of a network."""
    n = parameters(widths)
    a, b = np.ones(n, np.float32), np.ones(n, np.float32)
    square = np.ones((512, 512), np.float32)
    network, latency = _network(ranks)
    return Machine(
        operations=2 * 512**3 / shortest(lambda: square @ square),
        bytes=12 * n / shortest(lambda: np.add(a, b, out=a)),
        call=step([4, 4, 2], 8 * 8, Ranks()) / 8,
        network_bytes=network,
        latency=latency,
    )


def _network(ranks: Ranks) -> tuple[float, float]:
    """Return bytes a second and latency between ranks that add vectors together."""
    if ranks.size == 1:
        return float("inf"), 0.0
    short, long = np.zeros(2, np.float32), np.zeros(250_000, np.float32)
    stages = 2 * (ranks.size.bit_length() - 1)
    latency = shortest(lambda: ranks.sum(short), time.perf_counter, 1000) / stages
    share = 2 * (ranks.size - 1) / ranks.size
    taken = shortest(lambda: ranks.sum(long), time.perf_counter, 2000)
    return share * long.nbytes / taken, latency


def shortest(
    work: Callable[[], object], clock: Callable[[], float] = time.process_time, times: int = 100
) -> float:
    """Return the time of the shortest of several calls."""
    best = float("inf")
    for _ in range(times):
        began = clock()
        work()
        best = min(best, clock() - began)
    return best
