"""Targets: labels and values are checked once, and converted to the form of the loss."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import ArgumentError, DataError, DenseLayer, InputLayer, MultiLayerPerceptron

RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 4))
LABELS = np.array([0, 2, 1, 1, 0, 2])


def network(units=3, output="softmax", loss=None):
    layers = [InputLayer(4, "none"), DenseLayer(5, "tanh"), DenseLayer(units, output)]
    return MultiLayerPerceptron(layers, loss=loss, dtype="float64", seed=0)


def gradient(net, y):
    return net.backward(net.forward(X), y).vector.copy()


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int32, np.int64, np.uint64])
def test_labels_may_be_integers_of_any_type(dtype, kernel_set):
    np.testing.assert_array_equal(
        gradient(network(), LABELS.astype(dtype)), gradient(network(), LABELS)
    )


def test_labels_may_be_a_list():
    np.testing.assert_array_equal(gradient(network(), LABELS.tolist()), gradient(network(), LABELS))


@pytest.mark.parametrize(
    ("output", "loss"), [("softmax", None), ("sigmoid", None), ("identity", "huber")]
)
def test_labels_and_their_one_hot_rows_are_the_same_targets(output, loss):
    net = network(3, output, loss)

    np.testing.assert_array_equal(
        gradient(net, np.eye(3, dtype=int)[LABELS]), gradient(net, LABELS)
    )


def test_a_single_output_that_counts_takes_integers_as_quantities():
    net = network(1, "exp")

    targets = net.encode(np.array([0, 7, 2]), 3)

    assert targets.task == "regression"
    np.testing.assert_array_equal(targets.values, [[0], [7], [2]])
    with pytest.raises(DataError, match=r"counts.*at least 0; got -1"):
        net.encode(np.array([0, -1, 2]), 3)


@pytest.mark.parametrize("output", ["sigmoid", "identity", "tanh", "softmax"])
def test_losses_of_values_take_labels_as_one_hot_values(output):
    loss = "squared_error"

    np.testing.assert_array_equal(
        gradient(network(3, output, loss), LABELS),
        gradient(network(3, output, loss), np.eye(3)[LABELS]),
    )


def test_a_single_sigmoid_output_takes_labels_zero_and_one():
    y = np.array([0, 1, 1, 0, 1, 0])

    for form in (y, y.astype(bool), y.astype(float), y[:, None].astype(float)):
        np.testing.assert_array_equal(
            gradient(network(1, "sigmoid"), form), gradient(network(1, "sigmoid"), y)
        )


def test_a_single_linear_output_takes_integers_as_quantities():
    y = np.array([120, 3, -7, 0, 15, 2])

    np.testing.assert_array_equal(
        gradient(network(1, "identity"), y),
        gradient(network(1, "identity"), y[:, None].astype(float)),
    )
    assert "r2" in network(1, "identity").evaluate(X, y)


def test_rows_of_zeros_and_ones_are_labels_only_with_the_loss_of_labels():
    rows = RNG.integers(0, 2, (6, 3))
    rows[0] = 1, 1, 0

    assert "label_accuracy" in network(3, "sigmoid").evaluate(X, rows)
    assert "r2" in network(3, "sigmoid", "mse").evaluate(X, rows)
    assert "r2" in network(3, "identity").evaluate(X, rows.astype(float))


def test_labels_are_scored_by_accuracy_and_values_by_r2():
    assert set(network().evaluate(X, LABELS)) == {"loss", "accuracy", "wrong", "examples"}
    assert set(network(3, "identity").evaluate(X, RNG.normal(size=(6, 3)))) == {
        "loss",
        "r2",
        "examples",
    }


@pytest.mark.parametrize(
    ("net", "y", "pieces"),
    [
        (network(), LABELS[:5], ["one target for each of the 6 examples", "got 5"]),
        (
            network(),
            LABELS + 1,
            ["integers from 0 to 2", "got 3 in row 1", "last layer 4 units", "renumber"],
        ),
        (network(), LABELS - 1, ["integers from 0 to 2", "got -1 in row 0", "renumber"]),
        (network(), LABELS.astype(float), ["takes class labels", "from 0 to 2", "float64"]),
        (network(), LABELS.astype(str), ["integers from 0 to 2", "class_names", "<U"]),
        (network(), np.array([None] * 6), ["integers from 0 to 2", "class_names", "object"]),
        (network(), np.zeros((6, 2)), ["takes class labels", "(6, 2)"]),
        (network(), np.zeros((6, 3), int), ["class labels", "(6, 3)"]),
        (network(1, "sigmoid"), LABELS, ["from 0 to 1", "got 2 in row 1", "3 units"]),
        (network(3, "identity"), np.zeros((6, 2)), ["3 outputs", "(6, 3)", "got (6, 2)"]),
        (network(3, "identity"), np.zeros(6), ["3 outputs", "(6, 3)", "got (6,)"]),
        (network(3, "identity"), np.full((6, 3), np.nan), ["NaN or infinity", "row 0"]),
        (network(1, "identity"), np.array([1, 2, 3, np.inf, 5, 6]), ["NaN or infinity", "row 3"]),
        (network(), 3, ["an array of 6 labels or target values", "got 3"]),
        (network(), None, ["an array of 6 labels or target values", "got None"]),
    ],
    ids=[
        "too few", "too large", "negative", "floats", "strings", "objects", "two columns",
        "not one-hot", "three classes for one output", "values too narrow", "values flat", "nan",
        "infinity", "a number", "nothing",
    ],
)  # fmt: skip
@pytest.mark.parametrize("act", ["fit", "evaluate", "backward"])
def test_wrong_targets_are_refused(net, y, pieces, act):
    before = net.parameters.vector.copy()
    first = net.forward(X) if act == "backward" else X

    with pytest.raises((DataError, ArgumentError)) as refused:
        getattr(net, act)(first, y)

    assert [piece for piece in pieces if piece not in str(refused.value)] == []
    np.testing.assert_array_equal(net.parameters.vector, before)


def test_training_on_one_class_is_refused():
    with pytest.raises(DataError, match=r"all 6 training labels are 2.*one class.*Check"):
        network().fit(X, np.full(6, 2), verbose=0)


def test_a_softmax_over_a_single_unit_is_refused():
    with pytest.raises(ArgumentError, match=r"softmax.*sigmoid"):
        network(1, "softmax")
