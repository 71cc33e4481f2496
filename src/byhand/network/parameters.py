"""The parameters of a network, in one flat vector with named views.

Optimizers, checkpoints and norms work on the vector; the formulas work on `W1`, `b1`, ..., which
are views of it, so nothing is copied between the two. Their precision, float32 or float64, is the
`dtype` of the network (`network.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod

import numpy as np
from numpy.typing import DTypeLike

from byhand.arrays import FloatArray, IndexArray, Scratch, aligned_zeros
from byhand.errors import ArgumentError, unknown_name

Shapes = Mapping[str, tuple[int, ...]]


class NamedVector(Scratch, Mapping[str, FloatArray]):
    """One contiguous vector, seen as named arrays: `v["W1"]` is a view, `v["W1"] = x` writes.

    The matrices come first in the vector, everything else (biases, scales) after them. So the
    weights that weight decay acts on, `v.weights`, are one slice.
    """

    def __init__(self, shapes: Shapes, dtype: DTypeLike, prefix: str = "") -> None:
        """Create zeros of the given shapes; `prefix` precedes every name ("d" for gradients)."""
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
        self.weight_offsets: IndexArray = np.cumsum(sizes, dtype=np.intp)
        """End of each matrix in the vector."""
        self.offsets: IndexArray = np.append(self.weight_offsets, self.vector.size)
        """End of each matrix, and the end of the vector."""

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
        return f"<{shapes}: {self.vector.size:,} values, {self.vector.dtype}>"

    def pick(self, names: Sequence[str]) -> tuple[FloatArray, ...]:
        """Return the views of the given names, in their order."""
        return tuple(self._views[name] for name in names)
