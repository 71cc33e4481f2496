"""The arrays of one pass through a network, which `forward` returns and training reuses.

`cache["A0"]`, `cache["Z1"]`, `cache["A1"]`, ... are the arrays of the formulas; after `backward`
there are `cache["dZ1"]`, ..., too. They stay valid until the next pass with the same cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import TypeVar

import numpy as np

from byhand.arrays import FloatArray
from byhand.errors import unknown_name
from byhand.network.layers.dense import DenseBuffers
from byhand.network.layers.input import InputBuffers
from byhand.network.layers.layer import LayerBuffers, PlacedLayer
from byhand.network.losses import LossBuffers

Buffers = TypeVar("Buffers", InputBuffers, LossBuffers, LayerBuffers)


class Cache(Mapping[str, FloatArray]):
    """All arrays that one pass over a batch of n examples computes, by name.

    `output` is the last A and `logits` the last Z, both (n, units).
    """

    def __init__(
        self,
        input: InputBuffers,  # noqa: A002 - the input layer's buffers
        layers: Sequence[LayerBuffers],
        loss: LossBuffers,
        stack: Sequence[PlacedLayer],
    ) -> None:
        self.input, self.layers, self.loss, self._stack = input, tuple(layers), loss, stack
        last = self.layers[-1]
        assert isinstance(last, DenseBuffers)  # noqa: S101 - every network ends with a dense layer
        self.logits: FloatArray = last.z
        self.output: FloatArray = last.a
        self._arrays = {"A0": input.a}
        for placed, buffers in zip(stack, self.layers, strict=True):
            names = placed.layer.array_names(placed.number)
            self._arrays.update({name: getattr(buffers, field) for name, field in names.items()})

    def head(self, n: int) -> Cache:
        """Return a cache of views of the first n rows of this cache."""
        layers = [_first_rows(buffers, n) for buffers in self.layers]
        return Cache(_first_rows(self.input, n), layers, _first_rows(self.loss, n), self._stack)

    def __len__(self) -> int:
        return len(self._arrays)

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __getitem__(self, name: str) -> FloatArray:
        try:
            return self._arrays[name]
        except KeyError:
            raise KeyError(str(unknown_name("array of the cache", name, self._arrays))) from None

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in self._arrays.items())
        return f"<cache of {len(self.input.a)} examples: {shapes}>"


def _first_rows(buffers: Buffers, n: int) -> Buffers:
    """Return buffers that are views of the first n rows of others."""
    values = {field.name: getattr(buffers, field.name) for field in fields(buffers)}
    arrays = {name: value[:n] for name, value in values.items() if isinstance(value, np.ndarray)}
    first = replace(buffers, **arrays)
    first.share_scratch(buffers, n, max(map(len, (v for v in values.values() if np.ndim(v)))))
    return first


class Workspace:
    """Reusable caches for batches of at most `capacity` rows."""

    def __init__(self, full: Cache) -> None:
        """Take the cache for the largest batch; caches for smaller batches are views of it."""
        self.capacity = len(full.input.a)
        self._caches = {self.capacity: full}

    def cache(self, n: int) -> Cache:
        """Return the cache for n rows; keep the full cache and at most two smaller ones."""
        if n not in self._caches:
            if len(self._caches) > 2:
                del self._caches[min(self._caches)]
            self._caches[n] = self._caches[self.capacity].head(n)
        return self._caches[n]
