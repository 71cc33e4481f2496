"""All numbers that a network learns, in one flat vector with named views.

Optimizers, checkpoints and norms work on the vector; the formulas work on `W1`, `b1`, ...,
which are windows into it. Nothing is ever copied between the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod

import numpy as np
from numpy.typing import DTypeLike

from byhand.arrays import FloatArray, IndexArray, aligned_zeros
from byhand.errors import ArgumentError, unknown_name

Shapes = Mapping[str, tuple[int, ...]]


class NamedVector(Mapping[str, FloatArray]):
    """One contiguous vector, seen as named arrays: `v["W1"]` is a view, `v["W1"] = x` writes.

    Matrices stand first in the vector and everything else (biases, scales) after them, so the
    part that weight decay acts on, `v.weights`, is one slice.
    """

    def __init__(self, shapes: Shapes, dtype: DTypeLike, prefix: str = "") -> None:
        """Zeros of the given shapes; `prefix` is put before every name (gradients: "d")."""
        self.vector: FloatArray = aligned_zeros(sum(map(prod, shapes.values())), dtype)
        self._views: dict[str, FloatArray] = {}
        matrices = [name for name, shape in shapes.items() if len(shape) == 2]
        others = [name for name, shape in shapes.items() if len(shape) != 2]
        start = 0
        views: dict[str, FloatArray] = {}
        for name in matrices + others:
            stop = start + prod(shapes[name])
            views[name] = self.vector[start:stop].reshape(shapes[name])
            start = stop
        self._views = {prefix + name: views[name] for name in shapes}
        sizes = [prod(shapes[name]) for name in matrices]
        self.weights: FloatArray = self.vector[: sum(sizes)]
        self.weight_ends: IndexArray = np.cumsum(sizes, dtype=np.intp)
        """Where each matrix ends in the vector."""
        self.ends: IndexArray = np.append(self.weight_ends, self.vector.size)
        """The same, and where all that is not a matrix does."""

    def __getitem__(self, name: str) -> FloatArray:
        try:
            return self._views[name]
        except KeyError:
            raise KeyError(str(unknown_name("parameter", name, self._views))) from None

    def __setitem__(self, name: str, value: FloatArray) -> None:
        view = self[name]
        if np.shape(value) != view.shape:
            raise ArgumentError(
                f"{name} has the shape {view.shape}; got an array of shape {np.shape(value)}."
            )
        view[...] = value

    def __iter__(self) -> Iterator[str]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name} {view.shape}" for name, view in self._views.items())
        return f"<{shapes}: {self.vector.size:,} numbers, {self.vector.dtype}>"

    def pick(self, names: Sequence[str]) -> tuple[FloatArray, ...]:
        """The views of the given names, in their order."""
        return tuple(self._views[name] for name in names)
