"""Whole networks: backward gives the gradient of the mean loss for any layers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from byhand import (
    ACTIVATIONS,
    AbsoluteError,
    BatchNormLayer,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    DenseLayer,
    DropoutLayer,
    Huber,
    InputLayer,
    MultiLayerPerceptron,
    PoissonDeviance,
    SquaredError,
)

HIDDEN = [name for name in ACTIVATIONS if name != "softmax"]

OUTPUTS = [
    ("softmax", CategoricalCrossEntropy()),
    ("softmax", CategoricalCrossEntropy(label_smoothing=0.1)),
    ("sigmoid", BinaryCrossEntropy()),
    ("sigmoid", BinaryCrossEntropy(label_smoothing=0.1)),
    *((output, SquaredError()) for output in ACTIVATIONS),
    ("identity", AbsoluteError()),
    ("softmax", AbsoluteError()),
    ("tanh", Huber(0.5)),
    ("exp", PoissonDeviance()),
]

over_the_outputs = pytest.mark.parametrize(
    ("output", "loss"), OUTPUTS, ids=lambda entry: getattr(entry, "name", entry)
)


def network(hidden, output="softmax", loss=None, inputs=4, seed=0):
    layers = [InputLayer(inputs, "none"), *hidden]
    if not isinstance(hidden[-1], DenseLayer) or hidden[-1].units != 3:
        layers.append(DenseLayer(3, output))
    return MultiLayerPerceptron(
        layers, loss=loss, weight_init="glorot", bias_init="normal", seed=seed, dtype="float64"
    )


def batch(n=6, inputs=4, classes=3, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, inputs)), rng.integers(0, classes, n)


@over_the_outputs
def test_every_loss_and_output_activation(output, loss, kernel_set, gradients_of):
    gradients = gradients_of(network([DenseLayer(5, "tanh")], output, loss), *batch())

    assert gradients.distance_to_a_kink > 1e-4
    assert gradients.difference < 1e-7


@pytest.mark.parametrize("name", HIDDEN)
def test_every_hidden_activation(name, kernel_set, gradients_of):
    gradients = gradients_of(network([DenseLayer(5, name), DenseLayer(4, name)]), *batch())

    assert gradients.distance_to_a_kink > 1e-4
    assert gradients.difference < 1e-7


@over_the_outputs
def test_sample_weights_multiply_each_examples_loss(output, loss, kernel_set, gradients_of):
    weights = np.array([0, 0.5, 1, 2, 3, 0.1])

    gradients = gradients_of(network([DenseLayer(5, "tanh")], output, loss), *batch())
    gradients.weights = weights

    assert gradients.difference < 1e-7


@pytest.mark.parametrize("training", [True, False], ids=["training", "inference"])
@pytest.mark.parametrize(
    "hidden",
    [
        [DenseLayer(5), BatchNormLayer("relu"), DropoutLayer(0.3)],
        [DenseLayer(5, "gelu"), BatchNormLayer(), DenseLayer(4, "tanh"), BatchNormLayer("swish")],
        [DropoutLayer(0.2), DenseLayer(5, "tanh"), DropoutLayer(0.5)],
        [BatchNormLayer(), DenseLayer(5, "elu")],
        [DenseLayer(5, "tanh"), DropoutLayer(0.4), BatchNormLayer("sigmoid")],
    ],
    ids=["norm, relu, dropout", "two norms", "dropout first", "norm first", "dropout, norm"],
)
def test_batch_norm_and_dropout_in_training_and_in_inference(
    hidden, training, kernel_set, gradients_of
):
    net = network(hidden)
    x, y = batch()
    warm_up = net.forward(x + 1, training=True)
    net.update_statistics(warm_up)

    gradients = gradients_of(net, x, y, training=training)

    assert gradients.distance_to_a_kink > 1e-4
    assert gradients.difference < 1e-7


@pytest.mark.parametrize("kind", ["pixels", "standardise", "none"])
def test_every_normalisation_of_the_input(kind, gradients_of):
    layers = [InputLayer(4, kind), DenseLayer(5, "tanh"), DenseLayer(3, "softmax")]
    net = MultiLayerPerceptron(layers, dtype="float64", seed=0)
    x = np.random.default_rng(0).integers(0, 256, (6, 4))

    assert gradients_of(net, x, batch()[1]).difference < 1e-7


@st.composite
def architectures(draw):
    """Draw a few layers of any kind but softmax."""
    hidden = []
    for _ in range(draw(st.integers(0, 3))):
        hidden.append(DenseLayer(draw(st.integers(1, 6)), draw(st.sampled_from(HIDDEN))))
        extras = draw(st.permutations(["none", "dropout", "batch_norm"]))[: draw(st.integers(0, 2))]
        for extra in extras:
            if extra == "dropout":
                hidden.append(DropoutLayer(draw(st.sampled_from([0.0, 0.2, 0.5]))))
            if extra == "batch_norm":
                hidden.append(BatchNormLayer(draw(st.sampled_from(HIDDEN)), epsilon=0.1))
    return hidden


@given(
    architectures(),
    st.sampled_from(OUTPUTS),
    st.integers(1, 5),
    st.integers(2, 8),
    st.booleans(),
    st.integers(0, 2**31),
)
def test_any_architecture(gradients_of, hidden, last, inputs, n, training, seed):
    output, loss = last
    net = network([*hidden, DenseLayer(3, output)], loss=loss, inputs=inputs, seed=seed)
    gradients = gradients_of(net, *batch(n, inputs, seed=seed), training=training)
    assume(gradients.distance_to_a_kink > 1e-4)

    assert gradients.difference < 1e-6


@given(architectures(), st.integers(1, 4), st.integers(0, 2**31))
def test_the_gradient_of_a_batch_is_the_mean_of_its_examples_gradients(hidden, n, seed):
    hidden = [layer for layer in hidden if isinstance(layer, DenseLayer)]
    net = network([*hidden, DenseLayer(3, "softmax")], seed=seed)
    x, y = batch(n, seed=seed)

    together = net.backward(net.forward(x), y).vector.copy()
    alone = [net.backward(net.forward(x[i : i + 1]), y[i : i + 1]).vector.copy() for i in range(n)]

    np.testing.assert_allclose(together, np.mean(alone, axis=0), atol=1e-13)


def test_the_formulas_of_the_guide_give_the_same_gradients(kernel_set):
    net = network([DenseLayer(5, "tanh")])
    x, y = batch()
    W1, b1, W2, b2 = (net.parameters[name] for name in ("W1", "b1", "W2", "b2"))
    A1 = np.tanh(x @ W1 + b1)
    Z2 = A1 @ W2 + b2
    A2 = np.exp(Z2) / np.exp(Z2).sum(axis=1, keepdims=True)
    dZ2 = (A2 - np.eye(3)[y]) / len(x)
    dZ1 = dZ2 @ W2.T * (1 - A1**2)

    gradients = net.backward(net.forward(x), y)

    np.testing.assert_allclose(gradients["dW2"], A1.T @ dZ2, atol=1e-15)
    np.testing.assert_allclose(gradients["db2"], dZ2.sum(axis=0), atol=1e-15)
    np.testing.assert_allclose(gradients["dW1"], x.T @ dZ1, atol=1e-15)
    np.testing.assert_allclose(gradients["db1"], dZ1.sum(axis=0), atol=1e-15)


def test_a_second_backward_of_the_same_cache_gives_the_same(kernel_set):
    net = network([DenseLayer(5, "relu")])
    x, y = batch()
    cache = net.forward(x)

    first = net.backward(cache, y).vector.copy()

    np.testing.assert_array_equal(net.backward(cache, y).vector, first)


def test_single_precision_agrees_with_double(kernel_set):
    double = network([DenseLayer(5, "gelu"), BatchNormLayer("relu")])
    single = double.copy(np.float32)
    x, y = batch(20)

    exact = double.backward(double.forward(x, training=True), y).vector
    rounded = single.backward(single.forward(x, training=True), y).vector

    np.testing.assert_allclose(rounded, exact, atol=1e-6)
