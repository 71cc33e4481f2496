"""The gradient check: correct networks pass, and a wrong gradient is located."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from byhand import (
    ACTIVATIONS,
    Activation,
    BatchNormLayer,
    DenseLayer,
    DropoutLayer,
    InputLayer,
    MultiLayerPerceptron,
    gradient_check,
)
from byhand.network import layers, losses

RNG = np.random.default_rng(0)
X = RNG.normal(size=(8, 5))
Y = RNG.integers(0, 3, 8)


def network(hidden, output="softmax", loss=None, **options):
    given = [InputLayer(5, "none"), *hidden, DenseLayer(3, output)]
    return MultiLayerPerceptron(
        given, loss=loss, seed=0, **{"weight_init": "glorot", "bias_init": "normal"} | options
    )


def wrong(name, factor=1.1):
    """An activation whose derivative is off by a factor."""
    right = ACTIVATIONS[name]

    return Activation(f"wrong_{name}", right.function, lambda z, a: factor * right.derivative(z, a))


# --- correct networks pass -----------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if not ACTIVATIONS[name].kink])
def test_smooth_networks_pass_below_one_in_ten_million(name):
    hidden = [DenseLayer(6, name if name != "softmax" else "tanh")]

    report = gradient_check(network(hidden, name), X, Y)

    assert report.passed, str(report)
    assert report.worst.relative_error < 1e-7
    assert sum(check.kinks for check in report.checks) == 0


@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_and_dropout_pass(training):
    hidden = [
        DropoutLayer(0.2),
        DenseLayer(6),
        BatchNormLayer("tanh"),
        DropoutLayer(0.5),
        DenseLayer(4, "gelu"),
    ]

    assert gradient_check(network(hidden), X, Y, training=training).passed


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber"])
def test_losses_of_values_pass(loss):
    report = gradient_check(network([DenseLayer(6, "tanh")], "identity", loss), X, X[:, :3])

    assert report.passed, str(report)


@pytest.mark.parametrize("fn", ["relu", "leaky_relu"])
def test_kinks_are_recognised_and_left_out(fn):
    net = network([DenseLayer(6, fn)], bias_init="zeros", dtype="float64")
    x = X.copy()
    x[0] = 0  # with biases of 0 every unit is exactly at the kink

    report = gradient_check(net, x, Y, samples=None)

    assert report.passed, str(report)
    by_name = {check.name: check for check in report.checks}
    assert (by_name["db1"].kinks, by_name["db1"].checked) == (6, 0)
    assert by_name["dW2"].kinks == 0
    assert by_name["dW2"].checked == 18


def test_a_float32_network_is_checked_in_float64_and_left_as_it_is():
    net = network([DenseLayer(6, "tanh")])
    before = net.parameters.vector.copy()

    report = gradient_check(net, X, Y)

    assert report.passed
    np.testing.assert_array_equal(net.parameters.vector, before)
    assert net.parameters.vector.dtype == np.float32


def test_raw_pixels_are_checked_as_they_come(digits):
    images, labels = digits
    net = MultiLayerPerceptron([InputLayer(64), DenseLayer(6, "tanh"), DenseLayer(10, "softmax")])

    assert gradient_check(net, images[:8], labels[:8], samples=20).passed


@pytest.mark.parametrize(("samples", "expected"), [(None, 30), (7, 7), (1000, 30)])
def test_samples_is_the_number_of_checked_entries(samples, expected):
    report = gradient_check(network([DenseLayer(6, "tanh")]), X, Y, samples=samples)

    assert report.checks[0].name == "dW1"
    assert report.checks[0].checked == expected


def test_every_parameter_has_a_row_in_the_report():
    report = gradient_check(network([DenseLayer(6), BatchNormLayer("tanh")]), X, Y)

    assert [check.name for check in report.checks] == [
        "dW1", "db1", "dgamma1", "dbeta1", "dW2", "db2",
    ]  # fmt: skip
    assert [check.layer for check in report.checks] == [1, 1, 1, 1, 2, 2]
    for name in ("dW1", "dgamma1", "db2", "all gradients agree"):
        assert name in str(report)


# --- wrong gradients are located ---------------------------------------------------------


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_wrong_derivative_is_located_in_its_layer(number):
    hidden = [DenseLayer(4, wrong("tanh") if layer == number else "tanh") for layer in (1, 2, 3)]

    report = gradient_check(network(hidden), X, Y)

    assert not report.passed
    assert f"layer {number}," in report.fault
    assert "wrong_tanh" in report.fault
    assert f"dZ{number} = dA{number} * fn'(Z)" in report.fault


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("normalise", [False, True])
def test_a_wrong_derivative_before_dropout_is_located_in_its_layer(number, normalise):
    hidden = []
    for layer in (1, 2):
        fn = wrong("tanh") if layer == number else "tanh"
        hidden += [DenseLayer(6, fn), *([BatchNormLayer()] if normalise else []), DropoutLayer(0.4)]

    report = gradient_check(network([DropoutLayer(0.2), *hidden]), X, Y)

    assert not report.passed
    expected = f"layer {number}, the derivative of wrong_tanh in dZ{number} = dA{number} * fn'(Z)"
    assert report.fault == expected


def test_a_wrong_derivative_of_the_output_is_located():
    report = gradient_check(network([DenseLayer(4, "tanh")], wrong("sigmoid")), X, X[:, :3])

    assert "layer 2" in report.fault
    assert "wrong_sigmoid" in report.fault


def test_a_wrong_derivative_within_batch_norm_is_located():
    report = gradient_check(network([DenseLayer(4), BatchNormLayer(wrong("tanh"))]), X, Y)

    assert not report.passed
    assert report.fault == (
        "layer 1 (batch_norm), the derivative of wrong_tanh in "
        "dZ1_batch_norm = dA1_batch_norm * fn'(Z)"
    )


class Broken(DenseLayer):
    """A dense layer with one term of backward spoilt."""

    def backward(self, placed, buffers, dx):
        super().backward(placed, buffers, dx)
        dW, db = placed.gradients
        spoil = {"W": dW, "b": db, "x": dx}[self.spoilt]
        spoil *= 1.01


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize(
    ("spoilt", "term"),
    [
        ("W", "layer {n}, the term dW{n} = A{before}^T dZ{n}"),
        ("b", "layer {n}, the term db{n} = sum over rows of dZ{n}"),
    ],
)
def test_a_wrong_term_is_located_by_its_formula(number, spoilt, term):
    hidden = [(Broken if layer == number else DenseLayer)(4, "tanh") for layer in (1, 2)]
    object.__setattr__(hidden[number - 1], "spoilt", spoilt)

    report = gradient_check(network(hidden), X, Y)

    assert report.fault == term.format(n=number, before=number - 1)
    assert report.worst.name == f"d{spoilt}{number}"


def test_a_wrong_gradient_of_the_input_is_located_in_its_layer():
    middle = Broken(4, "tanh")
    object.__setattr__(middle, "spoilt", "x")

    report = gradient_check(network([DenseLayer(4, "tanh"), middle]), X, Y)

    assert "layer 2 (dense), the gradient of its input A1 = dZ2 W2^T" in report.fault


class MinusOne(losses.SquaredError):
    """A loss whose gradient has the wrong sign."""

    def gradient(self, z, a, targets):
        return -super().gradient(z, a, targets)


def test_a_wrong_loss_is_located():
    report = gradient_check(network([DenseLayer(4, "tanh")], "identity", MinusOne()), X, X[:, :3])

    assert report.fault == "the gradient of the loss squared_error by A2"


def test_a_wrong_fused_loss_is_located():
    class Doubled(losses.CategoricalCrossEntropy):
        def gradient(self, z, a, targets):
            return 2 * super().gradient(z, a, targets)

    report = gradient_check(network([DenseLayer(4, "tanh")], loss=Doubled()), X, Y)

    assert "categorical_cross_entropy fused with softmax" in report.fault
    assert "dZ2" in report.fault


class Leaky(layers.DropoutLayer):
    """Dropout that forgets its mask on the way back."""

    def backward(self, placed, buffers, dx):
        np.copyto(dx, buffers.da)


def test_a_wrong_dropout_is_located():
    report = gradient_check(network([DenseLayer(4, "tanh"), Leaky(0.5)]), X, Y)

    assert report.fault == "layer 1 (dropout), the gradient of its input A1"


class Shifted(BatchNormLayer):
    """Batch normalisation that forgets that its mean depends on its input."""

    def backward(self, placed, buffers, dx):
        super().backward(placed, buffers, dx)
        gamma, _ = placed.parameters
        dx[:] = buffers.dz * gamma / buffers.deviation


def test_a_wrong_batch_norm_is_located():
    report = gradient_check(network([DenseLayer(4), Shifted("tanh")]), X, Y)

    assert "batch_norm" in report.fault


class Stretched(BatchNormLayer):
    """Batch normalisation whose gradient by gamma is too large."""

    def backward(self, placed, buffers, dx):
        super().backward(placed, buffers, dx)
        placed.gradients[0][:] *= 1.01


def test_a_wrong_gradient_of_a_batch_norm_parameter_is_located():
    report = gradient_check(network([DenseLayer(4), Stretched("tanh")]), X, Y)

    assert report.fault == "layer 1, the term dgamma1 of batch_norm"


def test_the_report_of_a_fault_names_the_entry_and_both_numbers():
    report = gradient_check(network([DenseLayer(4, wrong("tanh"))]), X, Y)
    text = str(report)

    index, analytic, numeric = report.worst.worst
    assert f"{report.worst.name}{list(index)} is {analytic:.8g}" in text
    assert f"finite differences give {numeric:.8g}" in text
    assert f"the fault: {report.fault}" in text
    assert "wrong" in text


def test_a_gradient_that_is_not_a_number_does_not_pass():
    report = gradient_check(network([DenseLayer(4, wrong("tanh", np.nan))]), X, Y)

    assert not report.passed
    assert "layer 1" in report.fault


def test_an_error_as_large_as_the_tolerance_does_not_pass():
    report = gradient_check(network([DenseLayer(4, "tanh")]), X, Y)
    worst = report.worst.relative_error

    assert not replace(report, tolerance=worst).passed
    assert replace(report, tolerance=np.nextafter(worst, 1)).passed
