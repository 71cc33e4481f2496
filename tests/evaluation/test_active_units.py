"""The fraction of active units: those with Z > 0, even if a leaky relu passes on values below 0."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import BatchNormLayer, DenseLayer, InputLayer, MultiLayerPerceptron, leaky_relu
from byhand.evaluation import active_shares

X = np.random.default_rng(0).normal(size=(50, 4))


def network(*hidden):
    layers = [InputLayer(4, "none"), *hidden, DenseLayer(2, "softmax")]
    return MultiLayerPerceptron(layers, seed=0)


@pytest.mark.parametrize("activation", ["relu", leaky_relu(0.01), leaky_relu(0.3), "elu", "gelu"])
def test_a_unit_is_active_where_its_z_is_positive(activation):
    net = network(DenseLayer(6, activation))
    expected = (X @ net.parameters["W1"] + net.parameters["b1"] > 0).mean()

    (share,) = active_shares(net, X).values()

    assert share == pytest.approx(expected, abs=0.005)


def test_a_dead_layer_of_leaky_units_is_not_active():
    net = network(DenseLayer(6, leaky_relu(0.01)))
    net.parameters["b1"][...] = -100

    assert active_shares(net, X) == {"layer 1, 6 leaky_relu": 0.0}


def test_layers_have_titles_and_those_without_a_side_that_is_off_are_left_out():
    net = network(DenseLayer(6, "relu"), DenseLayer(5, "tanh"), DenseLayer(3, "relu"))

    assert list(active_shares(net, X)) == ["layer 1, 6 relu", "layer 3, 3 relu"]


def test_after_batch_normalisation_its_output_counts():
    net = network(DenseLayer(6, "identity"), BatchNormLayer("relu"))

    (title,) = active_shares(net, X)

    assert title == "layer 1, 6 relu"


def test_more_examples_than_one_block_give_the_same_fraction():
    net = network(DenseLayer(6, "relu"))

    assert active_shares(net, np.tile(X, (60, 1))) == active_shares(net, X)
