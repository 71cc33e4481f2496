"""Parameters, gradients and statistics: flat vectors with named views."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import ArgumentError, BatchNormLayer, DenseLayer, DropoutLayer, InputLayer, Network

LAYERS = [
    InputLayer(6, "none"),
    DenseLayer(5, "relu"),
    BatchNormLayer(),
    DropoutLayer(0.5),
    DenseLayer(3, "softmax"),
]


@pytest.fixture
def net():
    return Network(LAYERS, seed=0, dtype="float64")


def test_names_and_shapes_follow_the_dense_layers(net):
    assert {name: view.shape for name, view in net.parameters.items()} == {
        "W1": (6, 5),
        "b1": (5,),
        "gamma1": (5,),
        "beta1": (5,),
        "W2": (5, 3),
        "b2": (3,),
    }
    assert {name: view.shape for name, view in net.statistics.items()} == {
        "mean1": (5,),
        "variance1": (5,),
    }


def test_every_gradient_has_the_name_and_shape_of_its_parameter(net):
    assert {name: view.shape for name, view in net.gradients.items()} == {
        "d" + name: view.shape for name, view in net.parameters.items()
    }


def test_layers_before_the_first_dense_layer_have_the_number_zero():
    layers = [InputLayer(6), DropoutLayer(0.2), BatchNormLayer(), DenseLayer(3, "softmax")]

    net = Network(layers)

    assert list(net.parameters) == ["gamma0", "beta0", "W1", "b1"]
    assert "A0_dropout" in net.forward(np.zeros((7, 6)))


def test_every_number_of_the_vector_belongs_to_exactly_one_name(net):
    net.parameters.vector[:] = 0
    for view in net.parameters.values():
        view += 1

    assert (net.parameters.vector == 1).all()


def test_views_and_vector_are_the_same_memory(net):
    net.parameters["W2"][1, 2] = 42
    net.parameters.vector[0] = 43

    assert 42 in net.parameters.vector
    assert net.parameters["W1"][0, 0] == 43
    assert all(np.shares_memory(view, net.parameters.vector) for view in net.parameters.values())


def test_the_weights_are_the_matrices_and_nothing_else(net):
    net.parameters.vector[:] = 0
    net.parameters.weights[:] = 1

    for name, view in net.parameters.items():
        assert (view == (1 if name.startswith("W") else 0)).all()


def test_writing_by_name_copies_into_the_vector(net):
    net.parameters["b1"] = np.arange(5)

    np.testing.assert_array_equal(net.parameters["b1"], np.arange(5))
    assert np.shares_memory(net.parameters["b1"], net.parameters.vector)


@pytest.mark.parametrize("value", [np.zeros(4), np.zeros((5, 1)), 3.0, [[1]]])
def test_writing_another_shape_is_refused(net, value):
    with pytest.raises(ArgumentError, match=r"b1 has the shape \(5,\); got an array of shape"):
        net.parameters["b1"] = value


@pytest.mark.parametrize("act", [lambda p: p["W4"], lambda p: p.__setitem__("W4", 0)])
def test_an_unknown_name_is_a_key_error_that_lists_the_names(net, act):
    with pytest.raises(KeyError, match=r"unknown parameter 'W4'.*W1, b1, gamma1"):
        act(net.parameters)


def test_the_representation_shows_names_shapes_and_size(net):
    for piece in ("W1 (6, 5)", "b2 (3,)", "63 values", "float64"):
        assert piece in repr(net.parameters)
