"""What a record shows beside the products: targets, outputs, gradients, numbers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.examine.array_names import roles_of
from byhand.examine.script.chains import Chain
from byhand.examine.script.recorder import Recorder

MOST = 4
"""Candidates for targets and for outputs."""

CLOSE = 1e-5
"""Relative difference of equal numbers; those of single precision differ by more."""

CLOSE_SINGLE = 2e-3


@dataclass(frozen=True)
class Window:
    """The events from a forward pass to the one after the update.

    Args:
        record: everything that was recorded.
        before: the forward pass before the update.
        after: that after it.
    """

    record: Recorder
    before: Chain
    after: Chain

    @property
    def examples(self) -> int:
        """Number of examples."""
        return len(self.before.layers[0].fed)

    @property
    def classes(self) -> int:
        """Number of outputs."""
        return int(self.before.layers[-1].W.shape[1])

    @property
    def is_single(self) -> bool:
        """Whether the network computes in single precision."""
        return any(layer.Z.dtype == np.float32 for layer in self.before.layers)

    @property
    def tolerance(self) -> float:
        """Relative difference of numbers that are equal."""
        return CLOSE_SINGLE if self.is_single else CLOSE

    def arrays(self, size: int, begin: int | None = None) -> Iterator[Array]:
        """Yield the arrays of a size from a time on; the forward pass begins there otherwise."""
        start = self.before.begin if begin is None else begin
        for one in self.record.seen:
            if start <= one.time < self.after.begin and one.array.size == size:
                yield one.array

    def rows(self, array: Array, units: int) -> Array | None:
        """Return an array of this many units for each example as rows, or None."""
        flat = array.squeeze() if array.ndim > 2 else array
        shape = (self.examples, units)
        if flat.ndim == 1 and 1 in shape:
            return flat.reshape(shape)
        columns = self.before.layers[-1].columns
        for turned in (columns, not columns):
            one = flat.T if turned else flat
            if one.shape == shape:
                return one
        return None

    def outputs(self) -> list[Array]:
        """Return what may be the outputs (n, classes), those computed last first."""
        found: list[Array] = []
        for array in self.arrays(self.examples * self.classes, self.before.end - 1):
            one = self.rows(array, self.classes)
            if one is not None and one.dtype.kind == "f" and not _among(one, found):
                found.append(one)
        return found

    def numbers(self) -> list[float]:
        """Return the single numbers from the forward pass to the next one."""
        return [
            number
            for time, number in self.record.numbers
            if self.before.begin <= time <= self.after.begin
        ]


def targets(window: Window) -> list[FloatArray]:
    """Return what may be the targets (n, classes), the likeliest first."""
    found: list[FloatArray] = []
    for begin in (None, 0):
        for one in _targets(window, begin):
            if not _among(one, found):
                found.append(one)
        if found:
            break
    if not found and window.examples == 1:  # a label that is a plain number
        found = [row[None, :] for row in np.eye(window.classes)]
    return found[: max(MOST, window.classes)]


def _targets(window: Window, begin: int | None) -> Iterator[FloatArray]:
    n, K = window.examples, window.classes
    for array in window.arrays(n * K, begin):
        one = window.rows(array, K)
        if one is not None and _is_target(one):
            yield one.astype(float)
    if K == 1 or n == 1:
        return
    for array in window.arrays(n, begin):
        labels = array.ravel()
        whole = labels.dtype.kind in "iu" or bool((labels == np.round(labels)).all())
        if not whole or labels.dtype.kind == "b" or len(np.unique(labels)) < 2:
            continue
        numbers = labels.astype(int)
        if numbers.min() >= 0 and numbers.max() < K:
            yield np.eye(K)[numbers]
        elif numbers.min() >= 1 and numbers.max() <= K:  # labels from 1 on
            yield np.eye(K)[numbers - 1]
            yield np.eye(K)[numbers % K]


def _is_target(rows: Array) -> bool:
    """Return whether rows have one of two numbers everywhere, and the larger one once."""
    levels = np.unique(rows)
    if rows.shape[1] == 1:
        return len(levels) <= 2 and bool(np.isin(levels, (-1, 0, 1)).all())
    is_pair = len(levels) == 2 and bool(((rows == levels[1]).sum(axis=1) == 1).all())
    return is_pair and 0.9 <= levels[1] <= 1 and -1 <= levels[0] <= 0.1


def _among(one: Array, found: list[Array]) -> bool:
    return any(np.array_equal(one, other) for other in found)


def named_rates(source: str) -> list[float]:
    """Return the numbers that a source gives to names of learning rates."""
    found: list[float] = []
    for node in ast.walk(ast.parse(source)):
        pairs: list[tuple[str, ast.expr | None]] = []
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], (ast.Name, ast.Attribute)):
            pairs = [(ast.unparse(node.targets[0]).removeprefix("self."), node.value)]
        elif isinstance(node, ast.keyword) and node.arg:
            pairs = [(node.arg, node.value)]
        elif isinstance(node, ast.arguments):
            named = node.args[len(node.args) - len(node.defaults) :]
            pairs = [(one.arg, value) for one, value in zip(named, node.defaults, strict=True)]
            pairs += [(o.arg, v) for o, v in zip(node.kwonlyargs, node.kw_defaults, strict=True)]
        for name, value in pairs:
            is_number = isinstance(value, ast.Constant) and isinstance(value.value, (int, float))
            if is_number and "rate" in roles_of(name):
                found.append(float(value.value))  # type: ignore[union-attr]
    return list(dict.fromkeys(found))
