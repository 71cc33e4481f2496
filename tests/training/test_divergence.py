"""NaN and infinity stop training, and the message tells where and why they appeared."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import (
    DenseLayer,
    DivergedError,
    EarlyStopping,
    InputLayer,
    ModelCheckpoint,
    MultiLayerPerceptron,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(64, 5))
Y = RNG.integers(0, 3, 64)
VALUES = RNG.normal(size=(64, 3))


def network(fn="relu", output="identity", dtype="float32", depth=2):
    layers = [InputLayer(5, "none"), *[DenseLayer(8, fn)] * depth, DenseLayer(3, output)]
    return MultiLayerPerceptron(layers, seed=0, dtype=dtype)


def fit(net, y=VALUES, **options):
    settings = {"epochs": 50, "batch_size": 16, "optimizer": "sgd", "verbose": 0}
    return net.fit(X, y, **settings | options)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rate", [1e3, 1e10, 1e30])
def test_a_rate_that_is_much_too_high_is_named_with_layer_and_step(rate, dtype, kernel_set):
    with pytest.raises(DivergedError) as stopped:
        fit(network(dtype=dtype), learning_rate=rate)

    message = str(stopped.value)
    assert "training diverged (NaN or infinity) in epoch" in message
    assert ", step " in message
    assert f"the learning rate ({rate:.3g}) is too high" in message
    assert "Lower it, or clip the gradient with clip_norm=1.0." in message
    assert any(name in message for name in ("W1", "W2", "W3", "Z1", "Z2", "Z3", "A3", "the loss"))


def test_softmax_diverges_with_a_message_too(kernel_set):
    with pytest.raises(DivergedError, match="the learning rate"):
        fit(network(output="softmax"), Y, learning_rate=1e38)


@pytest.mark.parametrize("batch_size", ["all", 16])
def test_the_last_step_is_watched_as_well(batch_size, kernel_set):
    with pytest.raises(DivergedError, match="learning rate"):
        fit(network(), epochs=1, batch_size=batch_size, learning_rate=1e39)


def test_parameters_that_blow_up_are_named_with_their_layer(kernel_set):
    with pytest.raises(DivergedError, match=r"[Wb](\d) of layer \1 became NaN or infinite"):
        fit(network(), epochs=3, batch_size="all", learning_rate=1e39)


def test_an_activation_that_overflows_is_named(kernel_set):
    net = network(fn="identity", depth=1)
    net.parameters["W1"][:] = 1e30
    net.parameters["W2"][:] = 1e30

    with pytest.raises(DivergedError, match="Z2 overflowed while all parameters were finite"):
        fit(net)


def test_a_loss_that_overflows_is_named(kernel_set):
    with pytest.raises(DivergedError, match=r"the loss overflowed.*targets are very large"):
        fit(network(), VALUES * 1e25)


def test_augmentation_that_breaks_the_data_is_named():
    with pytest.raises(DivergedError, match=r"the input A0 contains NaN.*augmentation"):
        fit(network(), augment=lambda batch, rng: batch * np.nan)


def test_it_is_an_arithmetic_error_too():
    with pytest.raises(ArithmeticError):
        fit(network(), learning_rate=1e30)


def test_early_stopping_puts_the_best_weights_back_before_the_error_leaves(kernel_set):
    net = network(output="softmax")
    stopping = EarlyStopping(patience=50)

    with pytest.raises(DivergedError):
        fit(
            net, Y, callbacks=[stopping], schedule=lambda t, epochs: 1 if t < 3 else 1e38,
            learning_rate=0.1, monitor="loss",
        )  # fmt: skip

    assert np.isfinite(net.parameters.vector).all()
    assert stopping.best.epoch == 3


def test_what_was_saved_before_is_not_lost(tmp_path):
    net = network(output="softmax")

    with pytest.raises(DivergedError):
        fit(
            net, Y, callbacks=[ModelCheckpoint(tmp_path)], learning_rate=0.1,
            schedule=lambda t, epochs: 1 if t < 3 else 1e38,
        )  # fmt: skip

    saved = MultiLayerPerceptron.load(tmp_path / "best.safetensors")
    assert np.isfinite(saved.parameters.vector).all()


def test_no_warning_of_numpy_gets_out(recwarn):
    with pytest.raises(DivergedError):
        fit(network(fn="swish", dtype="float64"), learning_rate=1e200)

    assert list(recwarn) == []


def test_large_but_finite_numbers_go_through(kernel_set):
    history = fit(network("tanh", "softmax"), Y, learning_rate=50.0, epochs=5)

    assert np.isfinite(history["loss"]).all()
