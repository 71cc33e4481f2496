"""Where a step's time goes: every product and every overridden method, in the step and alone.

`net.fit` runs as it is, once untouched for the whole and once with a clock around each method that
the backend overrides, and around the matrix product, for the parts. A part's time is without that
of the parts within it, as a layer's without its product's. Afterwards each part is repeated alone
on the very arrays that it was first called with: the difference is what it costs that the arrays
have left the CPU's cache meanwhile. What no part accounts for is Python, and what no backend
overrides.
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
"""The kinds of parts, by class and method, or by method alone."""
REST = "Python and the rest"

Namer = Callable[..., tuple[str, str] | None]
"""Gives kind and name of a call from its arguments; None for a call that is not a part."""


@dataclass
class Part:
    """One place in a step: how often it was called, for how long, and how to call it again.

    Args:
        kind: for the table.
        again: repeats the first call.
        calls: number of calls.
        seconds: of all calls, without those of parts within.
        within: calls of parts within, whose clocks cost time outside of themselves.
    """

    kind: str
    again: Callable[[], object]
    calls: int = 0
    seconds: float = 0.0
    within: int = 0


@dataclass
class Open:
    """A call that has begun and not ended."""

    seconds_within: float = 0.0
    within: int = 0


def profile(work: Training, digits: Digits, backend: str, passes: int = 3) -> dict[str, Any]:
    """Microseconds of a step by part, and of the whole; see the module."""
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
    """Median seconds of an untouched run, and the parts of as many runs with clocks."""
    parts: dict[str, Part] = {}
    untouched = []
    for _ in range(passes):
        untouched.append(job.timed())
        with clocks(parts, backend):
            job.timed()
    return float(np.median(untouched)), parts


def _rows(parts: dict[str, Part], backend: str, steps: int, threads: int) -> list[dict[str, Any]]:
    """One row for each part, by step."""
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
    """Seconds of a call that is made again and again, without the parts within: the median."""
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
    """Clocks around what the backend overrides and around its matrix product, inside the block."""
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
    """Put a function in the place of a method or of a module's function, inside the block."""
    before = vars(owner)[name]
    setattr(owner, name, function)
    try:
        yield
    finally:
        setattr(owner, name, before)


def _product(backend: str) -> tuple[Any, str]:
    """The module and name under which a backend calls the matrix product."""
    if backend == "numba":
        from byhand.kernels import compiled

        return compiled, "product"
    return np, "dot"


def clocked(
    function: Callable[..., object], parts: dict[str, Part], running: list[Open], namer: Namer
) -> Callable[..., object]:
    """The function, with its calls counted, timed and remembered under the name given them.

    Args:
        function: to be timed.
        parts: where its calls are counted.
        running: the calls that have begun and not ended, outermost first.
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
        if name not in parts:  # the first batch is a full one, the last need not be
            parts[name] = Part(kind, lambda: function(*args, **options))
        part = parts[name]
        part.calls += 1
        part.within += this.within
        part.seconds += took - this.seconds_within
        return result

    return call


def namer_of(owner: Any, name: str) -> Namer:
    """Calls of one method are told apart by the widths of what it works on."""
    place = f"{owner.__name__.split('.')[-1]}.{name}"
    kind = KINDS.get(place) or KINDS.get(name) or place

    def namer(*args: Any) -> tuple[str, str]:
        return kind, f"{place} {width(*args)}".strip()

    return namer


def width(first: Any, *others: Any) -> str:
    """The size of what a method works on: of its layer, its outputs or its parameters."""
    for argument in (*others, first):
        if hasattr(argument, "n_in"):
            return f"{argument.n_in} x {argument.n_out}"
        if hasattr(argument, "vector"):
            return str(argument.vector.size)
    return str(others[0].shape[-1]) if others and hasattr(others[0], "shape") else ""


def product_namer(a: Any, b: Any = None, *_: Any) -> tuple[str, str] | None:
    """Name a product of matrices; sums of columns and of squares are products of other things."""
    if np.ndim(a) != 2 or np.ndim(b) != 2:
        return None
    return PRODUCT, product_name(a, b)


def product_name(a: np.ndarray, b: np.ndarray) -> str:
    """Which product of the step it is, seen from which factor is transposed."""
    if not a.flags.c_contiguous:
        return f"X^T D  {a.shape[0]} x {b.shape[1]}"
    if not b.flags.c_contiguous:
        return f"D W^T  {b.shape[1]} x {b.shape[0]}"
    return f"X W  {b.shape[0]} x {b.shape[1]}"


def _cost_of_a_clock() -> tuple[float, float]:
    """Seconds that a clock adds to what it measures, and to the part that this stands in."""
    matrix, count = np.zeros((1, 1)), 500
    costs = []
    for _ in range(20):
        parts: dict[str, Part] = {}
        nothing = clocked(lambda *_: None, parts, [Open()], product_namer)
        whole = seconds(partial(_repeat_product, nothing, matrix, count))
        (part,) = parts.values()
        costs.append((part.seconds / count, (whole - part.seconds) / count))
    return min(costs, key=sum)  # the one that was interrupted least


def _repeat_product(product: Callable[..., object], matrix: np.ndarray, count: int) -> None:
    for _ in range(count):
        product(matrix, matrix)
