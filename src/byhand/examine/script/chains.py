"""Finds forward passes in a record: products in which one takes the result of the one before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from byhand.arrays import Array
from byhand.examine.kinds import SLOPES
from byhand.examine.script.recorder import Product, Recorder, Sum
from byhand.network.activations import ACTIVATIONS, Activation, leaky_relu

FUNCTIONS: tuple[Activation, ...] = (
    *(
        ACTIVATIONS[name]
        for name in ("relu", "sigmoid", "tanh", "identity", "elu", "gelu", "swish")
    ),
    ACTIVATIONS["softplus"],
    *(leaky_relu(slope) for slope in SLOPES),
)
"""Activations by which a result may become the input of the next product."""

AHEAD = 12
"""The next layer's product is one of so many that follow."""

SAMPLE = 40
"""Rows by which activations are recognised."""

TOLERANCE = 1e-5

NEAR = 0.5
"""A matrix that has changed by a smaller fraction was updated."""


@dataclass(frozen=True)
class Layer:
    """One layer of a forward pass, in byhand's form.

    Args:
        product: the product X W.
        W: weights (n_in, n_out), without a row for the biases.
        b: biases (n_out,), or None.
        fed: its input (n, n_in), without a column of ones.
        Z: X W + b, (n, n_out).
        columns: whether examples are columns.
        time: number of the event that completes Z.
        activation: what makes its Z the input of the next layer; None if it is not known.
        inside: whether the biases are inside the weights.
    """

    product: Product
    W: Array
    b: Array | None
    fed: Array
    Z: Array
    columns: bool
    time: int
    activation: Activation | None = None
    inside: bool = False

    @property
    def whole(self) -> Array:
        """The matrix of the product, with the row for the biases if it has one."""
        return self.product.left.T if self.columns else self.product.right

    @property
    def bias(self) -> Array:
        """The biases, 0 if there are none."""
        return np.zeros(self.W.shape[1]) if self.b is None else self.b


@dataclass(frozen=True)
class Chain:
    """A forward pass.

    Args:
        layers: its layers.
    """

    layers: tuple[Layer, ...]

    @property
    def kind(self) -> tuple[tuple[Any, ...], ...]:
        """What passes through the same network have in common."""
        return tuple((one.W.shape, one.columns, one.inside) for one in self.layers)

    @property
    def begin(self) -> int:
        """Number of its first event."""
        return self.layers[0].product.time

    @property
    def end(self) -> int:
        """Number of its last event."""
        return self.layers[-1].time

    def has_weights_of(self, other: Chain) -> bool:
        """Return whether all weights and biases are those of another chain."""
        return all(
            np.array_equal(one.W, two.W) and np.array_equal(one.bias, two.bias)
            for one, two in zip(self.layers, other.layers, strict=True)
        )


def chains_of(record: Recorder) -> list[Chain]:
    """Return the forward passes of two and more layers, in the order of time."""
    found: list[Chain] = []
    for place, product in enumerate(record.products):
        for first in _readings(record, product):
            layers = _extended(record, place, first)
            if len(layers) > 1:
                found.append(Chain(tuple(layers)))
    return found


def _extended(record: Recorder, place: int, first: Layer) -> list[Layer]:
    layers = [first]
    while True:
        following = record.products[place + 1 : place + 1 + AHEAD]
        linked = _linked(record, layers, following)
        if linked is None:
            return layers
        step, activation, layer = linked
        layers[-1] = replace(layers[-1], activation=activation)
        layers.append(layer)
        place += step


def _linked(
    record: Recorder, layers: Sequence[Layer], following: Sequence[Product]
) -> tuple[int, Activation | None, Layer] | None:
    """Return the product that takes a layer's A: by its values, or the next one by its shape."""
    layer, by_shape = layers[-1], None
    for step, product in enumerate(following, start=1):
        if product.time < layer.time:
            continue
        for one in _readings(record, product):
            if one.fed.shape != layer.Z.shape:
                continue
            for function in FUNCTIONS:
                if _close(function(layer.Z[:SAMPLE].astype(float)), one.fed[:SAMPLE]):
                    return step, function, one
            if by_shape is None and step == 1 and not _goes_back(layers, one):
                by_shape = step, None, one
    return by_shape


def _goes_back(layers: Sequence[Layer], one: Layer) -> bool:
    """Return whether a product is of the backward pass: with W transposed, or with examples."""
    forward = (W for layer in layers for W in (layer.W, layer.whole))
    return any(is_near(W, one.W.T) for W in forward) or len(one.fed) in one.W.shape


def _readings(record: Recorder, product: Product) -> Iterator[Layer]:
    """Yield a product as a layer whose examples are rows, or columns; with biases inside or not."""
    left, right, value = product.left, product.right, product.value
    rows = _rows(left), right, np.atleast_2d(value), False
    turned = _rows(right.T), left.T, np.atleast_2d(value.T), True
    for fed, W, Z, columns in (rows, turned):
        if (
            not fed.size
            or W.ndim != 2
            or fed.shape[1] != len(W)
            or Z.shape != (len(fed), W.shape[1])
        ):
            continue
        yield _with_biases(record, product, Layer(product, W, None, fed, Z, columns, product.time))


def _rows(array: Array) -> Array:
    return array[None, :] if array.ndim == 1 else array


def _with_biases(record: Recorder, product: Product, layer: Layer) -> Layer:
    """Add the biases: a row of W for an input that is 1, or what is added to the product."""
    fed, W = layer.fed, layer.W
    for place in (0, -1):
        if fed.shape[1] > 2 and bool((fed[:, place] == 1).all()):
            kept = slice(1, None) if place == 0 else slice(None, -1)
            return replace(layer, fed=fed[:, kept], W=W[kept], b=W[place], inside=True)
    for one in record.sums:
        if one.time < product.time:
            continue
        added = _added(one, product)
        if added is None:
            continue
        bias = None if one.is_difference else _bias(added, layer)  # targets are subtracted
        if bias is not None:
            value = one.value.T if layer.columns else one.value
            return replace(layer, b=bias, Z=np.atleast_2d(value), time=one.time)
        return layer
    return layer


def _added(one: Sum, product: Product) -> Array | None:
    """Return what a sum adds to a product."""
    if one.left is product.result:
        return np.asarray(one.values[1])
    return np.asarray(one.values[0]) if one.right is product.result else None


def _bias(added: Array, layer: Layer) -> Array | None:
    """Return biases (n_out,), or None if something else was added."""
    units = layer.W.shape[1]
    if added.dtype.kind != "f" or added.size not in (1, units, layer.Z.size):
        return None
    if added.size == units:
        return added.ravel()
    if added.size == 1:
        return np.full(units, added.ravel()[0])
    rows = added.T if layer.columns else added
    same = rows.shape == layer.Z.shape and bool((rows == rows[0]).all())
    return rows[0] if same else None


def _close(one: Array, other: Array) -> bool:
    return bool(np.allclose(one, other, rtol=TOLERANCE, atol=TOLERANCE))


def is_near(old: Array, new: Array, limit: float = NEAR) -> bool:
    """Return whether an array is another one after a few updates."""
    if old.shape != new.shape:
        return False
    return bool(np.linalg.norm(new - old) <= limit * np.linalg.norm(old))


def pairs_of(chains: Sequence[Chain]) -> Iterator[tuple[Chain, Chain]]:
    """Yield passes before and after the first update of their weights, the likeliest first.

    Several passes may precede the update: on the examples that it uses, and on others.
    """
    groups: dict[tuple[tuple[Any, ...], ...], list[Chain]] = {}
    for chain in chains:
        groups.setdefault(chain.kind, []).append(chain)
    likeliest = sorted(
        groups.values(),
        key=lambda same: (-max(map(_known, same)), -len(same[0].layers), same[0].begin),
    )
    certain = [same for same in likeliest if _known(same[0]) == len(same[0].layers) - 1]
    for passes, limit in ((certain, NEAR), (certain, float("inf")), (likeliest, NEAR)):
        for same in passes:
            yield from _first_pairs(same, limit)


def has_learned(before: Chain, after: Chain) -> bool:
    """Return whether the weights of a pass are those of another one after a few updates."""
    pairs = zip(before.layers, after.layers, strict=True)
    return all(is_near(one.W, two.W) for one, two in pairs)


def _known(chain: Chain) -> int:
    """Return the number of hidden layers whose activation is known; none is not one."""
    named = [layer.activation.name for layer in chain.layers[:-1] if layer.activation]
    return sum(name != "identity" for name in named)


def _first_pairs(same: Sequence[Chain], limit: float) -> Iterator[tuple[Chain, Chain]]:
    start = 0
    for place in range(1, len(same)):
        before, after = same[place - 1], same[place]
        if after.has_weights_of(before):
            continue
        if _is_update(before, after, limit):
            yield from ((one, after) for one in same[start:place])
            return
        start = place


def _is_update(before: Chain, after: Chain, limit: float) -> bool:
    """Return whether weights have changed a little, and the examples not, or altogether."""
    pairs = list(zip(before.layers, after.layers, strict=True))
    first, second = before.layers[0].fed, after.layers[0].fed
    is_data = np.array_equal(first, second) or not is_near(first, second)
    return is_data and all(is_near(one.W, two.W, limit) for one, two in pairs)
