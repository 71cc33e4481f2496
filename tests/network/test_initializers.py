"""Initialisers: the variance that each formula states, and which layer uses which."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import INITIALIZERS, ArgumentError, DenseLayer, InputLayer, MultiLayerPerceptron
from byhand.network.initializers import resolve_initializer

N_IN, N_OUT = 400, 300

VARIANCE = {
    "he_normal": 2 / N_IN,
    "he_uniform": 2 / N_IN,
    "glorot_normal": 2 / (N_IN + N_OUT),
    "glorot_uniform": 2 / (N_IN + N_OUT),
    "lecun_normal": 1 / N_IN,
    "lecun_uniform": 1 / N_IN,
    "uniform": 1 / 12,
    "normal": 1e-4,
    "zeros": 0.0,
    "small_constant": 0.0,
}

RADIUS = {
    "he_uniform": (6 / N_IN) ** 0.5,
    "glorot_uniform": (6 / (N_IN + N_OUT)) ** 0.5,
    "lecun_uniform": (3 / N_IN) ** 0.5,
    "uniform": 0.5,
}


def drawn(name, seed=0):
    return INITIALIZERS[name](np.random.default_rng(seed), N_IN, N_OUT)


def network(**options):
    layers = [InputLayer(6), DenseLayer(5, "relu"), DenseLayer(4, "softmax")]
    return MultiLayerPerceptron(layers, **options)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_the_variance_is_the_one_that_its_formula_states(name):
    assert drawn(name).var() == pytest.approx(VARIANCE[name], rel=0.02, abs=1e-12)


@pytest.mark.parametrize("name", [name for name in INITIALIZERS if name != "small_constant"])
def test_the_mean_is_zero_within_sampling_noise(name):
    noise = (VARIANCE[name] / (N_IN * N_OUT)) ** 0.5

    assert abs(drawn(name).mean()) <= 4 * noise


@pytest.mark.parametrize(("name", "radius"), RADIUS.items())
def test_uniform_values_fill_their_interval_and_stay_within_it(name, radius):
    values = drawn(name)

    assert np.abs(values).max() <= radius
    assert np.abs(values).max() > 0.999 * radius


@pytest.mark.parametrize("name", INITIALIZERS)
def test_the_shape_is_input_by_output(name):
    assert drawn(name).shape == (N_IN, N_OUT)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_the_same_stream_gives_the_same_values(name):
    np.testing.assert_array_equal(drawn(name), drawn(name))


def test_constants_have_the_value_of_their_name():
    assert (drawn("zeros") == 0).all()
    assert (drawn("small_constant") == 0.01).all()


@pytest.mark.parametrize(("alias", "name"), INITIALIZERS.aliases.items())
def test_an_alias_means_the_initialiser_it_stands_for(alias, name):
    assert resolve_initializer(alias) is INITIALIZERS[name]


@pytest.mark.parametrize("name", INITIALIZERS)
def test_every_name_works_for_weights_and_biases(name):
    net = network(weight_init=name, bias_init=name)

    assert np.isfinite(net.parameters.vector).all()


def test_weights_and_biases_have_initialisers_of_their_own():
    net = network(weight_init="zeros", bias_init="small_constant")

    assert (net.parameters["W1"] == 0).all()
    assert (net.parameters["b2"] == np.float32(0.01)).all()


def test_a_layer_can_have_initialisers_of_its_own():
    layers = [
        InputLayer(6),
        DenseLayer(5, "relu", weight_init="zeros", bias_init="small_constant"),
        DenseLayer(4, "softmax"),
    ]

    net = MultiLayerPerceptron(layers, weight_init="he", bias_init="zeros")

    assert (net.parameters["W1"] == 0).all()
    assert (net.parameters["b1"] == np.float32(0.01)).all()
    assert net.parameters["W2"].std() > 0
    assert (net.parameters["b2"] == 0).all()


def test_your_own_function_can_be_an_initialiser():
    net = network(weight_init=lambda rng, n_in, n_out: np.full((n_in, n_out), n_in / n_out))

    assert (net.parameters["W1"] == np.float32(6 / 5)).all()


def test_layers_start_from_different_values():
    layers = [InputLayer(5), DenseLayer(5, "relu"), DenseLayer(5, "softmax")]

    net = MultiLayerPerceptron(layers)

    assert not np.array_equal(net.parameters["W1"], net.parameters["W2"])


def test_initialize_draws_the_same_values_again():
    net = network(seed=3)
    before = net.parameters.vector.copy()
    net.parameters.vector[:] = 7

    net.initialize()

    np.testing.assert_array_equal(net.parameters.vector, before)


def test_another_seed_draws_other_values():
    assert not np.array_equal(network(seed=1).parameters["W1"], network(seed=2).parameters["W1"])


def test_both_precisions_start_from_the_same_values():
    single, double = network(seed=5), network(seed=5, dtype="float64")

    np.testing.assert_array_equal(
        single.parameters.vector, double.parameters.vector.astype(np.float32)
    )


@pytest.mark.parametrize(
    ("init", "pieces"),
    [
        ("he_norml", ["unknown initialiser 'he_norml'", "Did you mean 'he_normal'?"]),
        (0.1, ["a name or a function", "got 0.1"]),
        (lambda rng, n_in, n_out: np.zeros(3), ["W1 has the shape (6, 5)", "(3,)"]),
    ],
    ids=["misspelt", "a number", "another shape"],
)
def test_anything_but_an_initialiser_is_refused(init, pieces):
    with pytest.raises(ArgumentError) as refused:
        network(weight_init=init)

    assert [piece for piece in pieces if piece not in str(refused.value)] == []
