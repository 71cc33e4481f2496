"""The lower bound: only the matrix products of a training step.

For each layer, `np.matmul(..., out=)` computes X W, X^T D and, except in the first layer, D W^T.
The arrays are allocated once. No network trained with NumPy can avoid these calls.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from benchmarks.speed.cases import Training
from benchmarks.speed.digits import Digits
from benchmarks.speed.job import Job, fastest_blas_threads, repeat


def training(work: Training, digits: Digits, option: str) -> Job:  # noqa: ARG001 - same signature
    """Return a job with the products of all steps, at the fastest number of threads."""
    full = step_products(work.widths, work.batch_size)
    last = step_products(work.widths, work.images % work.batch_size or work.batch_size)
    threads = fastest_blas_threads(repeat(full, min(50, work.steps)))

    def epochs() -> None:
        for _ in range(work.epochs):
            for _ in range(work.steps - 1):
                full()
            last()

    return Job(run=epochs, facts={"threads": threads})


def step_products(widths: tuple[int, ...], rows: int) -> Callable[[], None]:
    """Return a function that computes the products of one step."""
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
