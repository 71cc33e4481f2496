"""Profile a training step: the time of every product and overridden method, in the step and alone.

`net.fit` runs once unchanged, for the time of a whole step, and once with a clock around the matrix
product and each method that the backend overrides, for the times of the parts. The time of a part
excludes the parts inside it, such as the product inside a layer. Then each part is repeated alone
on the same arrays: the difference is the cost of arrays that have left the CPU's cache. The rest of
a step is Python, and whatever no backend overrides.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from benchmarks.speed.cases import Training
from benchmarks.speed.digits import Digits
from benchmarks.speed.job import Job, repeat, seconds
from benchmarks.speed.peers import ours
from byhand import kernels
from byhand.threads import hold_threads

ALONE_CALLS, ALONE_RUNS = 20, 15
MICRO = 1e6

PRODUCT = "product"
KINDS = {
    "InputLayer.forward": "gather and scale",
    "InputLayer.gather": "gather and scale",
    "DenseLayer.forward": "bias, activation",
    "DenseLayer.backward": "activation's gradient",
    "DenseLayer.backward_from_dz": "bias gradient",
    "write": "loss and its gradient",
    "step": "optimizer",
}
"""Kinds of parts, by class and method or by method alone."""
REST = "Python and the rest"

Namer = Callable[..., tuple[str, str] | None]
"""Function that returns the kind and name of a call from its arguments; None if not a part."""


@dataclass
class Part:
    """A part of a step: its number of calls, their time, and a function that repeats a call.

    Args:
        kind: kind of the part, for the table.
        again: repeats the first call.
        calls: number of calls.
        seconds: time of all calls without the parts inside them.
        within: number of calls of parts inside this part; each clock costs time around its call.
    """

    kind: str
    again: Callable[[], object]
    calls: int = 0
    seconds: float = 0.0
    within: int = 0


@dataclass
class Open:
    """A call that has begun and not ended, with the calls inside it."""

    seconds_within: float = 0.0
    within: int = 0


def profile(work: Training, digits: Digits, backend: str, passes: int = 3) -> dict[str, Any]:
    """Return the microseconds of a step and of its parts, as described in this module."""
    job = ours.training(work, digits, backend)
    job.timed()
    whole, parts = _passes(job, backend, passes)
    steps = work.steps * work.epochs
    rows = _rows(parts, backend, steps * passes, job.facts["threads"])
    known = sum(row["in_step"] for row in rows)
    step = whole / steps * MICRO
    rows.append({"part": "", "kind": REST, "calls": 0, "in_step": step - known, "alone": None})
    return {"kernels": backend, "threads": job.facts["threads"], "step": step, "rows": rows}


def _passes(job: Job, backend: str, passes: int) -> tuple[float, dict[str, Part]]:
    """Return the median seconds of an unchanged run, and the parts of as many timed runs."""
    parts: dict[str, Part] = {}
    untouched = []
    for _ in range(passes):
        untouched.append(job.timed())
        with clocks(parts, backend):
            job.timed()
    return float(np.median(untouched)), parts


def _rows(parts: dict[str, Part], backend: str, steps: int, threads: int) -> list[dict[str, Any]]:
    """Return one row for each part, in microseconds of a step."""
    inside, outside = _cost_of_a_clock()
    with hold_threads(threads), np.errstate(all="ignore"):
        alone = {name: _alone(part.again, backend, outside) for name, part in parts.items()}
    rows = []
    for name, part in parts.items():
        calls = part.calls / steps
        took = part.seconds - part.calls * inside - part.within * outside
        rows.append(
            {
                "part": name,
                "kind": part.kind,
                "calls": round(calls, 2),
                "in_step": took / steps * MICRO,
                "alone": alone[name] * calls * MICRO,
            }
        )
    return rows


def _alone(call: Callable[[], object], backend: str, outside: float) -> float:
    """Return the median seconds of a repeated call without the parts inside it."""
    runs = []
    for _ in range(ALONE_RUNS):
        inner: dict[str, Part] = {}
        with clocks(inner, backend):
            whole = seconds(repeat(call, ALONE_CALLS))
        runs.append(whole - sum(part.seconds + part.calls * outside for part in inner.values()))
    return float(np.median(runs)) / ALONE_CALLS


# --- clocks -------------------------------------------------------------------------------------


@contextmanager
def clocks(parts: dict[str, Part], backend: str) -> Iterator[None]:
    """Time the matrix product and all functions that the backend overrides, inside the block."""
    running: list[Open] = [Open()]
    with ExitStack() as stack:
        for owner, name in kernels.overrides(backend):
            clock = clocked(getattr(owner, name), parts, running, namer_of(owner, name))
            stack.enter_context(replaced(owner, name, clock))
        module, name = _product(backend)
        clock = clocked(getattr(module, name), parts, running, product_namer)
        stack.enter_context(replaced(module, name, clock))
        yield


@contextmanager
def replaced(owner: Any, name: str, function: Callable[..., object]) -> Iterator[None]:
    """Replace a method or a function of a module inside the block."""
    before = vars(owner)[name]
    setattr(owner, name, function)
    try:
        yield
    finally:
        setattr(owner, name, before)


def _product(backend: str) -> tuple[Any, str]:
    """Return the module and name by which a backend calls the matrix product."""
    if backend == "numba":
        from byhand.kernels import compiled

        return compiled, "product"
    return np, "dot"


def clocked(
    function: Callable[..., object], parts: dict[str, Part], running: list[Open], namer: Namer
) -> Callable[..., object]:
    """Return the function with its calls counted and timed under the names that `namer` gives.

    Args:
        function: function to time.
        parts: the parts of a step by name; calls are added here.
        running: calls that have begun and not ended, outermost first.
        namer: see `Namer`.
    """

    def call(*args: Any, **options: Any) -> object:
        found = namer(*args)
        if found is None:
            return function(*args, **options)
        kind, name = found
        running.append(Open())
        began = time.perf_counter()
        result = function(*args, **options)
        took = time.perf_counter() - began
        this = running.pop()
        running[-1].seconds_within += took
        running[-1].within += 1
        if name not in parts:  # the first batch is full; the last may be short
            parts[name] = Part(kind, lambda: function(*args, **options))
        part = parts[name]
        part.calls += 1
        part.within += this.within
        part.seconds += took - this.seconds_within
        return result

    return call


def namer_of(owner: Any, name: str) -> Namer:
    """Return a namer that tells calls of one method apart by the sizes of their arguments."""
    place = f"{owner.__name__.split('.')[-1]}.{name}"
    kind = KINDS.get(place) or KINDS.get(name) or place

    def namer(*args: Any) -> tuple[str, str]:
        return kind, f"{place} {width(*args)}".strip()

    return namer


def width(first: Any, *others: Any) -> str:
    """Return the size of a call's layer, outputs or parameters as text."""
    for argument in (*others, first):
        if hasattr(argument, "n_in"):
            return f"{argument.n_in} x {argument.n_out}"
        if hasattr(argument, "vector"):
            return str(argument.vector.size)
    return str(others[0].shape[-1]) if others and hasattr(others[0], "shape") else ""


def product_namer(a: Any, b: Any = None, *_: Any) -> tuple[str, str] | None:
    """Name a product of two matrices; return None for products of vectors, which are sums."""
    if np.ndim(a) != 2 or np.ndim(b) != 2:
        return None
    return PRODUCT, product_name(a, b)


def product_name(a: np.ndarray, b: np.ndarray) -> str:
    """Name one of the three products of a layer by the factor that is transposed."""
    if not a.flags.c_contiguous:
        return f"X^T D  {a.shape[0]} x {b.shape[1]}"
    if not b.flags.c_contiguous:
        return f"D W^T  {b.shape[1]} x {b.shape[0]}"
    return f"X W  {b.shape[0]} x {b.shape[1]}"


def _cost_of_a_clock() -> tuple[float, float]:
    """Return the seconds that a clock adds to the call it times, and to the part around it."""
    matrix, count = np.zeros((1, 1)), 500
    costs = []
    for _ in range(20):
        parts: dict[str, Part] = {}
        nothing = clocked(lambda *_: None, parts, [Open()], product_namer)
        whole = seconds(partial(_repeat_product, nothing, matrix, count))
        (part,) = parts.values()
        costs.append((part.seconds / count, (whole - part.seconds) / count))
    return min(costs, key=sum)  # the attempt that was interrupted least


def _repeat_product(product: Callable[..., object], matrix: np.ndarray, count: int) -> None:
    for _ in range(count):
        product(matrix, matrix)
