"""Is the exchange of the gradient hidden behind the backward pass, if it begins earlier?

    mpirun -n 2 python -m benchmarks.scale.overlap

Two ranks compute the backward pass of their last shard and add their gradients, in two ways: the
whole vector afterwards, as byhand does, or the layers behind the first while the first is computed.
Printed are the shortest of many tries, because other programs use the same cores.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from mpi4py import MPI

from byhand.arrays import FloatArray

NETWORKS = ((784, 300, 10), (784, 1000, 500, 10))
SHARDS = 8


class Sum:
    """The sum of a vector over two ranks, in steps between which a rank can compute.

    Args:
        vector: the vector, replaced by the sum.
    """

    def __init__(self, vector: FloatArray) -> None:
        rank, halves = MPI.COMM_WORLD.Get_rank(), np.array_split(vector, 2)
        self.partner, self.own, self.others = 1 - rank, halves[rank], halves[1 - rank]
        self.received = np.empty_like(self.own)
        self.requests: list[Any] = []

    def start(self) -> None:
        """Begin to send one half and to receive the other."""
        self._begin(self.others, self.received)

    def add(self) -> None:
        """Wait for the half of the other rank, add it, and begin to return the sum."""
        self.wait()
        np.add(self.own, self.received, out=self.own)
        self._begin(self.own, self.others)

    def wait(self) -> None:
        """Wait for what is on its way."""
        while not all(request.Test() for request in self.requests):
            pass

    def _begin(self, sent: FloatArray, received: FloatArray) -> None:
        world = MPI.COMM_WORLD
        self.requests = [world.Irecv(received, self.partner), world.Isend(sent, self.partner)]


def ways(widths: Sequence[int], rows: int) -> dict[str, Callable[[], None]]:
    """Return the two ways, and the exchange alone, for a shard of so many rows."""
    rng, shapes = np.random.default_rng(0), list(pairwise(widths))
    a = [rng.standard_normal((rows, k), np.float32) for k, _ in shapes]
    dz = [rng.standard_normal((rows, n), np.float32) for _, n in shapes]
    w = [rng.standard_normal(shape, np.float32) for shape in shapes]
    ends = np.cumsum([0, *(k * n for k, n in shapes)])
    vector, first = np.zeros(ends[-1], np.float32), int(ends[1])
    gradients = [vector[p:q].reshape(s) for (p, q), s in zip(pairwise(ends), shapes, strict=True)]
    whole, head, tail = Sum(vector), Sum(vector[:first]), Sum(vector[first:])

    def backward(layer: int) -> None:
        np.dot(a[layer].T, dz[layer], out=gradients[layer])
        if layer:
            np.dot(dz[layer], w[layer].T)

    def exchange() -> None:
        whole.start()
        whole.add()
        whole.wait()

    def afterwards() -> None:
        for layer in reversed(range(len(shapes))):
            backward(layer)
        exchange()

    def meanwhile() -> None:
        for layer in reversed(range(1, len(shapes))):
            backward(layer)
        tail.start()
        backward(0)
        tail.add()
        head.start()
        head.add()
        tail.wait()
        head.wait()

    return {"afterwards": afterwards, "meanwhile": meanwhile, "exchange alone": exchange}


def main() -> None:
    """Measure and print each way, in ms."""
    parser = argparse.ArgumentParser(description="Exchange after or during the backward pass.")
    parser.add_argument("--times", type=int, default=1000, help="tries of each way")
    times = parser.parse_args().times
    world = MPI.COMM_WORLD
    for widths in NETWORKS:
        for batch in (64, 512):
            best: dict[str, float] = {}
            for name, way in list(ways(widths, batch // SHARDS).items()) * times:
                world.Barrier()
                began = time.perf_counter()
                way()
                taken = world.allreduce(time.perf_counter() - began, MPI.MAX)
                best[name] = min(taken, best.get(name, taken))
            if world.Get_rank() == 0:
                shown = ", ".join(f"{name} {1000 * best[name]:.2f}" for name in best)
                print(f"{'-'.join(map(str, widths))}, batch {batch}: {shown} ms", flush=True)


if __name__ == "__main__":
    main()
