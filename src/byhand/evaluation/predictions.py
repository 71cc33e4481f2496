"""The predictions of a network for examples whose labels are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.errors import ArgumentError, DataError
from byhand.evaluation.display import predictions_html
from byhand.network import Network
from byhand.network.targets import MULTI_LABEL, encode_targets


@dataclass(frozen=True, eq=False)
class Predictions:
    """The predictions for n examples, beside their labels.

    Args:
        labels: label of each example (n,).
        predicted: predicted class of each example (n,).
        probabilities: probability of every class (n, classes). If the last layer is neither
            softmax nor sigmoid, these are its raw outputs, and `calibrated` is False.
        class_names: names of the classes.
        calibrated: whether the outputs are meant as probabilities.
    """

    labels: IntArray
    predicted: IntArray
    probabilities: FloatArray
    class_names: tuple[str, ...]
    calibrated: bool = True

    def __len__(self) -> int:
        return len(self.labels)

    def _repr_html_(self) -> str:
        return predictions_html(self)

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.probabilities.shape[1])

    @property
    def correct(self) -> Array:
        """Whether each predicted class is the label (n,)."""
        return np.equal(self.labels, self.predicted)

    @property
    def confidence(self) -> FloatArray:
        """Probability of each predicted class (n,)."""
        return self.probabilities[np.arange(len(self)), self.predicted]

    @property
    def label_probability(self) -> FloatArray:
        """Probability that the network gives to each label (n,)."""
        return self.probabilities[np.arange(len(self)), self.labels]


def predictions(
    network: Network,
    images: Array,
    labels: Array,
    class_names: Sequence[str] | None = None,
) -> Predictions:
    """Return the network's predictions for images, beside their labels.

    A single sigmoid output p stands for two classes with the probabilities 1 - p and p.

    Args:
        network: a classifier.
        images: raw inputs (n, ...).
        labels: classes (n,) or one-hot rows (n, classes).
        class_names: names of the classes; by default the network's own, or numbers.

    Raises:
        DataError: there are no examples, a label is not a class of the network, or the targets
            are values.
    """
    last, rows = network.output_layer, len(np.asarray(labels))
    known = encode_targets(labels, rows, last.units, network.loss, network.dtype).labels
    if known is None:
        raise DataError("expected class labels, integers (n,) from 0; got values.")
    if network.task == MULTI_LABEL or known.ndim > 1:
        raise DataError("expected one class for each example; this network is multi-label.")
    if not rows:
        raise DataError("expected at least one example with its label; got none.")
    if len(images) != rows:
        raise DataError(f"expected one label for each image; got {len(images)} and {rows}.")
    outputs = network.predict_proba(images)
    if outputs.shape[1] == 1:
        outputs = np.hstack([1 - outputs, outputs])
        predicted = (outputs[:, 1] > 0.5).astype(np.intp)
    else:
        predicted = outputs.argmax(axis=1)
    return Predictions(
        known,
        predicted,
        outputs,
        names_of_classes(network, class_names),
        calibrated=last.activation.name in {"softmax", "sigmoid"},
    )


def names_of_classes(network: Network, class_names: Sequence[str] | None = None) -> tuple[str, ...]:
    """Return the names given, or the network's own, or "0", "1", ..."""
    count = max(network.output_layer.units, 2)
    names = class_names or network.class_names or [str(k) for k in range(count)]
    if len(names) != count:
        raise ArgumentError(
            f"expected {count} class names, one for each class of the network; got {len(names)}."
        )
    return tuple(str(name) for name in names)
