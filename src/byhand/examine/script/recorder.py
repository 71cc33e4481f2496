"""Records the products, sums and other values of a running script."""

from __future__ import annotations

import operator
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from byhand.arrays import Array

OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "Add": operator.add, "Sub": operator.sub, "Mult": operator.mul, "Div": operator.truediv,
    "MatMult": operator.matmul, "Pow": operator.pow, "Mod": operator.mod,
}  # fmt: skip

STEPS = 4
"""Updates of one matrix after which enough has been seen."""

SECONDS = 3.0
"""Processor time from the first product after which one update is enough."""

LONGEST = 12.0
"""Processor time from the first product after which a script without an update ends."""

LARGE = 4_000_000
"""Arrays with more numbers are kept without a copy: they are data, which nothing changes."""

MEMORY = 1 << 30
"""Bytes of copies that are kept."""

OFTEN = 60
"""Values of one place in the script that are kept."""

SMALL_CHANGE = 0.3
"""A matrix that changes by a smaller fraction than this was updated; other examples differ more."""


class Finished(BaseException):
    """Raised in the script when enough has been seen."""


@dataclass(frozen=True)
class Product:
    """A matrix product.

    Args:
        time: number of the event.
        place: line and column in the script.
        left: the left matrix.
        right: the right matrix.
        result: the result itself, to be recognised where it is used.
        value: a copy of the result.
    """

    time: int
    place: int
    left: Array
    right: Array
    result: Array
    value: Array


@dataclass(frozen=True)
class Sum:
    """A sum or a difference.

    Args:
        time: number of the event.
        left: the left side itself.
        right: the right side itself.
        values: copies of both sides.
        value: the result.
        is_difference: whether the right side was subtracted; its copy has the other sign.
    """

    time: int
    left: Any
    right: Any
    values: tuple[Any, Any]
    value: Array
    is_difference: bool = False


@dataclass(frozen=True)
class Seen:
    """An array that was computed, passed on or used as an index."""

    time: int
    array: Array


class Absent:
    """Something from a module that was not found.

    Args:
        error: the error of the import.
    """

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Absent:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: object, **__: object) -> Any:
        """Raise the error."""
        raise self._error


@dataclass
class Recorder:
    """What a script computes. Its methods are called by the script.

    Args:
        data: gives data for the names of variables whose own could not be read.
        products: matrix products.
        sums: sums and differences with an array.
        seen: arrays.
        numbers: single numbers, each with the number of the event before it.
        errors: errors of statements that were skipped.
        filled: whether data were given.
        unpickled: gives what a file of pickled arrays that does not exist would hold.
        deadline: processor time at which the script ends.
        patience: processor time from the first product after which it ends without an update.
    """

    data: Callable[[Any], Any]
    products: list[Product] = field(default_factory=list)
    sums: list[Sum] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    numbers: list[tuple[int, float]] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)
    filled: bool = False
    deadline: float = float("inf")
    patience: float = LONGEST
    unpickled: Callable[[], Any] = tuple

    def __post_init__(self) -> None:
        self.time = self.bytes = 0
        self.counts: dict[tuple[str, int], int] = {}
        self.last: dict[tuple[Any, ...], tuple[Array, Array]] = {}
        self.moves: dict[tuple[Any, ...], int] = {}
        self.begin = float("inf")
        self.is_done = self.is_late = False

    # --- called by the script -------------------------------------------------------------------

    def operate(self, place: int, kind: str, left: Any, right: Any) -> Any:
        """Return left + right, left @ right, ..."""
        result = OPERATIONS[kind](left, right)
        if isinstance(result, np.ndarray):
            if kind == "MatMult":
                self._product(place, left, right, result)
            elif kind in ("Add", "Sub"):
                self._sum(place, kind, left, right, result)
            elif kind == "Mult" and isinstance(left, np.matrix) and isinstance(right, np.ndarray):
                self._product(place, left, right, result)
            for one in (left, right, result):
                self.value(place, one)
        elif isinstance(result, (float, np.floating)):
            for one in (left, right, result):
                self.value(place, one)
        return result

    def change(self, place: int, kind: str, left: Any, right: Any) -> Any:
        """Return the right side of `left += right`."""
        if isinstance(left, np.ndarray) and np.ndim(right) <= left.ndim:
            try:
                self._sum(place, kind, left, right, OPERATIONS[kind](left, right))
            except ValueError:
                return right
        self.value(place, right)
        return right

    def call(self, place: int, function: Any, /, *arguments: Any, **named: Any) -> Any:
        """Return what a function returns."""
        for one in (*arguments, *named.values()):
            self.value(place, one)
        before = len(self.products)
        try:
            result = function(*arguments, **named)
        except EOFError:  # a file of pickled arrays that does not exist is empty
            if getattr(function, "__name__", "") != "load":
                raise
            result = self.unpickled()
        if isinstance(result, np.ndarray):
            name = getattr(function, "__name__", "")
            sides = (getattr(function, "__self__", None), *arguments)
            sides = tuple(one for one in sides if isinstance(one, np.ndarray))
            if name in ("dot", "matmul") and len(sides) == 2 and len(self.products) == before:
                self._product(place, *sides, result)
            elif name in ("einsum", "inner", "tensordot") and len(sides) == 2:
                turned = as_product(*sides, result)
                if turned is not None:
                    self._product(place, *turned, result)
            elif name == "add" and len(sides) == 2:
                self._sum(place, "Add", *sides, result)
        self.value(place, result)
        return result

    def index(self, place: int, value: Any) -> Any:
        """Return an index, whose arrays may be labels."""
        for one in value if isinstance(value, tuple) else (value,):
            self.value(place, one)
        return value

    def value(self, place: int, value: Any) -> Any:
        """Return a value after recording it."""
        self.is_late = self.is_late or time.process_time() > self.deadline
        if self.is_done or self.is_late:
            self.is_done = True
            raise Finished
        if isinstance(value, np.ndarray):
            key = ("value", place)
            self.counts[key] = self.counts.get(key, 0) + 1
            is_kept = value.dtype.kind in "biuf" and value.size > 0
            if is_kept and self.counts[key] <= OFTEN and self.bytes < MEMORY:
                self.time += 1
                self.seen.append(Seen(self.time, self._copy(value)))
        elif isinstance(value, (float, np.floating)) and len(self.numbers) < 100_000:
            self.numbers.append((self.time, float(value)))
        return value

    def failed(self, error: BaseException) -> None:
        """Record an error that did not end the script."""
        self.errors.append(error)

    def missing(self, error: BaseException) -> Any:
        """Return what stands for a module that was not found: its use raises the error."""
        return Absent(error)

    def fill(self, error: BaseException, names: Any) -> Any:
        """Return data for variables whose own could not be read.

        Raises:
            BaseException: the error, if the names do not tell what they hold.
        """
        found = self.data(names)
        if found is None:
            raise error
        self.filled = True
        return found

    # --- records --------------------------------------------------------------------------------

    def _copy(self, array: Array) -> Array:
        if array.size > LARGE:
            return array
        self.bytes += array.nbytes
        return np.array(array)

    def _product(self, place: int, left: Array, right: Array, result: Array) -> None:
        self._watch(place, left, right)
        if self.bytes < MEMORY and left.ndim in (1, 2) and right.ndim in (1, 2):
            self.time += 1
            sides = self._copy(left), self._copy(right)
            self.products.append(Product(self.time, place, *sides, result, self._copy(result)))

    def _sum(self, place: int, kind: str, left: Any, right: Any, result: Array) -> None:
        key = ("sum", place)
        self.counts[key] = self.counts.get(key, 0) + 1
        if self.bytes > MEMORY or self.counts[key] > OFTEN:
            return
        self.time += 1
        right_value = np.array(right if kind == "Add" else -np.asarray(right))
        values = np.array(left), right_value
        self.sums.append(Sum(self.time, left, right, values, self._copy(result), kind == "Sub"))

    def _watch(self, place: int, left: Array, right: Array) -> None:
        """End the script when one of its matrices has been updated often enough."""
        now = time.process_time()
        self.begin = min(self.begin, now)
        key = (place, left.shape, right.shape)
        samples = _sample(left), _sample(right)
        before, self.last[key] = self.last.get(key), samples
        if before is not None:
            moved = any(_is_step(old, new) for old, new in zip(before, samples, strict=True))
            self.moves[key] = self.moves.get(key, 0) + moved
        moves, passed = self.moves.get(key, 0), now - self.begin
        if moves >= STEPS or passed > (SECONDS if moves else self.patience):
            self.is_done, self.is_late = True, not moves
            raise Finished


def as_product(left: Array, right: Array, result: Array) -> tuple[Array, Array] | None:
    """Return two arrays, transposed where needed, whose matrix product is the result, or None."""
    if left.ndim != 2 or right.ndim != 2:
        return None
    for one in (left, left.T):
        for other in (right, right.T):
            shape = (len(one), other.shape[1])
            if (
                one.shape[1] == len(other)
                and result.shape == shape
                and np.allclose(one @ other, result)
            ):
                return one, other
    return None


def _sample(array: Array) -> Array:
    flat = array.ravel()
    return np.array(flat[:: max(1, flat.size // 2000)], dtype=float)


def _is_step(old: Array, new: Array) -> bool:
    change, size = np.linalg.norm(new - old), np.linalg.norm(old)
    return bool(0 < change < SMALL_CHANGE * size)
