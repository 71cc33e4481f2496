"""Facts about single units: when they are silent, what excites them, what ablation costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.errors import DataError
from byhand.evaluation.unit_rows import BLOCK_ROWS, Tail, UnitRow, activation_at, arrays, unit_rows
from byhand.network import DropoutLayer, Network
from byhand.network.activations import Activation

SHOWN = 8
"""Default number of top and of bottom images of a unit."""

BOUNDS = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}
"""Bounds of the activations that can saturate."""

RISING = ("relu", "leaky_relu", "elu", "sigmoid", "tanh", "softplus", "exp", "identity")
"""Monotonic activations: Z orders the images as the activation does, and without ties."""

NEAR = 0.01
"""Tolerance of the two tests. An activation is saturated within this fraction of its range from a
bound. Unless it has a flat half like relu, it is silent within this fraction of the row's largest
activation from 0."""

WORK = 3e10
"""Budget of multiply-adds for the ablation of a row; above it fewer images are used."""

FEWEST = 200
"""Smallest number of images for an ablation."""


@dataclass(frozen=True, eq=False)
class UnitFacts:
    """Facts about every unit of one row, measured on n images.

    Args:
        row: the row of units.
        activations: activation of each unit for each image (n, units).
        silent: fraction of the images for which each unit is silent (units,).
        saturated: fraction of the images for which each unit is at a bound of its range (units,);
            0 for activations without two bounds.
        top: numbers of the images that excite each unit most, most first (units, shown).
        bottom: numbers of the images that excite each unit least, least first (units, shown).
            Images that leave a relu at 0 are ordered by Z.
        class_means: mean activation over the images of each class (units, classes); NaN for a
            class without images.
        accuracy_lost: accuracy with the unit minus accuracy with its activation set to 0
            (units,); None for the outputs and if ablation was not requested.
        ablated: number of images used for `accuracy_lost`.
    """

    row: UnitRow
    activations: FloatArray
    silent: FloatArray
    saturated: FloatArray
    top: IntArray
    bottom: IntArray
    class_means: FloatArray
    accuracy_lost: FloatArray | None
    ablated: int

    @property
    def dead(self) -> IntArray:
        """Numbers of the units that are silent for every image."""
        return np.flatnonzero(self.silent == 1)


def unit_facts(
    network: Network,
    images: Array,
    labels: IntArray,
    *,
    shown: int = SHOWN,
    ablate: bool = True,
) -> list[UnitFacts]:
    """Return facts about the units of every row, the outputs last.

    Args:
        network: a classifier.
        images: raw inputs (n, ...).
        labels: class of each image (n,).
        shown: number of top and of bottom images of each unit.
        ablate: whether to measure the accuracy lost without each unit.
    """
    labels = np.asarray(labels)
    if not len(images) or len(images) != len(labels):
        raise DataError(
            f"expected a label for each image; got {len(images)} images and {len(labels)} labels."
        )
    rows = unit_rows(network)
    kept = arrays(network, images, [name for row in rows for name in (row.name, row.z_name)])
    return [_facts(network, row, kept, labels, shown, ablate) for row in rows]


def _facts(
    network: Network,
    row: UnitRow,
    kept: dict[str, FloatArray],
    labels: IntArray,
    shown: int,
    ablate: bool,
) -> UnitFacts:
    outputs = kept[row.name]
    top, bottom = extremes(kept[row.z_name if row.activation.name in RISING else row.name], shown)
    lost: FloatArray | None = None
    ablated: IntArray = np.arange(0)
    if ablate and row.hidden:
        ablated = ablation_rows(network, row, len(outputs))
        lost = accuracy_lost(network, row, outputs[ablated], labels[ablated])
    return UnitFacts(
        row=row,
        activations=outputs,
        silent=silent_fraction(row.activation, outputs),
        saturated=saturated_fraction(row.activation, outputs),
        top=top,
        bottom=bottom,
        class_means=class_means(outputs, labels, max(network.output_layer.units, 2)),
        accuracy_lost=lost,
        ablated=len(ablated),
    )


def silent_fraction(activation: Activation, outputs: FloatArray) -> FloatArray:
    """Return the fraction of the images for which each unit is silent (units,).

    A relu is silent at exactly 0. Other functions are rarely 0, so their units count as silent
    within 1 % of the row's largest activation.
    """
    limit = 0.0 if activation.slope == 0 else NEAR * float(np.abs(outputs).max(initial=0))
    return np.asarray((np.abs(outputs) <= limit).mean(axis=0))


def saturated_fraction(activation: Activation, outputs: FloatArray) -> FloatArray:
    """Return the fraction of the images for which each unit is within 1 % of a bound (units,)."""
    if activation.name not in BOUNDS:
        return np.zeros(outputs.shape[1])
    low, high = BOUNDS[activation.name]
    margin = NEAR * (high - low)
    return np.asarray(((outputs <= low + margin) | (outputs >= high - margin)).mean(axis=0))


def extremes(outputs: FloatArray, shown: int = SHOWN) -> tuple[IntArray, IntArray]:
    """Return the images with the largest and smallest value of each unit, (units, shown) each."""
    order = np.argsort(outputs, axis=0, kind="stable")
    return order[::-1][:shown].T, order[:shown].T


def class_means(outputs: FloatArray, labels: IntArray, classes: int) -> FloatArray:
    """Return the mean activation in each class (units, classes); NaN in a class without images."""
    one_hot = (labels[:, None] == np.arange(classes)).astype(outputs.dtype)
    counts = one_hot.sum(axis=0)
    means: FloatArray = outputs.T @ one_hot  # (units, n) @ (n, classes)
    means[:, counts > 0] /= counts[counts > 0]
    means[:, counts == 0] = np.nan
    return means


# --- ablation -----------------------------------------------------------------------------------


def accuracy_lost(
    network: Network, row: UnitRow, outputs: FloatArray, labels: IntArray
) -> FloatArray:
    """Return the accuracy lost when each unit of a hidden row is set to 0 (units,).

    With A the row's output and W the next layer's weights, the next Z without unit j is
    Z - A[:, j] W[j]. Only the layers after it run again, and only for images with A[:, j] != 0.
    If there is a layer of another kind between the two, it runs again too.

    Args:
        network: a classifier.
        row: a hidden row.
        outputs: activations of the row (n, units).
        labels: class of each image (n,).
    """
    numbers = [placed.number for placed in network.stack]
    following = numbers.index(row.number + 1)
    between = network.stack[row.index + 1 : following]
    if not all(isinstance(placed.layer, DropoutLayer) for placed in between):
        return _lost_by_zeroing(network, row, outputs, labels)
    W, b = (network.parameters[f"{letter}{row.number + 1}"] for letter in "Wb")
    tail = Tail(network, following + 1, max(1, min(BLOCK_ROWS, len(outputs))))
    activation = activation_at(network, following)
    Z = outputs @ W + b  # (n, units) @ (units, next) -> (n, next)
    correct = _predicted(tail(activation(Z))) == labels
    change = np.zeros(outputs.shape[1])
    for j in range(outputs.shape[1]):
        excited = np.flatnonzero(outputs[:, j])
        without = Z[excited] - outputs[excited, j, None] * W[j]
        still = _predicted(tail(activation(without))) == labels[excited]
        change[j] = correct[excited].sum() - still.sum()
    return change / len(outputs)


def _lost_by_zeroing(
    network: Network, row: UnitRow, outputs: FloatArray, labels: IntArray
) -> FloatArray:
    """Return the same, by running all later layers on outputs with a column of zeros."""
    tail = Tail(network, row.index + 1, max(1, min(BLOCK_ROWS, len(outputs))))
    accuracy = float((_predicted(tail(outputs)) == labels).mean())
    lost = np.zeros(outputs.shape[1])
    for j in range(outputs.shape[1]):
        without = outputs.copy()
        without[:, j] = 0
        lost[j] = accuracy - float((_predicted(tail(without)) == labels).mean())
    return lost


def _predicted(outputs: FloatArray) -> IntArray:
    return outputs.argmax(axis=1) if outputs.shape[1] > 1 else (outputs[:, 0] > 0.5).astype(np.intp)


def ablation_rows(network: Network, row: UnitRow, n: int) -> IntArray:
    """Return the images for an ablation: all, or evenly spaced ones to stay within the budget."""
    behind = sum(
        placed.layer.multiply_adds(placed.n_in) + 10 * placed.n_in
        for placed in network.stack
        if placed.number > row.number + 1
    )
    each = row.units * (behind + 10 * network.parameters[f"b{row.number + 1}"].size)
    count = min(n, max(FEWEST, int(WORK / each)))
    return np.linspace(0, n - 1, count).round().astype(np.intp)
