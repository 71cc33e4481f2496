"""What a network says about examples whose labels are known, asked once and used by all figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.errors import ArgumentError, DataError
from byhand.network import Network
from byhand.network.targets import encode_targets


@dataclass(frozen=True, eq=False)
class Predictions:
    """Labels, and beside them what the network says.

    Args:
        labels: the given classes (n,).
        guesses: the predicted classes (n,).
        probabilities: of every class (n, classes); the raw outputs where the last layer is neither
            softmax nor sigmoid, which `calibrated` then tells by being False.
        class_names: what the classes are called.
        calibrated: whether the outputs claim to be probabilities.
    """

    labels: IntArray
    guesses: IntArray
    probabilities: FloatArray
    class_names: tuple[str, ...]
    calibrated: bool = True

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return int(self.probabilities.shape[1])

    @property
    def right(self) -> Array:
        """Whether each guess is the label (n,)."""
        return np.equal(self.labels, self.guesses)

    @property
    def confidence(self) -> FloatArray:
        """The probability of each guess (n,)."""
        return self.probabilities[np.arange(len(self)), self.guesses]

    @property
    def truth(self) -> FloatArray:
        """The probability given to each label (n,)."""
        return self.probabilities[np.arange(len(self)), self.labels]


def predictions(
    network: Network,
    images: Array,
    labels: Array,
    class_names: Sequence[str] | None = None,
) -> Predictions:
    """What the network says about images, beside their labels.

    A single sigmoid output p stands for two classes, with the probabilities 1 - p and p.

    Args:
        network: a classifier.
        images: raw inputs (n, ...).
        labels: of the images (n,), or one-hot rows.
        class_names: the network's own, or numbers, unless given.

    Raises:
        DataError: no examples, labels outside the classes, or a network that gives values.
    """
    last, rows = network.output_layer, len(np.asarray(labels))
    known = encode_targets(labels, rows, last.units, network.loss, network.dtype).labels
    if known is None:
        raise DataError("expected class labels, whole numbers (n,) from 0; got values.")
    if not rows:
        raise DataError("expected at least one example with its label; got none.")
    if len(images) != rows:
        raise DataError(f"expected one label for each image; got {len(images)} and {rows}.")
    outputs = network.predict_proba(images)
    if outputs.shape[1] == 1:
        outputs = np.hstack([1 - outputs, outputs])
        guesses = (outputs[:, 1] > 0.5).astype(np.intp)
    else:
        guesses = outputs.argmax(axis=1)
    return Predictions(
        known,
        guesses,
        outputs,
        names_of_classes(network, class_names),
        calibrated=last.activation.name in {"softmax", "sigmoid"},
    )


def names_of_classes(network: Network, class_names: Sequence[str] | None = None) -> tuple[str, ...]:
    """The names given, else the network's own, else "0", "1", ..."""
    count = max(network.output_layer.units, 2)
    names = class_names or network.class_names or [str(k) for k in range(count)]
    if len(names) != count:
        raise ArgumentError(
            f"the network tells {count} classes apart and needs as many names; got {len(names)}."
        )
    return tuple(str(name) for name in names)
