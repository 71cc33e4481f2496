"""Numbers about single units: when they are silent, what excites them, what is lost without them.

A row of units is what a dense layer hands on: its activations, or what the batch normalisation
behind it makes of them. Rows are counted from 1; row 0 is the input.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.network import BatchNormLayer, DenseLayer, MultiLayerPerceptron
from byhand.network.activations import Activation

SHOWN = 8  # top and bottom images of a unit
_BLOCK = 1000  # rows of a forward pass
_WORK = 2e10  # multiply-adds that ablation may spend on one row of units
_FEWEST = 200  # images that an ablation looks at, at least


@dataclass(frozen=True)
class UnitNumbers:
    """About every unit of one row.

    Args:
        silent: share of the images that leave it silent (units,).
        silence: what silent means, in words.
        lost: accuracy lost when its activation is set to 0 (units,); None for outputs.
        ablated: how many images that was measured on.
        top: places of the images that excite it most (units, SHOWN).
        bottom: places of those that excite it least.
        mean: mean activation by class (units, classes).
    """

    silent: FloatArray
    silence: str
    lost: FloatArray | None
    ablated: int
    top: IntArray
    bottom: IntArray
    mean: FloatArray


def unit_rows(network: MultiLayerPerceptron, images: Array) -> list[FloatArray]:
    """Activations of each row of units for all images: [(n, units 1), (n, units 2), ...]."""
    count = max(network.numbers)
    blocks: list[list[FloatArray]] = [[] for _ in range(count)]
    for start in range(0, len(images), _BLOCK):
        cache = network.forward(images[start : start + _BLOCK])
        for row, kept in enumerate(blocks, start=1):
            normed = f"A{row}_batch_norm"
            kept.append(np.array(cache[normed if normed in cache else f"A{row}"]))
    return [np.concatenate(kept) for kept in blocks]


def unit_numbers(
    network: MultiLayerPerceptron, rows: list[FloatArray], labels: IntArray, places: IntArray
) -> list[UnitNumbers]:
    """The numbers of every row, from `unit_rows` for images with the given labels.

    Args:
        network: whose units they are.
        rows: activations on the images.
        labels: of the images (n,).
        places: rows of the images that the page carries; `top` and `bottom` point into it.
    """
    classes = max(network.output_layer.units, 2)
    return [
        _numbers(network, row, activations, labels, places, classes)
        for row, activations in enumerate(rows, start=1)
    ]


def _numbers(
    network: MultiLayerPerceptron,
    row: int,
    activations: FloatArray,
    labels: IntArray,
    places: IntArray,
    classes: int,
) -> UnitNumbers:
    limit, words = silence(_row_activation(network, row), activations)
    lost, ablated = accuracy_lost(network, row, activations, labels)
    top, bottom = extremes(activations[places])
    return UnitNumbers(
        silent=(np.abs(activations) <= limit).mean(axis=0),
        silence=words,
        lost=lost,
        ablated=ablated,
        top=top,
        bottom=bottom,
        mean=class_means(activations, labels, classes),
    )


def _row_activation(network: MultiLayerPerceptron, row: int) -> Activation:
    """The last activation function before the row is handed on."""
    layers = [
        layer
        for layer, number in zip(network.hidden, network.numbers, strict=True)
        if number == row and isinstance(layer, DenseLayer | BatchNormLayer)
    ]
    return layers[-1].activation


def silence(activation: Activation, activations: FloatArray) -> tuple[float, str]:
    """The largest size of a silent activation, and that in words: exactly 0 for relu."""
    if activation.slope == 0:
        return 0.0, "activation exactly 0"
    limit = 0.01 * float(np.abs(activations).max(initial=0))
    return limit, "activation under 1 % of the layer's largest"


def extremes(activations: FloatArray) -> tuple[IntArray, IntArray]:
    """Rows of the largest and of the smallest activations of each unit: both (units, SHOWN)."""
    order = np.argsort(activations, axis=0, kind="stable")
    return order[::-1][:SHOWN].T, order[:SHOWN].T


def class_means(activations: FloatArray, labels: IntArray, classes: int) -> FloatArray:
    """Mean activation over the images of each class (units, classes); 0 for a class without."""
    one_hot = (labels[:, None] == np.arange(classes)).astype(activations.dtype)
    means: FloatArray = activations.T @ one_hot / np.maximum(one_hot.sum(axis=0), 1)
    return means


# --- ablation -----------------------------------------------------------------------------------


def accuracy_lost(
    network: MultiLayerPerceptron, row: int, activations: FloatArray, labels: IntArray
) -> tuple[FloatArray | None, int]:
    """For each unit j of a row, the accuracy lost when its activation is 0; and on how many images.

    With A the row and W the next layer's weights, the next Z without unit j is Z - A[:, j] W[j],
    so only the layers behind have to run again.
    """
    if row == max(network.numbers):
        return None, 0
    n = _ablated_images(network, row, activations)
    activations, labels = activations[:n], labels[:n]
    W, b = network.parameters[f"W{row + 1}"], network.parameters[f"b{row + 1}"]
    Z = activations @ W + b
    whole = _accuracy(network, row + 1, Z, labels)
    lost = np.zeros(activations.shape[1], np.float32)
    for j in np.flatnonzero(activations.any(axis=0)):
        without = Z - activations[:, j, None] * W[j]
        lost[j] = whole - _accuracy(network, row + 1, without, labels)
    return lost, n


def _ablated_images(network: MultiLayerPerceptron, row: int, activations: FloatArray) -> int:
    """As many images as the work allows, at least a few hundred."""
    behind = sum(
        layer.multiply_adds(n_in) + 30 * n_in
        for layer, n_in, number in zip(
            network.hidden, network.widths, network.numbers, strict=False
        )
        if number > row + 1
    )
    each = activations.shape[1] * (behind + 30 * network.parameters[f"b{row + 1}"].size)
    return min(len(activations), max(_FEWEST, int(_WORK / each)))


def _accuracy(network: MultiLayerPerceptron, row: int, Z: FloatArray, labels: IntArray) -> float:
    outputs = outputs_from(network, row, Z)
    guesses = outputs[:, 0] > 0.5 if outputs.shape[1] == 1 else outputs.argmax(axis=1)
    return float((guesses == labels).mean())


def outputs_from(network: MultiLayerPerceptron, row: int, Z: FloatArray) -> FloatArray:
    """The network's outputs, given the pre-activations Z of dense layer `row`; inference."""
    x, started = Z, False
    for layer, number in zip(network.hidden, network.numbers, strict=True):
        if isinstance(layer, DenseLayer) and number >= row:
            if started:
                x = x @ network.parameters[f"W{number}"] + network.parameters[f"b{number}"]
            started = True
            x = layer.activation(x)
        elif isinstance(layer, BatchNormLayer) and started:
            x = _normalised(network, layer, number, x)
    return x


def _normalised(
    network: MultiLayerPerceptron, layer: BatchNormLayer, number: int, x: FloatArray
) -> FloatArray:
    gamma, beta = network.parameters[f"gamma{number}"], network.parameters[f"beta{number}"]
    mean, variance = network.statistics[f"mean{number}"], network.statistics[f"variance{number}"]
    return layer.activation(gamma * (x - mean) / np.sqrt(variance + layer.epsilon) + beta)
