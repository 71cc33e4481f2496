"""What figures are about: a trained network, what it is judged on, and how it learnt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.evaluation.predictions import Predictions, predictions
from byhand.evaluation.record import TrainingStatistics
from byhand.evaluation.units import UnitFacts, unit_facts
from byhand.figures.canvas import FigureError, short
from byhand.network import MultiLayerPerceptron
from byhand.randomness import stream

SAMPLE = 2000
"""Examples that numbers about units are taken from, at most."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A network and everything that a figure may show of it.

    Args:
        network: trained.
        images: raw inputs that it did not learn from, (n, height, width), or (n, columns) of a
            table.
        labels: their classes (n,).
        history: columns of numbers by epoch, as `fit` returns.
        statistics: what `Statistics` recorded while it learnt.
        class_names: the network's own, or numbers, unless given.
        name: of the data, for headings.
        image_shape: (height, width) where the images come as rows.
        seed: of what is drawn at random.
        column_names: of a table's columns; numbers unless given.
        missing: why there is no "history" or no "statistics", where that is known.
    """

    network: MultiLayerPerceptron
    images: Array
    labels: IntArray
    history: Mapping[str, Sequence[float]] | None = None
    statistics: TrainingStatistics | None = None
    class_names: Sequence[str] | None = None
    name: str = ""
    image_shape: tuple[int, int] | None = None
    seed: int = 0
    column_names: Sequence[str] | None = None
    missing: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def said(self) -> Predictions:
        """What the network says about all images."""
        return predictions(self.network, self.images, self.labels, self.class_names)

    @property
    def names(self) -> list[str]:
        """What the classes are called."""
        return list(self.said.class_names)

    @cached_property
    def sample(self) -> IntArray:
        """Rows of a random sample, at most SAMPLE, in order."""
        order = stream(self.seed, "figures").permutation(len(self.labels))
        return np.sort(order[:SAMPLE])

    @cached_property
    def facts(self) -> list[UnitFacts]:
        """About every row of units; image numbers in them are places in the sample."""
        return unit_facts(self.network, self.images[self.sample], self.said.labels[self.sample])

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of an image; an error where the data are a table."""
        shape = self.image_shape or self.images.shape[1:]
        if len(shape) != 2:
            raise FigureError(
                f"the data are a table of {self.network.input_layer.units} columns, not images"
            )
        return int(shape[0]), int(shape[1])

    @property
    def is_image(self) -> bool:
        """Whether the inputs can be shown as images."""
        return len(self.image_shape or self.images.shape[1:]) == 2

    def pictures(self, rows: IntArray) -> FloatArray:
        """The given images as (n, height, width), ink 1 on paper 0."""
        images = np.asarray(self.images[rows], np.float32).reshape(len(rows), *self.shape)
        return images / np.float32(self._full_ink)

    @cached_property
    def _full_ink(self) -> float:
        return float(np.abs(self.images[self.sample]).max(initial=0)) or 1.0

    def title(self, heading: str) -> str:
        """A heading, and below it which network and which data."""
        units = "-".join(str(units) for units in self.network.widths_of_dense())
        about = f"{short(units, 48)} on {short(self.name, 32)}" if self.name else short(units, 48)
        return f"{heading}\n{about}"

    def drawn(self, count: int) -> IntArray:
        """Up to `count` rows drawn at random, so that mistakes are as many as they really are."""
        return stream(self.seed, "figures", count).permutation(len(self.said))[:count]

    def spread(self, count: int, *, right: bool | None = None) -> IntArray:
        """Up to `count` rows drawn at random, the classes as evenly as they come.

        Args:
            count: how many.
            right: only right answers, only wrong ones, or all.
        """
        order = stream(self.seed, "figures", count).permutation(len(self.said))
        if right is not None:
            order = order[self.said.right[order] == right]
        labels, turn = self.said.labels[order], np.empty(len(order), np.intp)
        for label in np.unique(labels):
            of_class = np.flatnonzero(labels == label)
            turn[of_class] = np.arange(len(of_class))
        return np.asarray(order[np.argsort(turn, kind="stable")][:count])

    @property
    def hidden(self) -> list[UnitFacts]:
        """The facts about hidden rows; an error where there are none."""
        facts = [row for row in self.facts if row.row.hidden]
        if not facts:
            raise FigureError("the network has no hidden layer")
        return facts
