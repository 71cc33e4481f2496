"""The floor: the matrix products of a training step and nothing else.

For each layer X W, X^T D and, except for the first layer, D W^T, by `np.matmul(..., out=)` into
arrays that are made once: the calls that NumPy offers and no network trained with it can avoid.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from benchmarks.speed.cases import Training
from benchmarks.speed.digits import Digits
from benchmarks.speed.job import Job, fastest_blas_threads, repeat


def training(work: Training, digits: Digits, option: str) -> Job:  # noqa: ARG001 - one mould
    """The products of all steps, with as many threads as are fastest."""
    full = step_products(work.widths, work.batch_rows)
    last = step_products(work.widths, work.images % work.batch_rows or work.batch_rows)
    threads = fastest_blas_threads(repeat(full, min(50, work.steps)))

    def epochs() -> None:
        for _ in range(work.epochs):
            for _ in range(work.steps - 1):
                full()
            last()

    return Job(run=epochs, facts={"threads": threads})


def step_products(widths: tuple[int, ...], rows: int) -> Callable[[], None]:
    """A function that makes the products of one step."""
    rng = np.random.default_rng(0)

    def numbers(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape, np.float32)

    calls = []
    for index, (n_in, n_out) in enumerate(itertools.pairwise(widths)):
        X, W, D = numbers(rows, n_in), numbers(n_in, n_out), numbers(rows, n_out)
        calls += [(X, W, numbers(rows, n_out)), (X.T, D, numbers(n_in, n_out))]
        if index:
            calls.append((D, W.T, numbers(rows, n_in)))

    def step() -> None:
        for a, b, out in calls:
            np.matmul(a, b, out=out)

    return step
