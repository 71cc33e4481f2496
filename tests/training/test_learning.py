"""Networks learn real digits."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from byhand import (
    BatchNormLayer,
    DenseLayer,
    DropoutLayer,
    InputLayer,
    MultiLayerPerceptron,
    kernels,
    load_dataset,
)
from byhand.training.optimizers import OPTIMIZERS

HIDDEN = {
    "relu": [DenseLayer(32, "relu")],
    "tanh, twice": [DenseLayer(32, "tanh"), DenseLayer(32, "tanh")],
    "batch norm": [DenseLayer(32), BatchNormLayer("relu")],
    "dropout": [DenseLayer(64, "gelu"), DropoutLayer(0.2)],
}

RATE = {
    "sgd": 0.3,
    "momentum": 0.05,
    "nesterov": 0.05,
    "adagrad": 0.05,
    "rmsprop": 3e-3,
    "adam": 3e-3,
    "adamw": 3e-3,
    "lion": 1e-3,
}


def network(hidden, output="softmax", loss=None):
    layers = [InputLayer(64), *hidden, DenseLayer(10, output)]
    return MultiLayerPerceptron(layers, loss=loss, seed=0)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_32_digits_are_learnt_by_heart_by_every_optimizer(name, digits, kernel_set):
    images, labels = digits[0][:32], digits[1][:32]
    net = network(HIDDEN["relu"])

    net.fit(
        images, labels, epochs=300, batch_size="all", optimizer=name, learning_rate=RATE[name],
        verbose=0,
    )  # fmt: skip

    scores = net.evaluate(images, labels)
    assert scores["wrong"] == 0
    assert scores["loss"] < 0.05


@pytest.mark.parametrize("hidden", HIDDEN)
def test_32_digits_are_learnt_by_heart_by_every_kind_of_layer(hidden, digits, kernel_set):
    images, labels = digits[0][:32], digits[1][:32]
    net = network(HIDDEN[hidden])

    net.fit(images, labels, epochs=200, batch_size=8, learning_rate=3e-3, verbose=0)

    assert net.evaluate(images, labels)["wrong"] == 0


@pytest.mark.parametrize(
    ("output", "loss"),
    [
        ("softmax", "categorical_cross_entropy"),
        ("sigmoid", "binary_cross_entropy"),
        ("identity", "squared_error"),
        ("tanh", "huber"),
        ("softmax", "squared_error"),
        ("sigmoid", "squared_error"),
    ],
)
def test_32_digits_are_learnt_by_heart_with_every_loss(output, loss, digits):
    images, labels = digits[0][:32], digits[1][:32]
    net = network(HIDDEN["relu"], output, loss)

    net.fit(images, labels, epochs=400, batch_size=8, learning_rate=3e-3, verbose=0)

    assert net.evaluate(images, labels)["wrong"] == 0


def test_digits_that_were_never_seen_are_recognised():
    digits = load_dataset("digits")
    net = network([DenseLayer(64, "relu")])

    net.fit(digits.train.images, digits.train.labels, epochs=30, batch_size=32, verbose=0)

    assert net.evaluate(digits.test.images, digits.test.labels)["accuracy"] > 0.88


def test_a_curve_is_fitted():
    x = np.linspace(-3, 3, 200)[:, None]
    net = MultiLayerPerceptron(
        [InputLayer(1), DenseLayer(32, "tanh"), DenseLayer(16, "tanh"), DenseLayer(1)],
        weight_init="glorot", seed=0,
    )  # fmt: skip

    net.fit(
        x, np.sin(2 * x), epochs=400, batch_size=20, learning_rate=0.01, schedule="cosine",
        verbose=0,
    )  # fmt: skip

    assert net.evaluate(x, np.sin(2 * x))["r2"] > 0.999


def test_both_kernels_train_to_the_same_network(digits):
    pytest.importorskip("numba", reason="Numba is not installed")
    images, labels = digits
    before, nets = kernels.active(), []
    for name in kernels.BACKENDS:
        kernels.use(name)
        nets.append(network(HIDDEN["dropout"]))
        nets[-1].fit(images, labels, epochs=2, l2=1e-4, clip_norm=1.0, verbose=0)
    kernels.use(before)

    np.testing.assert_allclose(
        nets[0].parameters.vector, nets[1].parameters.vector, rtol=0, atol=2e-4
    )
    assert nets[0].evaluate(images, labels)["loss"] == pytest.approx(
        nets[1].evaluate(images, labels)["loss"], abs=1e-4
    )


@pytest.mark.slow
@pytest.mark.skipif(
    "BYHAND_DATA" not in os.environ or not Path(os.environ["BYHAND_DATA"], "mnist").is_dir(),
    reason="needs MNIST: set BYHAND_DATA to the folder that holds mnist/",
)
def test_the_example_of_the_guide_learns_mnist():
    digits = load_dataset("mnist")
    net = MultiLayerPerceptron(
        [
            InputLayer(units=784),
            DenseLayer(units=300, fn="relu"),
            DenseLayer(units=10, fn="softmax"),
        ],
        weight_init="he_initialization",
        bias_init="small_constant",
        seed=0,
    )

    history = net.fit(
        digits.train.images, digits.train.labels, epochs=2, batch_size=64, optimizer="adam",
        verbose=0,
    )  # fmt: skip

    scores = net.evaluate(digits.test.images, digits.test.labels)
    assert scores["accuracy"] > 0.96
    assert history["loss"][1] < history["loss"][0] / 2
    assert net.predict(digits.test.images).shape == digits.test.labels.shape
