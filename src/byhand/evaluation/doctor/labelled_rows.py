"""Labelled data as the doctor uses them: raw rows with encoded targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array, IntArray
from byhand.evaluation.doctor.network_state import Sample
from byhand.evaluation.even_rows import even_rows
from byhand.lazy_rows import select_rows
from byhand.network import Network
from byhand.network.targets import Targets, encode_targets


@dataclass(frozen=True)
class LabelledRows:
    """Rows with their targets.

    Args:
        x: raw inputs (n, units).
        targets: target of each row of x.
        images: whether the rows are images, whose columns share one scale.
        order: numbers of the rows of x that belong to the data; by default all.
    """

    x: Array
    targets: Targets
    images: bool
    order: IntArray | None = None

    @classmethod
    def of(cls, net: Network, x: Array, y: Array) -> LabelledRows:
        """Create the data from raw inputs and labels in the form that `fit` takes."""
        rows = net.input_layer.rows(x)
        targets = encode_targets(y, len(rows), net.output_layer.units, net.loss, net.dtype)
        return cls(rows, targets, np.ndim(x) > 2)

    def __len__(self) -> int:
        return len(self.x if self.order is None else self.order)

    @property
    def raw(self) -> Array:
        """The rows of the data."""
        return self.x if self.order is None else select_rows(self.x, self.order)

    @property
    def labels(self) -> IntArray | None:
        """Class of each row of the data; None in regression and if a row has several labels."""
        labels = self.targets.labels
        if labels is None or labels.ndim > 1:
            return None
        return labels if self.order is None else labels[self.order]

    def rows(self, wanted: int) -> IntArray:
        """Return the row numbers of at most `wanted` evenly spaced examples."""
        at = even_rows(len(self), wanted)
        return at if self.order is None else self.order[at]

    def sample(self, net: Network, wanted: int) -> Sample:
        """Return evenly spaced examples as inputs A0 of the network."""
        at, labels = self.rows(wanted), self.targets.labels
        cache = net.new_cache(len(at), self.x)
        net.input_layer.gather(self.x, at, cache.input)
        kept = Targets(self.targets.values[at], None if labels is None else labels[at])
        return Sample(cache.input.a.copy(), kept)
