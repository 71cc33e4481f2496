"""Numbers at the edges of float32: the right answer or a clear error, and the same everywhere.

Every activation, loss, optimizer and kind of layer trains on inputs that are huge, tiny, subnormal,
all equal, constant or saturated, at rates that are far too high, in batches of one and on a single
class, with every backend. Either all numbers stay finite, or every backend raises the same error.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from byhand import (
    BatchNormLayer,
    DataError,
    DenseLayer,
    DivergedError,
    DropoutLayer,
    InputLayer,
    MultiLayerPerceptron,
    backend,
)
from byhand.network import ACTIVATIONS, LOSSES
from byhand.network.losses import CategoricalCrossEntropy, LossBuffers
from byhand.training.optimizers import OPTIMIZERS

N = 24
RNG = np.random.default_rng(0)
USUAL = RNG.normal(size=(N, 5))
LABELS = np.arange(N) % 3

INPUTS = {
    "usual": USUAL,
    "huge": USUAL * 1e30,
    "very huge": USUAL * 1e37,
    "tiny": USUAL * 1e-30,
    "subnormal": USUAL * 1e-40,
    "zero": USUAL * 0,
    "all equal": np.full((N, 5), 3.0),
    "saturated": np.sign(USUAL) * 1e6,
    "one column constant": np.where(np.arange(5) == 2, 7.0, USUAL),
}

OUTPUTS = {
    "categorical_cross_entropy": "softmax",
    "focal": "softmax",
    "binary_cross_entropy": "sigmoid",
    "poisson_deviance": "exp",
}


def network(fn="relu", *between, output="softmax", loss=None, normalisation="none"):
    layers = [InputLayer(5, normalisation), DenseLayer(6, fn), *between, DenseLayer(3, output)]
    return MultiLayerPerceptron(layers, loss=loss, seed=1)


def outcome(kind, build, x, y, **options):
    """The outcome of a training with a backend: the kind of error, or whether all is finite."""
    backend.use(kind)
    settings = {"epochs": 3, "batch_size": 8, "learning_rate": 0.1, "verbose": 0, **options}
    net = build()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            history = net.fit(x, y, **settings)
        except DivergedError as error:
            return "diverged" if "Likely cause" in str(error) else str(error)
    with np.errstate(all="ignore"):
        numbers = [*net.parameters.values(), *net.statistics.values(), net.forward(x).output]
        numbers += [np.array(history["loss"]), np.array(list(net.evaluate(x, y).values()))]
    return "finite" if all(np.isfinite(one).all() for one in numbers) else "silent NaN"


@pytest.fixture(autouse=True)
def _restored():
    before = backend.active()
    yield
    backend.use(before)


def assert_sound(build, x, y=LABELS, **options):
    """Check that every backend ends in the same way, and none with a silent NaN."""
    ends = {kind: outcome(kind, build, x, y, **options) for kind in backend.BACKENDS}
    assert set(ends.values()) in ({"finite"}, {"diverged"}), ends


@pytest.mark.parametrize("inputs", INPUTS)
@pytest.mark.parametrize("normalisation", ["none", "standardise"])
@pytest.mark.parametrize("fn", sorted(set(ACTIVATIONS) - {"softmax"}))
def test_every_activation(fn, inputs, normalisation):
    assert_sound(lambda: network(fn, normalisation=normalisation), INPUTS[inputs])


@pytest.mark.parametrize("inputs", INPUTS)
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_every_loss(loss, inputs):
    output = OUTPUTS.get(loss, "identity")
    y = LABELS if output == "softmax" else np.eye(3)[LABELS]

    assert_sound(lambda: network(output=output, loss=loss), INPUTS[inputs], y)


@pytest.mark.parametrize("rate", [1e-3, 1e3, 1e30])
@pytest.mark.parametrize("inputs", INPUTS)
@pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS))
def test_every_optimizer(optimizer, inputs, rate):
    assert_sound(lambda: network("tanh"), INPUTS[inputs], optimizer=optimizer, learning_rate=rate)


@pytest.mark.parametrize("inputs", INPUTS)
@pytest.mark.parametrize(
    "layer",
    [BatchNormLayer("relu"), BatchNormLayer("tanh"), DropoutLayer(0.5), DropoutLayer(0.0)],
    ids=str,
)
def test_every_layer(layer, inputs):
    assert_sound(lambda: network("identity", layer), INPUTS[inputs])


@pytest.mark.parametrize("inputs", INPUTS)
@pytest.mark.parametrize(
    "options",
    [
        {"clip_norm": 1.0},
        {"clip_value": 1.0},
        {"l1": 1e-3, "l2": 1e-3},
        {"batch_size": 1},
        {"class_weight": "balanced"},
        {"drop_last": True},
    ],
    ids=str,
)
def test_every_option(options, inputs):
    assert_sound(network, INPUTS[inputs], **options)


def test_one_class_alone_is_refused():
    with pytest.raises(DataError, match="class"):
        network().fit(USUAL, np.zeros(N, int), epochs=1, verbose=0)


@pytest.mark.parametrize("kind", backend.BACKENDS)
@pytest.mark.parametrize("layer", [BatchNormLayer("relu")], ids=str)
def test_a_running_variance_that_overflows_is_named(layer, kind):
    backend.use(kind)

    with pytest.raises(DivergedError, match=r"running variance2? ?\w* overflowed.*A0 reaches"):
        network("identity", layer).fit(INPUTS["huge"], LABELS, epochs=1, verbose=0)


# --- logits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", backend.BACKENDS)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("classes", [2, 10, 1000])
@pytest.mark.parametrize("scale", [0.0, 1e-45, 1.0, 1e4, 1e10, 1e30, 1e37])
def test_cross_entropy_of_equal_logits_is_log_k(kind, smoothing, classes, scale):
    """If all logits are equal, the loss is log K, however large they are."""
    backend.use(kind)
    z = np.full((4, classes), scale, np.float32)

    losses, grad = written(CategoricalCrossEntropy(smoothing), z)

    np.testing.assert_allclose(losses, np.log(classes), rtol=1e-5)
    np.testing.assert_allclose(grad.sum(axis=1), 0, atol=1e-4)


@pytest.mark.parametrize("kind", backend.BACKENDS)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("classes", [2, 10, 1000])
@pytest.mark.parametrize("scale", [1e-40, 1e-3, 1.0, 1e4, 1e19, 1e30, 1e37])
def test_cross_entropy_of_logits_of_any_size(kind, smoothing, classes, scale):
    backend.use(kind)
    z = (np.random.default_rng(2).uniform(-1, 1, (4, classes)) * scale).astype(np.float32)
    t = np.full((4, classes), smoothing / classes)
    t[np.arange(4), np.arange(4) % 2] += 1 - smoothing
    d = z.astype(np.float64).max(axis=1, keepdims=True) - z

    losses, _ = written(CategoricalCrossEntropy(smoothing), z)

    np.testing.assert_allclose(losses, np.log(np.exp(-d).sum(axis=1)) + (t * d).sum(axis=1), 2e-5)


def written(loss, z):
    """Losses and gradient of a loss whose labels are 0, 1, 0, 1."""
    a = ACTIVATIONS[loss.fused_with](z)
    buffers = LossBuffers(np.zeros(4, z.dtype), np.zeros(4, np.intp), np.zeros_like(z))
    loss.write(z, a, np.arange(4) % 2, buffers, True)
    return buffers.losses, buffers.grad


# --- no examples ----------------------------------------------------------------------------------


def test_an_empty_validation_set_is_refused():
    empty = USUAL[:0], LABELS[:0]

    with pytest.raises(DataError, match="validation_data has no examples"):
        network().fit(USUAL, LABELS, epochs=1, verbose=0, validation_data=empty)
