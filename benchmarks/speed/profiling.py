"""Where a step's time goes: every product and every kernel, timed inside the step and alone.

`net.fit` runs as it is, once untouched for the whole and once with a clock around each kernel, the
matrix product among them, for the parts. Afterwards each part is repeated alone on the very arrays
that it was first called with: the difference is what it costs that the arrays have left the CPU's
cache meanwhile. What no part accounts for is Python, and what is not a kernel.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from byhand.kernels.threads import hold_threads

from benchmarks.speed.cases import Training
from benchmarks.speed.digits import Digits
from benchmarks.speed.job import Job, repeat, seconds
from benchmarks.speed.peers import ours
from byhand import kernels

ALONE_CALLS, ALONE_RUNS = 20, 15
MICRO = 1e6

KINDS = {
    "product": "product",
    "gather": "gather and scale",
    "scale": "gather and scale",
    "bias_activation": "bias, activation",
    "activation_gradient": "activation's gradient",
    "column_sums": "bias gradient",
    "softmax_cross_entropy": "loss and its gradient",
    "sgd": "optimizer",
    "adam": "optimizer",
}
REST = "Python and the rest"


@dataclass
class Part:
    """One place in a step: how often it was called, for how long, and how to call it again."""

    kind: str
    again: Callable[[], object]
    calls: int = 0
    seconds: float = 0.0


def profile(work: Training, digits: Digits, kernel_set: str, passes: int = 3) -> dict[str, Any]:
    """Microseconds of a step by part, and of the whole; see the module."""
    job = ours.training(work, digits, kernel_set)
    job.timed()
    whole, parts = _passes(job, passes)
    steps = work.steps * work.epochs
    rows = _rows(parts, steps * passes, job.facts["threads"])
    known = sum(row["in_step"] for row in rows)
    step = whole / steps * MICRO
    rows.append({"part": "", "kind": REST, "calls": 0, "in_step": step - known, "alone": None})
    return {"kernels": kernel_set, "threads": job.facts["threads"], "step": step, "rows": rows}


def _passes(job: Job, passes: int) -> tuple[float, dict[str, Part]]:
    """Median seconds of an untouched run, and the parts of as many runs with clocks."""
    parts: dict[str, Part] = {}
    untouched = []
    for _ in range(passes):
        untouched.append(job.timed())
        with clocks(parts):
            job.timed()
    return float(np.median(untouched)), parts


def _rows(parts: dict[str, Part], steps: int, threads: int) -> list[dict[str, Any]]:
    cost = _cost_of_a_clock()
    rows = []
    with hold_threads(threads), np.errstate(all="ignore"):
        for name, part in parts.items():
            each = _alone(part.again)
            calls = part.calls / steps
            in_step = (part.seconds - part.calls * cost) / steps * MICRO
            rows.append(
                {
                    "part": name,
                    "kind": part.kind,
                    "calls": round(calls, 2),
                    "in_step": in_step,
                    "alone": each * calls * MICRO,
                }
            )
    return rows


def _alone(call: Callable[[], object]) -> float:
    """Seconds of a call that is made again and again: the median of some runs of them."""
    runs = [seconds(repeat(call, ALONE_CALLS)) for _ in range(ALONE_RUNS)]
    return float(np.median(runs)) / ALONE_CALLS


# --- clocks -------------------------------------------------------------------------------------


@contextmanager
def clocks(parts: dict[str, Part]) -> Iterator[None]:
    """A clock around the kernels in use, inside the block."""
    active = kernels.active()
    for name in KINDS:
        setattr(kernels, name, clocked(getattr(kernels, name), parts, kernel_namer(name)))
    try:
        yield
    finally:
        kernels.use(active)


def clocked(
    function: Callable[..., object],
    parts: dict[str, Part],
    namer: Callable[..., tuple[str, str]],
) -> Callable[..., object]:
    """The function, with its calls counted, timed and remembered under the name given them."""

    def call(*args: Any, **options: Any) -> object:
        began = time.perf_counter()
        result = function(*args, **options)
        took = time.perf_counter() - began
        kind, name = namer(*args)
        if name not in parts:  # the first batch is a full one, the last need not be
            parts[name] = Part(kind, again=lambda: function(*args, **options))
        part = parts[name]
        part.calls += 1
        part.seconds += took
        return result

    return call


def kernel_namer(name: str) -> Callable[..., tuple[str, str]]:
    """Calls of one kernel are told apart by the width of the array that they work on."""

    def namer(*args: Any) -> tuple[str, str]:
        if name == "product":
            return KINDS[name], product_name(*args[:2])
        width = args[0].shape[-1]
        return KINDS[name], f"{name} {width}"

    return namer


def product_name(a: np.ndarray, b: np.ndarray) -> str:
    """Which product of the step it is, seen from which factor is transposed."""
    if not a.flags.c_contiguous:
        return f"X^T D  {a.shape[0]} x {b.shape[1]}"
    if not b.flags.c_contiguous:
        return f"D W^T  {b.shape[1]} x {b.shape[0]}"
    return f"X W  {b.shape[0]} x {b.shape[1]}"


def _cost_of_a_clock() -> float:
    """Seconds that a clock itself adds to what it measures."""
    parts: dict[str, Part] = {}
    nothing = clocked(lambda *_: None, parts, lambda *_: ("", ""))
    repeat(nothing, 10_000)()
    return parts[""].seconds / parts[""].calls
