"""Numbers about single units: when they are silent, what excites them, what they are worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.errors import DataError
from byhand.evaluation.inference import (
    BLOCK_ROWS,
    Tail,
    UnitRow,
    activation_at,
    arrays,
    unit_rows,
)
from byhand.network import Network
from byhand.network.activations import Activation

SHOWN = 8
"""Top and bottom images of a unit, unless another number is asked for."""

BOUNDS = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}
"""The range of the activations that can saturate."""

RISING = ("relu", "leaky_relu", "elu", "sigmoid", "tanh", "softplus", "identity")
"""Activations that never fall, so that Z puts the images in the same order and breaks ties."""

NEAR = 0.01
"""How near to a bound, as a share of the range, an activation is saturated; and how near to 0,
as a share of the row's largest, one without a flat half is silent."""

WORK = 3e10
"""Multiply-adds that ablation may spend on a row of units before it looks at fewer images."""

FEWEST = 200
"""Images that ablation looks at in any case."""


@dataclass(frozen=True, eq=False)
class UnitFacts:
    """About every unit of one row, on a set of n images.

    Args:
        row: which row of units.
        activations: (n, units).
        silent: share of the images that leave a unit silent (units,).
        saturated: share of the images that drive it to a bound of its range (units,); 0 for
            activations without two bounds.
        top: image numbers that excite it most, most first (units, shown).
        bottom: image numbers that excite it least, least first (units, shown); among those that
            leave a relu at 0, the ones whose weighted sum is lowest.
        class_means: mean activation over the images of each class (units, classes), NaN where
            a class has none.
        accuracy_lost: accuracy with the unit minus accuracy with its activation set to 0
            (units,); None for the outputs or where it was not asked for.
        ablated: number of images on which that was measured.
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
        """Numbers of the units that no image excites."""
        return np.flatnonzero(self.silent == 1)


def unit_facts(
    network: Network,
    images: Array,
    labels: IntArray,
    *,
    shown: int = SHOWN,
    ablate: bool = True,
) -> list[UnitFacts]:
    """Facts about the units of every row, the outputs last.

    Args:
        network: whose units they are.
        images: raw inputs (n, ...).
        labels: their classes (n,).
        shown: how many top and bottom images to name.
        ablate: whether to measure what is lost without each unit.
    """
    labels = np.asarray(labels)
    if not len(images) or len(images) != len(labels):
        raise DataError(
            f"expected images with a label each; got {len(images)} images and {len(labels)} labels."
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
    said = kept[row.name]
    top, bottom = extremes(kept[row.z_name if row.activation.name in RISING else row.name], shown)
    lost: FloatArray | None = None
    looked_at: IntArray = np.arange(0)
    if ablate and row.hidden:
        looked_at = ablation_rows(network, row, len(said))
        lost = accuracy_lost(network, row, said[looked_at], labels[looked_at])
    return UnitFacts(
        row=row,
        activations=said,
        silent=silent_share(row.activation, said),
        saturated=saturated_share(row.activation, said),
        top=top,
        bottom=bottom,
        class_means=class_means(said, labels, max(network.output_layer.units, 2)),
        accuracy_lost=lost,
        ablated=len(looked_at),
    )


def silent_share(activation: Activation, said: FloatArray) -> FloatArray:
    """Share of the images that leave each unit silent (units,).

    Silent is exactly 0 for relu; for other functions, which are rarely 0, within 1 % of the
    row's largest activation.
    """
    limit = 0.0 if activation.slope == 0 else NEAR * float(np.abs(said).max(initial=0))
    return np.asarray((np.abs(said) <= limit).mean(axis=0))


def saturated_share(activation: Activation, said: FloatArray) -> FloatArray:
    """Share of the images that drive each unit to within 1 % of a bound of its range (units,)."""
    if activation.name not in BOUNDS:
        return np.zeros(said.shape[1])
    low, high = BOUNDS[activation.name]
    margin = NEAR * (high - low)
    return np.asarray(((said <= low + margin) | (said >= high - margin)).mean(axis=0))


def extremes(said: FloatArray, shown: int = SHOWN) -> tuple[IntArray, IntArray]:
    """Image numbers of the largest and the smallest numbers of each unit: (units, shown) each."""
    order = np.argsort(said, axis=0, kind="stable")
    return order[::-1][:shown].T, order[:shown].T


def class_means(said: FloatArray, labels: IntArray, classes: int) -> FloatArray:
    """Mean activation over the images of each class (units, classes); NaN for a class without."""
    one_hot = (labels[:, None] == np.arange(classes)).astype(said.dtype)
    counts = one_hot.sum(axis=0)
    means: FloatArray = said.T @ one_hot  # (units, n) @ (n, classes)
    means[:, counts > 0] /= counts[counts > 0]
    means[:, counts == 0] = np.nan
    return means


# --- ablation -----------------------------------------------------------------------------------


def accuracy_lost(network: Network, row: UnitRow, said: FloatArray, labels: IntArray) -> FloatArray:
    """Accuracy lost when the activation of each unit of a hidden row is set to 0 (units,).

    With A the row and W the next layer's weights, the next Z without unit j is Z - A[:, j] W[j].
    Images on which the unit is 0 anyway are left out, and only the layers behind run again.

    Args:
        network: whose units they are.
        row: a hidden row.
        said: its activations (n, units).
        labels: classes of the images (n,).
    """
    numbers = [placed.number for placed in network.stack]
    following = numbers.index(row.number + 1)
    W, b = (network.parameters[f"{letter}{row.number + 1}"] for letter in "Wb")
    tail = Tail(network, following + 1, max(1, min(BLOCK_ROWS, len(said))))
    activation = activation_at(network, following)
    Z = said @ W + b  # (n, units) @ (units, next) -> (n, next)
    right = _guesses(tail(activation(Z))) == labels
    change = np.zeros(said.shape[1])
    for j in range(said.shape[1]):
        excited = np.flatnonzero(said[:, j])
        without = Z[excited] - said[excited, j, None] * W[j]
        still = _guesses(tail(activation(without))) == labels[excited]
        change[j] = right[excited].sum() - still.sum()
    return change / len(said)


def _guesses(outputs: FloatArray) -> IntArray:
    return outputs.argmax(axis=1) if outputs.shape[1] > 1 else (outputs[:, 0] > 0.5).astype(np.intp)


def ablation_rows(network: Network, row: UnitRow, n: int) -> IntArray:
    """Numbers of the images for an ablation: all, or evenly spaced ones where that is much work."""
    behind = sum(
        placed.layer.multiply_adds(placed.n_in) + 10 * placed.n_in
        for placed in network.stack
        if placed.number > row.number + 1
    )
    each = row.units * (behind + 10 * network.parameters[f"b{row.number + 1}"].size)
    count = min(n, max(FEWEST, int(WORK / each)))
    return np.linspace(0, n - 1, count).round().astype(np.intp)
