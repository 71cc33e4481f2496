"""Measures the state of a network: each layer in one forward and one backward pass."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.evaluation.doctor.observations import LayerFacts, State
from byhand.network import BatchNormLayer, Cache, DenseLayer, Network
from byhand.network.activations import Activation
from byhand.network.layers.batch_norm import BatchNormBuffers
from byhand.network.layers.dense import DenseBuffers
from byhand.network.r_squared import r2, sum_of_squares
from byhand.network.targets import Targets

PASSING = 0.01
"""A unit passes on the gradient of an example if fn' is above this fraction of its peak."""

EQUAL = 1e-4
"""Units are equal if their weights differ by less than this fraction of the mean length."""


@dataclass(frozen=True)
class Sample:
    """Some examples, scaled by the input layer.

    Args:
        a0: inputs of the first layer (n, units).
        targets: target of each example.
    """

    a0: FloatArray
    targets: Targets

    def __len__(self) -> int:
        return len(self.a0)

    def take(self, rows: IntArray) -> Sample:
        """Return the sample of the given rows."""
        labels = self.targets.labels
        kept = Targets(self.targets.values[rows], None if labels is None else labels[rows])
        return Sample(self.a0[rows], kept)


def one_pass(net: Network, cache: Cache, sample: Sample, gradient: bool) -> Cache:
    """Run a sample forward, compute the loss and, with `gradient`, run backward.

    Dropout is off. Batch normalisation uses the statistics of the sample, as in training.
    """
    cache.input.a[...] = sample.a0
    net.propagate(cache, True, None)
    net.compute_loss(cache, sample.targets.values, gradient)
    if gradient:
        net.backpropagate(cache, 1 / len(sample))
    return cache


def score(net: Network, sample: Sample) -> tuple[float, float]:
    """Return mean loss and accuracy on a sample, as `scores` does."""
    cache = one_pass(net, net.new_cache(len(sample), sample.a0), sample, False)
    return scores(cache, sample.targets)


def recalls(net: Network, sample: Sample, classes: int) -> tuple[tuple[int, int], ...]:
    """Return for each class how many of its examples are predicted right, and how many there are.

    It is empty if an example may have several labels, or values instead.
    """
    labels = sample.targets.labels
    if labels is None or labels.ndim > 1 or not len(labels):
        return ()
    cache = net.new_cache(len(sample), sample.a0)
    cache.input.a[...] = sample.a0
    net.propagate(cache, False, None)
    net.compute_loss(cache, sample.targets.values, False)
    right = labels[cache.loss.predictions == labels]
    hits, counts = (np.bincount(known, minlength=classes) for known in (right, labels))
    return tuple((int(hit), int(count)) for hit, count in zip(hits, counts, strict=True))


def scores(cache: Cache, targets: Targets) -> tuple[float, float]:
    """Return mean loss and accuracy of a finished pass.

    In regression the accuracy is r2, the fraction of the variance explained, but at least 0.
    If the loss is not finite, they are infinity and 0.
    """
    loss = float(cache.loss.losses.mean(dtype=np.float64))
    if not math.isfinite(loss):
        return math.inf, 0.0
    if targets.labels is None:
        return loss, explained(cache.output, targets.values)
    if targets.labels.ndim == 2:  # multi-label: an example is correct if all its labels are
        return loss, float(((cache.output > 0.5) == targets.labels).all(axis=1).mean())
    return loss, float((cache.loss.predictions == targets.labels).mean())


def explained(outputs: FloatArray, values: Array) -> float:
    """Return r2, but at least 0; 0 if the targets are constant or an output is not finite."""
    values = values.astype(np.float64)
    found = r2(sum_of_squares(values - outputs), values)
    return max(found, 0.0) if math.isfinite(found) else 0.0


def state(net: Network, sample: Sample) -> State:
    """Return the state of the network on a sample; this overwrites the network's gradients."""
    with np.errstate(all="ignore"):
        cache = one_pass(net, net.new_cache(len(sample), sample.a0), sample, True)
        loss, accuracy = scores(cache, sample.targets)
        return State(
            rows=len(sample),
            loss=loss,
            accuracy=accuracy,
            logits=logit_size(net, cache),
            layers=tuple(layer_facts(net, cache)),
            pull=_pull(net),
            normalises=any(isinstance(layer, BatchNormLayer) for layer in net.layers[1:]),
            gradient_norm=_length(net.gradients.vector),
            gradient_rms=_length(net.gradients.vector) / math.sqrt(net.gradients.vector.size),
        )


def logit_size(net: Network, cache: Cache) -> float:
    """Return the root mean square of the last layer's Z after subtracting the mean of each row."""
    z = cache[f"Z{net.stack[-1].number}"].astype(np.float64)
    if z.shape[1] > 1:
        z -= z.mean(axis=1, keepdims=True)
    return math.sqrt(float(np.square(z).mean()))


def layer_facts(net: Network, cache: Cache) -> list[LayerFacts]:
    """Return facts about the dense layers, from a cache after forward and backward."""
    last = net.stack[-1].number
    facts = []
    for index, placed in enumerate(net.stack):
        layer, number = placed.layer, placed.number
        if not isinstance(layer, DenseLayer):
            continue
        activation, z, dz = _function(net, cache, index)
        passing = _passing(activation, z)
        W, b = net.parameters[f"W{number}"], net.parameters[f"b{number}"]
        facts.append(
            LayerFacts(
                number=number,
                units=layer.units,
                activation=activation.name,
                hidden=number < last,
                active=float(passing.mean()),
                silent=_silent(activation, passing),
                equal_units=_equal_units(W, b),
                weight_norm=_length(W),
                gradient_norm=_length(net.gradients[f"dW{number}"]),
                signal=_length(dz) * math.sqrt(len(z)),
            )
        )
    return facts


def _function(net: Network, cache: Cache, index: int) -> tuple[Activation, FloatArray, FloatArray]:
    """Return activation, Z and dZ of a dense layer, or of the batch normalisation after it."""
    layer, buffers = net.stack[index].layer, cache.layers[index]
    behind = cache.layers[index + 1] if index + 1 < len(net.stack) else None
    assert isinstance(layer, DenseLayer)  # noqa: S101 - checked by the caller
    if isinstance(behind, BatchNormBuffers) and layer.activation.name == "identity":
        normalisation = net.stack[index + 1].layer
        assert isinstance(normalisation, BatchNormLayer)  # noqa: S101 - these are its buffers
        return normalisation.activation, behind.z, behind.dz
    assert isinstance(buffers, DenseBuffers)  # noqa: S101
    return layer.activation, buffers.z, buffers.dz


def _silent(activation: Activation, passing: Array) -> tuple[int, ...]:
    if activation.slope:  # leaky and linear units always pass on a gradient
        return ()
    return tuple(int(unit) for unit in np.flatnonzero(~passing.any(axis=0)))


def _passing(activation: Activation, z: FloatArray) -> Array:
    """Return whether fn'(z) is above `PASSING` times its peak, (n, units)."""
    if activation.name == "softmax":
        return np.ones(z.shape, bool)
    slope = activation.backward(np.ones_like(z), z, activation(z))
    peak = 0.25 if activation.name == "sigmoid" else 1.0
    return np.asarray(np.abs(slope) > PASSING * peak)


def _equal_units(W: FloatArray, b: FloatArray) -> int:
    """Count the units whose weights and bias equal those of another unit."""
    columns = np.vstack([W, b]).astype(np.float64)  # (n_in + 1, units)
    if columns.shape[1] < 2 or not np.isfinite(columns).all():
        return 0
    # Equal units have equal projections, so sorting by a projection makes them neighbours.
    order = np.argsort(np.sin(np.arange(1, len(columns) + 1)) @ columns)
    gaps = np.linalg.norm(np.diff(columns[:, order], axis=1), axis=0)
    same = gaps <= EQUAL * np.linalg.norm(columns, axis=0).mean()
    return int((np.append(same, False) | np.append(False, same)).sum())


def _pull(net: Network) -> float:
    """Return -<dW, W> / (|dW| |W|) over all weights."""
    W, dW = net.parameters.weights, net.gradients.weights
    lengths = _length(W) * _length(dW)
    return -float(np.dot(W, dW)) / lengths if 0 < lengths < math.inf else 0.0


def _length(array: FloatArray) -> float:
    """Return the Euclidean norm, in double precision."""
    return math.sqrt(float(np.square(array, dtype=np.float64).sum()))
