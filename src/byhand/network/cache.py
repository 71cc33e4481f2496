"""The arrays of one pass through a network: what `forward` returns and training reuses.

`cache["A0"]`, `cache["Z1"]`, `cache["A1"]`, ... are the arrays of the formulas; after `backward`
`cache["dZ1"]`, ... too. They stay valid until the same cache is used for the next pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np

from byhand.arrays import Array, FloatArray, aligned_zeros
from byhand.errors import unknown_name
from byhand.network.input_layer import InputBuffers, InputLayer
from byhand.network.layers import DenseBuffers, Layer, LayerBuffers
from byhand.network.losses import LossBuffers

Buffers = TypeVar("Buffers", InputBuffers, LossBuffers, LayerBuffers)


class Cache(Mapping[str, FloatArray]):
    """Everything that one pass over a batch of n examples computes, by name.

    `output` is the last A, `logits` the last Z, both (n, units).
    """

    def __init__(
        self,
        input: InputBuffers,  # noqa: A002 - the input layer's buffers
        layers: Sequence[LayerBuffers],
        loss: LossBuffers,
        numbers: Sequence[int],
    ) -> None:
        """Use `Cache.for_batch`; `numbers` are the layer numbers that the names carry."""
        self.input, self.layers, self.loss = input, tuple(layers), loss
        self._numbers = tuple(numbers)
        last = self.layers[-1]
        assert isinstance(last, DenseBuffers)  # noqa: S101 - every network ends with a dense layer
        self.logits: FloatArray = last.z
        self.output: FloatArray = last.y
        self._arrays = {"A0": input.y}
        for buffers, number in zip(self.layers, self._numbers, strict=True):
            names = buffers.names(number)
            self._arrays.update({name: getattr(buffers, part) for name, part in names.items()})

    @classmethod
    def for_batch(
        cls,
        n: int,
        source: Array,
        input_layer: InputLayer,
        layers: Sequence[Layer[Any]],
        numbers: Sequence[int],
        fused: bool,
        dtype: np.dtype[np.generic],
    ) -> Cache:
        """Fresh buffers for batches of n rows of a source, for the given layers."""
        first = input_layer.new_buffers(n, source, dtype)
        buffers: list[LayerBuffers] = []
        x = first.y
        for layer in layers:
            buffers.append(layer.new_buffers(x))
            x = buffers[-1].y
        last = buffers[-1]
        assert isinstance(last, DenseBuffers)  # noqa: S101 - see above
        loss = LossBuffers(
            losses=np.zeros(n, dtype),
            predictions=np.zeros(n, np.intp),
            grad=last.dz if fused else last.dy,
            scratch=aligned_zeros(x.shape, dtype),
            spare=aligned_zeros(x.shape, dtype),
            picked=np.zeros(n, dtype),
            at=np.zeros(n, np.intp),
        )
        return cls(first, buffers, loss, numbers)

    def head(self, n: int) -> Cache:
        """A cache for the first n rows of this one's memory."""
        layers = [_first_rows(buffers, n) for buffers in self.layers]
        return Cache(_first_rows(self.input, n), layers, _first_rows(self.loss, n), self._numbers)

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
        return f"<cache of {len(self.input.y)} examples: {shapes}>"


def _first_rows(buffers: Buffers, n: int) -> Buffers:
    """The same buffers, seen through views of their first n rows."""
    parts = {part.name: getattr(buffers, part.name) for part in fields(buffers)}
    arrays = {name: part[:n] for name, part in parts.items() if isinstance(part, np.ndarray)}
    return replace(buffers, **arrays)


class Workspace:
    """Caches that are made once and used again, for batches of at most `capacity` rows."""

    def __init__(self, full: Cache) -> None:
        """`full` is the cache for the largest batch; smaller ones are views of its memory."""
        self.capacity = len(full.input.y)
        self._caches = {self.capacity: full}

    def cache(self, n: int) -> Cache:
        """The cache for n rows; at most the full one and two smaller ones are kept."""
        if n not in self._caches:
            if len(self._caches) > 2:
                del self._caches[min(self._caches)]
            self._caches[n] = self._caches[self.capacity].head(n)
        return self._caches[n]
