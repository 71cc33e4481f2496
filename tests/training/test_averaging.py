"""Averaged weights: the formula, what is validated and saved, and where training continues."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import (
    ArgumentError,
    Callback,
    DenseLayer,
    InputLayer,
    ModelCheckpoint,
    MultiLayerPerceptron,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 5)).astype(np.float32)
Y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)


class Watch(Callback):
    """Keeps the weights after every step and every epoch."""

    def __init__(self) -> None:
        self.steps: list[np.ndarray] = []
        self.epochs: list[np.ndarray] = []

    def on_batch_end(self, run) -> None:
        self.steps.append(run.net.parameters.vector.copy())

    def on_epoch_end(self, run) -> None:
        self.epochs.append(run.net.parameters.vector.copy())


def fit(callbacks=(), **options):
    net = MultiLayerPerceptron([InputLayer(5), DenseLayer(3, "softmax")], seed=1)
    start = net.parameters.vector.copy()
    settings = {"epochs": 3, "batch_size": 30, "learning_rate": 0.1, "verbose": 0}
    history = net.fit(X, Y, callbacks=callbacks, **settings | options)
    return net, start, history


def test_the_network_ends_with_the_average_of_its_steps(kernel_set):
    watch = Watch()
    net, average, _ = fit([watch], ema=0.6)

    for t, weights in enumerate(watch.steps, start=1):
        d = min(0.6, t / (t + 9))
        average = d * average + (1 - d) * weights

    np.testing.assert_allclose(net.parameters.vector, average, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(watch.epochs[-1], net.parameters.vector)


def test_training_itself_is_the_same_as_without_an_average():
    averaged, plain = Watch(), Watch()
    fit([averaged], ema=0.9)
    fit([plain])

    np.testing.assert_array_equal(averaged.steps, plain.steps)
    assert not np.array_equal(averaged.epochs, plain.epochs)


def test_the_average_is_what_is_validated_and_saved(tmp_path):
    data = X[:20], Y[:20]
    net, _, history = fit([ModelCheckpoint(tmp_path)], ema=0.9, validation_data=data)
    last = MultiLayerPerceptron.load(tmp_path / "last.safetensors")

    assert history["val_loss"][-1] == pytest.approx(net.evaluate(*data)["loss"])
    np.testing.assert_array_equal(last.parameters.vector, net.parameters.vector)


def test_a_decay_of_0_keeps_no_average():
    net, _, _ = fit(ema=0.0)
    plain, _, _ = fit()

    np.testing.assert_array_equal(net.parameters.vector, plain.parameters.vector)


@pytest.mark.parametrize("decay", [1.0, -0.1, "much"])
def test_an_impossible_decay_is_refused(decay):
    with pytest.raises(ArgumentError, match="ema"):
        fit(ema=decay)
