"""One flat vector, seen through names; and the cache of a pass, by the names of the formulas."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import (
    ArgumentError,
    BatchNormLayer,
    DenseLayer,
    DropoutLayer,
    InputLayer,
    MultiLayerPerceptron,
)
from byhand.network.cache import Workspace

LAYERS = [
    InputLayer(6, "none"),
    DenseLayer(5, "relu"),
    BatchNormLayer(),
    DropoutLayer(0.5),
    DenseLayer(3, "softmax"),
]
X = np.random.default_rng(0).normal(size=(7, 6))


@pytest.fixture
def net():
    return MultiLayerPerceptron(LAYERS, seed=0, dtype="float64")


# --- parameters ---------------------------------------------------------------------------------


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


def test_every_gradient_carries_its_parameters_name_and_shape(net):
    assert {name: view.shape for name, view in net.gradients.items()} == {
        "d" + name: view.shape for name, view in net.parameters.items()
    }


def test_layers_before_the_first_dense_layer_carry_the_number_zero():
    layers = [InputLayer(6), DropoutLayer(0.2), BatchNormLayer(), DenseLayer(3, "softmax")]

    net = MultiLayerPerceptron(layers)

    assert list(net.parameters) == ["gamma0", "beta0", "W1", "b1"]
    assert "A0_dropout" in net.forward(X)


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


def test_the_representation_tells_names_shapes_and_size(net):
    for piece in ("W1 (6, 5)", "b2 (3,)", "63 numbers", "float64"):
        assert piece in repr(net.parameters)


# --- cache --------------------------------------------------------------------------------------


def test_the_cache_has_the_arrays_of_the_formulas(net):
    cache = net.forward(X)

    for name, width in {"A0": 6, "Z1": 5, "A1": 5, "D1": 5, "Z2": 3, "A2": 3, "dZ2": 3}.items():
        assert cache[name].shape == (7, width)
    assert set(cache) >= {"A1_normalised", "A1_batch_norm", "A1_dropout", "dA1_dropout"}
    assert len(cache) == len(list(cache))


def test_the_cache_starts_with_the_input_and_ends_with_the_output(net):
    cache = net.forward(X)

    np.testing.assert_array_equal(cache["A0"], X)
    np.testing.assert_array_equal(cache["A2"], cache.output)
    np.testing.assert_array_equal(cache.output, net.predict_proba(X))


def test_every_forward_has_a_cache_of_its_own(net):
    first = net.forward(X)
    before = first["A2"].copy()

    net.forward(X + 1)

    np.testing.assert_array_equal(first["A2"], before)


def test_an_unknown_array_is_a_key_error_that_lists_the_names(net):
    with pytest.raises(KeyError, match=r"unknown array of the cache 'A9'.*A0, Z1, A1"):
        net.forward(X)["A9"]


def test_the_representation_of_a_cache_tells_names_and_shapes(net):
    for piece in ("cache of 7 examples", "A0 (7, 6)", "Z2 (7, 3)"):
        assert piece in repr(net.forward(X))


def test_smaller_batches_are_views_of_the_same_memory(net, kernel_set):
    workspace = Workspace(net.new_cache(7, X))
    full = workspace.cache(7)
    for n in (3, 1, 5, 2, 7, 3):
        cache = workspace.cache(n)
        net.input_layer.forward(X[:n], cache.input)
        net.propagate(cache, False, None)

        np.testing.assert_allclose(cache.output, net.predict_proba(X[:n]), atol=1e-15)
        assert all(np.shares_memory(cache[name], full[name]) for name in cache)


def test_a_workspace_keeps_few_caches(net):
    workspace = Workspace(net.new_cache(100, X))
    kept = [workspace.cache(n) for n in range(1, 100)]

    assert len(workspace._caches) <= 3
    assert [len(cache.output) for cache in kept] == list(range(1, 100))
    assert workspace.cache(100) is workspace.cache(100)
