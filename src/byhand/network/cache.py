"""The arrays of one pass through a network, which `forward` returns and training reuses.

`cache["A0"]`, `cache["Z1"]`, `cache["A1"]`, ... are the arrays of the formulas; after `backward`
there are `cache["dZ1"]`, ..., too. They stay valid until the next pass with the same cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TypeVar

import numpy as np

from byhand.arrays import FloatArray
from byhand.errors import unknown_name
from byhand.network.layers.layer import LayerBuffers, PlacedLayer
from byhand.network.layers.pixel_scaling import InputBuffers
from byhand.network.losses import LossBuffers

Buffers = TypeVar("Buffers", InputBuffers, LossBuffers, LayerBuffers)


@dataclass(eq=False, repr=False)
class Cache(Mapping[str, FloatArray]):
    """All arrays that one pass over a batch of n examples computes, by name.

    Args:
        input: arrays of the input layer.
        layers: arrays of each layer in `stack`.
        loss: arrays of the loss.
        logits: the last Z (n, units).
        output: the last A (n, units).
        stack: the layers that write these arrays.
    """

    input: InputBuffers
    layers: Sequence[LayerBuffers]
    loss: LossBuffers
    logits: FloatArray
    output: FloatArray
    stack: Sequence[PlacedLayer]
    _heads: dict[int, Cache] = field(default_factory=dict, init=False)

    @cached_property
    def _arrays(self) -> dict[str, FloatArray]:
        arrays = {"A0": self.input.a}
        for placed, buffers in zip(self.stack, self.layers, strict=True):
            names = placed.layer.array_names(placed.number)
            arrays |= {name: getattr(buffers, attribute) for name, attribute in names.items()}
        return arrays

    def head(self, n: int) -> Cache:
        """Return the cache of the first n rows: this one if it has n, else views of its arrays.

        The last few are kept, because the batches of a training have one or two sizes.
        """
        if n == len(self.output):
            return self
        if n not in self._heads:
            if len(self._heads) > 1:
                del self._heads[min(self._heads)]
            self._heads[n] = self._first_rows(n)
        return self._heads[n]

    def _first_rows(self, n: int) -> Cache:
        layers = [_first_rows(buffers, n) for buffers in self.layers]
        first, loss = _first_rows(self.input, n), _first_rows(self.loss, n)
        return Cache(first, layers, loss, self.logits[:n], self.output[:n], self.stack)

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
