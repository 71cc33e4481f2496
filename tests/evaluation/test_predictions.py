"""Predictions of a network beside the labels."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import DenseLayer, InputLayer, MultiLayerPerceptron
from byhand.errors import ArgumentError, DataError
from byhand.evaluation import predictions


def test_predictions_are_those_of_predict(net, examples):
    """They equal `predict` and `evaluate` for every kind of network."""
    x, y = examples

    found = predictions(net, x, y)

    assert np.array_equal(found.predicted, net.predict(x))
    assert found.correct.mean() == net.evaluate(x, y)["accuracy"]
    assert found.probabilities.shape == (len(x), max(net.output_layer.units, 2))
    assert np.array_equal(found.label_probability, found.probabilities[np.arange(len(x)), y])
    assert (found.confidence >= found.probabilities.min(axis=1)).all()
    assert found.calibrated == (net.output_layer.activation.name in {"softmax", "sigmoid"})


def test_one_sigmoid_output_means_two_classes(network_of, examples):
    """Their probabilities are 1 - p and p."""
    net = network_of("one output")
    p = net.predict_proba(examples[0])

    found = predictions(net, *examples)

    assert np.array_equal(found.probabilities, np.hstack([1 - p, p]))
    assert found.classes == 2


def test_class_names_are_the_networks_own_unless_given(relu_net, examples):
    """A network without names uses numbers."""
    assert predictions(relu_net, *examples).class_names == ("0", "1", "2", "3")
    relu_net.class_names = list("abcd")
    assert predictions(relu_net, *examples).class_names == ("a", "b", "c", "d")
    assert predictions(relu_net, *examples, "wxyz").class_names == ("w", "x", "y", "z")


def test_one_hot_labels_are_labels(relu_net, examples):
    """They are rows of integers 0 and 1."""
    x, y = examples

    assert np.array_equal(predictions(relu_net, x, np.eye(4, dtype=int)[y]).labels, y)


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (np.zeros((0, 12)), np.zeros(0, int), "at least one example"),
        (np.zeros((3, 12)), np.zeros(2, int), "3 and 2"),
        (np.zeros((1, 12)), np.array([4]), "from 0 to 3"),
    ],
)
def test_examples_that_cannot_be_evaluated_are_refused(relu_net, x, y, words):
    """No examples, another number of labels, and labels beyond the classes are errors."""
    with pytest.raises(DataError, match=words):
        predictions(relu_net, x, y)


def test_there_must_be_as_many_names_as_classes(relu_net, examples):
    """The network has four classes."""
    with pytest.raises(ArgumentError, match="4 class names"):
        predictions(relu_net, *examples, ["a"])


def test_a_network_that_gives_values_has_no_classes():
    """Regression is refused."""
    net = MultiLayerPerceptron([InputLayer(2, "none"), DenseLayer(1)], seed=0)

    with pytest.raises(DataError, match="class labels"):
        predictions(net, np.zeros((2, 2)), np.array([0.5, 1.5]))


def test_several_labels_for_each_example_are_refused():
    """The largest output of a multi-label network is not a prediction."""
    x, y = np.eye(4), np.array([[1, 1], [0, 1], [0, 0], [1, 0]])
    net = MultiLayerPerceptron([InputLayer(4), DenseLayer(2, "sigmoid")], seed=0)
    net.fit(x, y, epochs=1, verbose=0)

    assert net.task == "multi-label"
    with pytest.raises(DataError, match="this network is multi-label"):
        predictions(net, x, y)
