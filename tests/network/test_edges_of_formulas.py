"""Formulas exactly where two cases meet: at zero, at a limit, at one row more than a block."""

from __future__ import annotations

import re

import numpy as np
import pytest

from byhand import (
    AbsoluteError,
    ArgumentError,
    BinaryCrossEntropy,
    DataError,
    DenseLayer,
    Huber,
    InputLayer,
    MultiLayerPerceptron,
    SquaredError,
    gradient_check,
)
from byhand.network.inference import BLOCK_ROWS
from byhand.network.layers import PlacedLayer
from byhand.network.layers.input_checks import check_pixels, check_same_scale, wrong_shape
from byhand.network.losses import Focal, PoissonDeviance, predicted_classes
from byhand.network.standardise import BLOCK_ROWS as READ_ROWS
from byhand.network.standardise import value_range

# --- activations and losses ---------------------------------------------------------------------

AT_ZERO = [
    ("relu", 0, 0), ("leaky_relu", 0, 0.01), ("elu", 0, 1), ("gelu", 0, 0.5),
    ("sigmoid", 0.5, 0.25), ("tanh", 0, 1), ("softplus", np.log(2), 0.5),
    ("swish", 0, 0.5), ("identity", 0, 1), ("exp", 1, 1),
]  # fmt: skip


@pytest.mark.parametrize("zero", [0.0, -0.0])
@pytest.mark.parametrize(("name", "value", "slope"), AT_ZERO)
def test_values_and_slopes_exactly_at_zero(name, value, slope, zero, kernel_set):
    layer = DenseLayer(2, name)
    weights, biases = np.zeros((1, 2)), np.full(2, zero)
    gradients = np.ones((1, 2)), np.ones(2)
    placed = PlacedLayer(layer, 1, 1, 2, (weights, biases), gradients, ())
    buffers = layer.new_buffers(np.full((3, 1), zero))
    layer.forward(placed, buffers, False, None)
    buffers.da[...] = 2
    layer.backward(placed, buffers, None)

    np.testing.assert_allclose(buffers.a, value, rtol=1e-12)
    np.testing.assert_allclose(buffers.dz, 2 * slope, rtol=1e-12)


E = np.array([[-2.0, -0.5, 0.0, 0.5, 2.0]])


@pytest.mark.parametrize(
    ("loss", "value", "slope"),
    [
        (AbsoluteError(), 1.0, [-1, -1, 0, 1, 1]),
        (SquaredError(), 1.7, [-4, -1, 0, 1, 4]),
        (Huber(0.5), (2 * 0.875 + 2 * 0.125) / 5, [-0.5, -0.5, 0, 0.5, 0.5]),
        (Huber(2.0), (2 * 2 + 2 * 0.125) / 5, [-2, -0.5, 0, 0.5, 2]),
    ],
    ids=repr,
)
def test_losses_of_errors_that_are_zero_or_equal_the_limit(loss, value, slope):
    target = np.full_like(E, 3)

    np.testing.assert_allclose(loss(E, E + 3, target), value, rtol=1e-14)
    np.testing.assert_allclose(loss.gradient(E, E + 3, target), np.array([slope]) / 5, rtol=1e-14)


@pytest.mark.parametrize("t", [0.0, 0.25, 1.0, 2.5])
def test_the_poisson_deviance_of_targets_from_zero_on(t):
    z = np.array([[-1.0], [0.0], [2.0]])
    a, targets = np.exp(z), np.full_like(z, t)
    expected = a[:, 0] - t + (t * np.log(t / a[:, 0]) if t else 0)

    np.testing.assert_allclose(PoissonDeviance()(z, a, targets), expected, atol=1e-15)


def test_targets_that_are_counts_may_be_zero():
    PoissonDeviance().check_targets(np.array([[0.0], [3.0]]))
    with pytest.raises(DataError, match=r"got -1\."):
        PoissonDeviance().check_targets(np.array([[0.0], [-1.0]]))


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
def test_the_focal_gradient_of_a_certain_example_vanishes(gamma):
    """There p = 1, and p log p / (1 - p) is replaced by its limit, -1."""
    z = np.array([[800.0, 0.0]])
    a = np.array([[1.0, 0.0]])
    weight = Focal(gamma).gradient(z, np.array([[1.0, 1.0]]), np.array([0]))

    np.testing.assert_array_equal(Focal(gamma).gradient(z, a, np.array([0])), 0)
    np.testing.assert_allclose(weight, [[0, 1.0 if gamma == 0 else 0.0]])


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_smoothed_targets_of_yes_and_no(smoothing):
    smoothed = BinaryCrossEntropy(smoothing).smoothed(np.array([[0.0, 1.0]]))

    np.testing.assert_allclose(smoothed, [[smoothing / 2, 1 - smoothing / 2]])


def test_a_half_is_not_yet_a_yes_and_the_first_of_equals_counts():
    assert predicted_classes(np.array([[0.5], [0.5000001], [0.4]])).tolist() == [0, 1, 0]
    assert predicted_classes(np.array([[0.2, 0.4, 0.4], [0.3, 0.3, 0.3]])).tolist() == [1, 0]


# --- the input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "images", "kind"),
    [
        ([0.0, 1.0], False, "none"), ([0.0, 1.0], True, "none"),
        ([-0.001, 1.0], True, "standardise"),
        ([0.0, 1.001], True, "pixels"), ([0.0, 1.001], False, "standardise"),
        ([0.0, 255.0], True, "pixels"), ([0.0, 255.001], True, "standardise"),
        ([-1.0, 255.0], True, "standardise"), ([0.0, 255.0], False, "standardise"),
    ],
)  # fmt: skip
def test_what_auto_chooses_at_the_ends_of_each_range(x, images, kind):
    fitted = InputLayer(1).fit(np.array(x)[:, None], images)

    assert fitted.normalisation == kind
    assert fitted.input_range == tuple(x)


@pytest.mark.parametrize(
    ("low", "high", "kind", "message"),
    [
        (0, 255, "f", None), (0, 0, "f", None), (0, 1.001, "f", None), (0, 1, "i", None),
        (-0.001, 255, "f", "got -0.001 to 255."), (0, 255.5, "f", "got 0 to 255.5."),
        (0, 1, "f", "look scaled already"), (0, 0.001, "f", "look scaled already"),
        (-1, 5, "i", "got -1 to 5."), (0, 256, "i", "got 0 to 256."),
    ],
)  # fmt: skip
def test_which_numbers_can_be_pixels(low, high, kind, message):
    if message is None:
        check_pixels(low, high, np.dtype(kind))
    else:
        with pytest.raises(DataError, match=re.escape(message)):
            check_pixels(low, high, np.dtype(kind))


@pytest.mark.parametrize(
    ("trained", "high", "is_same"),
    [
        (1, 16, True), (1, 16.001, False), (1.001, 255, True), (0.5, 255, False), (255, 1, False),
        (255, 1.001, True), (255, 0, True), (16, 1, True), (16.001, 1, False), (255, -1, True),
    ],
)  # fmt: skip
def test_which_numbers_have_the_scale_of_the_training_data(trained, high, is_same):
    if is_same:
        check_same_scale((0, trained), high)
    else:
        with pytest.raises(DataError, match=re.escape(f"from 0 to {trained:g}; got a largest")):
            check_same_scale((0, trained), high)


@pytest.mark.parametrize(
    ("shape", "units", "images", "hint"),
    [
        ((3,), 4, True, False), ((4,), 4, True, True), ((2, 2), 4, True, True),
        ((3, 5), 4, True, False), ((5,), 5, False, True), ((3, 4), 5, False, False),
        ((10,), 9, True, False), ((3, 3), 9, True, True),
    ],
)  # fmt: skip
def test_the_message_about_a_shape(shape, units, images, hint):
    message = wrong_shape(shape, units)

    assert message.startswith(
        f"the network has {units} inputs and takes arrays of shape (n, {units}"
    )
    assert (" or (n, " in message) == images
    assert f"got {shape}." in message
    assert message.endswith("For a single example write x[None].") == hint


@pytest.mark.parametrize(
    ("shape", "accepted"),
    [((0, 4), True), ((3, 4), True), ((3, 2, 2), True), ((4,), False), ((3, 5), False),
     ((0, 5), True), ((1, 2, 3), False), ((2, 2), False)],
)  # fmt: skip
def test_which_shapes_are_rows(shape, accepted):
    layer = InputLayer(4)
    if not accepted:
        with pytest.raises(ArgumentError, match="takes arrays of shape"):
            layer.rows(np.zeros(shape))
        return
    assert layer.rows(np.zeros(shape)).shape == (shape[0], 4)


@pytest.mark.parametrize("row", [0, READ_ROWS - 1, READ_ROWS, 2 * READ_ROWS])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_first_bad_row_is_named_in_whichever_block_it_is(row, bad):
    x = np.ones((2 * READ_ROWS + 1, 2))
    x[row:, 1] = bad

    with pytest.raises(DataError, match=f"first in row {row};"):
        value_range(x)


def test_the_range_of_rows_in_several_blocks():
    x = np.zeros((READ_ROWS + 2, 1))
    x[3], x[-1] = -2, 7

    assert value_range(x) == (-2.0, 7.0)


# --- blocks, gradient check, derived layers -----------------------------------------------------


@pytest.mark.parametrize("n", [1, BLOCK_ROWS, BLOCK_ROWS + 1, 2 * BLOCK_ROWS + 5])
def test_scores_over_blocks_are_those_of_all_rows(n, kernel_set):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(n, 3)), rng.integers(0, 4, n)
    net = MultiLayerPerceptron(
        [InputLayer(3, "none"), DenseLayer(4, "softmax")], seed=0, dtype="float64"
    )
    a = net.forward(x).output.copy()

    scores = net.evaluate(x, y)

    np.testing.assert_allclose(net.predict_proba(x), a, rtol=1e-12)
    assert scores["loss"] == pytest.approx(-np.log(a[np.arange(n), y]).mean())
    wrong = int((a.argmax(axis=1) != y).sum())
    assert (scores["wrong"], scores["accuracy"]) == (wrong, 1 - wrong / n)
    assert scores["examples"] == n


class OnlyValuesError(SquaredError):
    name = "only_values"

    def __call__(self, z, a, targets):
        return ((a - targets) ** 2).mean(axis=1)

    def gradient(self, z, a, targets):
        raise AssertionError("a gradient was computed")


def test_scores_need_no_gradient():
    net = MultiLayerPerceptron([InputLayer(2), DenseLayer(1)], loss=OnlyValuesError(), seed=0)

    assert net.evaluate(np.eye(2), np.ones((2, 1)))["examples"] == 2


@pytest.mark.parametrize("shape", [(12, 4), (12, 2, 2)])
def test_the_gradient_check_standardises_as_training_does(shape):
    """Columns of a table each, pixels of images together; the check changes no network."""
    x = np.random.default_rng(1).normal(size=shape) * 300
    net = MultiLayerPerceptron(
        [InputLayer(4), DenseLayer(3, "tanh"), DenseLayer(1)], seed=0, dtype="float64"
    )
    y = np.arange(12.0)[:, None] / 12
    report = gradient_check(net, x, y, samples=None)

    fitted = net.copy()
    fitted.input_layer = net.input_layer.fit(net.input_layer.rows(x), len(shape) > 2)
    fitted.backward(fitted.forward(x), y)
    index, analytic, _ = report.checks[0].worst
    assert report.passed
    assert analytic == pytest.approx(fitted.gradients["dW1"][index])
    assert [check.checked for check in report.checks] == [12, 3, 3, 1]
    assert not net.input_layer.ready


def from_dz(self, placed, buffers, dx):
    buffers.dz[:] = 5


def backward(self, placed, buffers, dx):
    buffers.dz[:] = 7


@pytest.mark.parametrize(
    ("methods", "expected"),
    [
        ({"backward_from_dz": from_dz}, 5),
        ({"backward": backward}, 7),
        ({"backward_from_dz": from_dz, "backward": backward}, 7),
        ({}, 6),
    ],
    ids=["from dz", "backward", "both", "neither"],
)
def test_which_backward_a_derived_layer_has(methods, expected, kernel_set):
    layer = type("Derived", (DenseLayer,), methods)(1, "identity")
    shapes = layer.parameter_shapes(1).values()
    placed = PlacedLayer(
        layer, 1, 1, 1, tuple(map(np.ones, shapes)), tuple(map(np.ones, shapes)), ()
    )
    buffers = layer.new_buffers(np.ones((2, 1)))
    layer.forward(placed, buffers, True, None)
    buffers.da[...] = 6
    layer.backward(placed, buffers, None)

    np.testing.assert_array_equal(buffers.dz, expected)


@pytest.mark.parametrize("shape", [(12, 4), (12, 2, 2)])
def test_a_network_that_has_not_been_trained_standardises_what_it_gets(shape):
    """Columns of a table each, pixels of images together: in passes, predictions and scores."""
    rows = np.random.default_rng(1).normal(size=(12, 4)) * [1, 300, 1, 300] + 5
    layers = [InputLayer(4), DenseLayer(2, "softmax")]
    net = MultiLayerPerceptron(layers, seed=0, dtype="float64")
    x = rows.reshape(shape)
    axis = 0 if len(shape) == 2 else None
    scaled = (rows - rows.mean(axis=axis)) / rows.std(axis=axis)
    ready = MultiLayerPerceptron(
        [InputLayer(4, "none"), *layers[1:]], seed=0, dtype="float64"
    )  # the same weights
    y = np.arange(12) % 2

    np.testing.assert_allclose(net.forward(x)["A0"], scaled, atol=1e-12)
    np.testing.assert_allclose(net.predict_proba(x), ready.predict_proba(scaled), atol=1e-12)
    assert net.evaluate(x, y) == pytest.approx(ready.evaluate(scaled, y))
    assert not net.input_layer.ready
