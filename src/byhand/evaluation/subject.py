"""The subject of figures and the report: a trained network, its data and its training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from byhand.data.known_datasets import DATASETS
from byhand.errors import ArgumentError
from byhand.evaluation.predictions import Predictions, predictions
from byhand.evaluation.units import UnitFacts, unit_facts
from byhand.randomness import stream

if TYPE_CHECKING:
    from byhand.arrays import Array, IntArray
    from byhand.data.dataset import Part
    from byhand.evaluation.training_statistics import TrainingStatistics
    from byhand.network import Network

SAMPLE = 2000
"""Largest number of examples on which facts about units are measured."""


@dataclass(frozen=True, eq=False, repr=False)
class Subject:
    """A trained network with everything that figures and the report may show about it.

        subject = Subject(net, digits.test, name="digits", train=digits.train, history=history)

    Args:
        network: a trained classifier.
        test: the examples on which it is evaluated, with labels; it must not have been trained
            on them. Images are (n, height, width), rows of a table (n, columns).
        name: name of the data set, such as "mnist".
        train: the examples on which it was trained; the report needs them.
        unlabelled: the data set's test images if their labels are unknown.
        evaluated_on: what `test` is: the test part of the data set, or its validation part.
        chose_epoch: whether `test` also chose the best epoch, which makes its accuracy
            slightly optimistic.
        history: columns of numbers by epoch, as `fit` returns them.
        statistics: the record of the callback `Statistics`.
        class_names: names of the classes; by default the network's own, or numbers.
        column_names: names of a table's columns; by default numbers.
        image_shape: (height, width) of images that are stored as rows.
        seed: seed of every random choice of examples.
        missing: why "history" or "statistics" are missing, if known.

    Raises:
        ArgumentError: the examples have no labels.
    """

    network: Network
    test: Part
    _: KW_ONLY
    name: str = ""
    train: Part | None = None
    unlabelled: Part | None = None
    evaluated_on: Literal["test", "validation"] = "test"
    chose_epoch: bool = False
    history: Mapping[str, Sequence[float]] | None = None
    statistics: TrainingStatistics | None = None
    class_names: Sequence[str] | None = None
    column_names: Sequence[str] | None = None
    image_shape: tuple[int, int] | None = None
    seed: int = 0
    missing: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse examples without labels."""
        if self.test.labels is None:
            raise ArgumentError(
                f"expected {self.evaluated_on} {self.many} with labels; these have none. "
                "Use a validation part of the training data instead."
            )

    def __repr__(self) -> str:
        epochs = max((len(column) for column in (self.history or {}).values()), default=0)
        trained = f", trained for {epochs} epochs" if epochs else ""
        return f"Subject({self.title}, {len(self.test):,} {self.examples}{trained})"

    # --- words ----------------------------------------------------------------------------------

    @property
    def title(self) -> str:
        """The layer sizes and the data set, such as "784-300-10 on MNIST"."""
        sizes = self.network.shape_text
        return f"{sizes} on {self.data_title}" if self.name else sizes

    @property
    def data_title(self) -> str:
        """The name of the data set in prose: "MNIST" for "mnist", else the name itself."""
        known = DATASETS.get(self.name)
        return known.title.partition(",")[0] if known else self.name

    @property
    def one(self) -> str:
        """The word for one example: "image", or "row" for a table."""
        return "row" if self.size is None else "image"

    @property
    def many(self) -> str:
        """The word for examples: "images" or "rows"."""
        return f"{self.one}s"

    @property
    def examples(self) -> str:
        """The words for the examples of `test`, such as "validation images"."""
        return f"{self.evaluated_on} {self.many}"

    @property
    def caution(self) -> str:
        """A sentence, with a space before it, if `test` also chose the best epoch; else empty."""
        if not self.chose_epoch:
            return ""
        return (
            f" These {self.many} also chose the best epoch, so the figures are slightly optimistic."
        )

    @property
    def columns(self) -> list[str]:
        """The name of each column of a table; empty for images."""
        if self.size is not None:
            return []
        count = self.images.shape[1]
        names = self.column_names or ()
        return list(names) if len(names) == count else [f"column {k}" for k in range(count)]

    # --- examples -------------------------------------------------------------------------------

    @property
    def images(self) -> Array:
        """The raw inputs of `test`."""
        return self.test.images

    @property
    def size(self) -> tuple[int, int] | None:
        """Height and width of an image; None for a table."""
        shape = self.image_shape or self.images.shape[1:]
        return (int(shape[0]), int(shape[1])) if len(shape) == 2 else None

    @cached_property
    def predictions(self) -> Predictions:
        """The network's predictions for every example of `test`, beside the labels."""
        labels = self.test.labels
        assert labels is not None  # noqa: S101 - refused when the subject was made
        return predictions(self.network, self.images, labels, self.class_names)

    @property
    def classes(self) -> list[str]:
        """The names of the classes."""
        return list(self.predictions.class_names)

    @cached_property
    def sample(self) -> IntArray:
        """Numbers of at most SAMPLE random examples of `test`, in order."""
        order = stream(self.seed, "figures").permutation(len(self.test))
        return np.sort(order[:SAMPLE])

    @cached_property
    def units(self) -> list[UnitFacts]:
        """Facts about each row of units. Their example numbers are indices of `sample`."""
        labels = self.predictions.labels[self.sample]
        return unit_facts(self.network, self.images[self.sample], labels)

    def random_rows(self, count: int) -> IntArray:
        """Return the numbers of at most `count` examples drawn at random."""
        return self._shuffled(count)[:count]

    def balanced_rows(self, count: int, *, correct: bool | None = None) -> IntArray:
        """Return the numbers of at most `count` random examples, with each class equally often.

        Args:
            count: largest number of examples.
            correct: only correct predictions (True), only wrong ones (False) or both (None).
        """
        order = self._shuffled(count)
        if correct is not None:
            order = order[self.predictions.correct[order] == correct]
        labels, turn = self.predictions.labels[order], np.empty(len(order), np.intp)
        for label in np.unique(labels):
            of_class = np.flatnonzero(labels == label)
            turn[of_class] = np.arange(len(of_class))
        return np.asarray(order[np.argsort(turn, kind="stable")][:count])

    def _shuffled(self, count: int) -> IntArray:
        return stream(self.seed, "figures", count).permutation(len(self.test))
