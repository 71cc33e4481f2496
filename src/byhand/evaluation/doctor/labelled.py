"""Data as the doctor takes them: raw rows with checked targets, of which some take part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array, IntArray
from byhand.evaluation.doctor.network_state import Sample
from byhand.network import Network
from byhand.network.targets import Targets, encode_targets


@dataclass(frozen=True)
class LabelledRows:
    """Rows with targets.

    Args:
        x: raw numbers (n, units), possibly more than take part.
        targets: what the network should say for each row of x.
        images: whether they are images, whose columns share one scale.
        order: which rows take part; all unless given.
    """

    x: Array
    targets: Targets
    images: bool
    order: IntArray | None = None

    @classmethod
    def of(cls, net: Network, x: Array, y: Array) -> LabelledRows:
        """From raw inputs and labels, as `fit` takes them."""
        rows = net.input_layer.rows(x)
        targets = encode_targets(y, len(rows), net.output_layer.units, net.loss, net.dtype)
        return cls(rows, targets, np.ndim(x) > 2)

    def __len__(self) -> int:
        return len(self.x if self.order is None else self.order)

    @property
    def raw(self) -> Array:
        """The rows that take part."""
        return self.x if self.order is None else self.x[self.order]

    @property
    def labels(self) -> IntArray | None:
        """The labels of the rows that take part; None where the targets are values."""
        labels = self.targets.labels
        return labels if labels is None or self.order is None else labels[self.order]

    def rows(self, wanted: int) -> IntArray:
        """Row numbers of x of at most `wanted` examples, evenly spread."""
        at = even_rows(len(self), wanted)
        return at if self.order is None else self.order[at]

    def sample(self, net: Network, wanted: int) -> Sample:
        """Evenly spread examples as the network's first dense layer gets them."""
        at, labels = self.rows(wanted), self.targets.labels
        cache = net.new_cache(len(at), self.x)
        net.input_layer.gather(self.x, at, cache.input)
        kept = Targets(self.targets.values[at], None if labels is None else labels[at])
        return Sample(cache.input.y.copy(), kept)


def even_rows(n: int, wanted: int) -> IntArray:
    """At most `wanted` row numbers, evenly spread over n rows: no randomness, every class met."""
    return np.unique(np.linspace(0, n - 1, min(n, wanted)).astype(np.intp))
