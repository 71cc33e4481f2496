"""Activations: the same claims about every entry of the table."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from byhand import (
    ACTIVATIONS,
    Activation,
    ArgumentError,
    DenseLayer,
    InputLayer,
    MultiLayerPerceptron,
    leaky_relu,
)
from byhand.network.activations import resolve_activation

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
from torch.nn import functional

TABLE = [*ACTIVATIONS.values(), leaky_relu(0.3), leaky_relu(0.0)]
ELEMENTWISE = [activation for activation in TABLE if activation.name != "softmax"]

PYTORCH = {
    "relu": torch.relu,
    "leaky_relu": functional.leaky_relu,
    "elu": functional.elu,
    "gelu": lambda z: functional.gelu(z, approximate="tanh"),
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softplus": lambda z: functional.softplus(z, threshold=100),
    "swish": functional.silu,
    "identity": lambda z: z,
    "exp": torch.exp,
    "softmax": lambda z: torch.softmax(z, -1),
}

over_the_table = pytest.mark.parametrize("activation", TABLE, ids=lambda entry: entry.name)


def numbers(shape=(6, 5), seed=0):
    """Return numbers of both signs, none nearer to 0 than 0.05."""
    z = np.random.default_rng(seed).normal(scale=2, size=shape)
    return z + np.copysign(0.05, z)


def derivative(activation, grad, z):
    return activation.backward(grad, z, activation(z))


@over_the_table
def test_derivative_agrees_with_central_differences(
    activation, numeric_gradient, relative_difference
):
    z, grad = numbers(), np.random.default_rng(1).normal(size=(6, 5))

    numeric = numeric_gradient(lambda: float((grad * activation(z)).sum()), z)

    assert relative_difference(derivative(activation, grad, z), numeric) < 1e-8


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_value_and_derivative_are_those_of_pytorch(name):
    z, grad = numbers(), np.random.default_rng(1).normal(size=(6, 5))
    theirs = torch.tensor(z, requires_grad=True)
    value = PYTORCH[name](theirs)
    value.backward(torch.tensor(grad))

    np.testing.assert_allclose(ACTIVATIONS[name](z), value.detach().numpy(), atol=1e-14)
    np.testing.assert_allclose(
        derivative(ACTIVATIONS[name], grad, z), theirs.grad.numpy(), atol=1e-13
    )


@over_the_table
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_value_and_derivative_stay_finite_and_silent_at_extremes(activation, dtype):
    z = np.array([[-1e4, -100, -1, 0, 1, 100, 1e4]], dtype)

    value = activation(z)
    slope = derivative(activation, np.ones_like(z), z)

    assert np.isfinite(value).all()
    assert np.isfinite(slope).all()
    assert value.dtype == slope.dtype == dtype


@over_the_table
def test_arguments_are_not_changed(activation):
    z, grad = numbers(), numbers(seed=2)
    a = activation(z)
    before = z.copy(), grad.copy(), a.copy()

    activation.backward(grad, z, a)

    for now, then in zip((z, grad, a), before, strict=True):
        np.testing.assert_array_equal(now, then)


@over_the_table
def test_a_stack_of_batches_gives_what_each_batch_gives_alone(activation):
    z = numbers((3, 4, 5))

    np.testing.assert_array_equal(activation(z), np.stack([activation(batch) for batch in z]))


@pytest.mark.parametrize("activation", ELEMENTWISE, ids=lambda entry: entry.name)
def test_backward_multiplies_by_the_derivative(activation):
    z, grad = numbers(), numbers(seed=2)
    a = activation(z)

    np.testing.assert_array_equal(
        activation.backward(grad, z, a), grad * activation.derivative(z, a)
    )


@pytest.mark.parametrize("activation", ELEMENTWISE, ids=lambda entry: entry.name)
def test_only_activations_marked_with_a_kink_have_one(activation):
    z = np.array([[-1e-9, 1e-9]])

    left, right = derivative(activation, np.ones_like(z), z)[0]

    assert (abs(left - right) > 1e-6) == activation.kink


@pytest.mark.parametrize("activation", ELEMENTWISE, ids=lambda entry: entry.name)
def test_a_slope_is_given_exactly_if_the_function_is_two_straight_lines(activation):
    z = numbers()

    if activation.slope is None:
        assert not np.allclose(activation(2 * z), 2 * activation(z))
    else:
        np.testing.assert_allclose(activation(z), np.maximum(z, activation.slope * z))


@pytest.mark.parametrize("scale", [1, 100, 1e4])
def test_softmax_rows_are_fractions_that_sum_to_one(scale):
    fractions = ACTIVATIONS["softmax"](numbers() * scale)

    assert (fractions >= 0).all()
    np.testing.assert_allclose(fractions.sum(axis=-1), 1, atol=1e-14)


def test_softmax_does_not_change_when_a_row_is_shifted():
    z = numbers()

    np.testing.assert_allclose(ACTIVATIONS["softmax"](z + 5), ACTIVATIONS["softmax"](z), atol=1e-14)


@pytest.mark.parametrize(
    ("name", "z", "value", "slope"),
    [
        ("relu", -2.0, 0.0, 0.0),
        ("relu", 2.0, 2.0, 1.0),
        ("leaky_relu", -2.0, -0.02, 0.01),
        ("elu", -1.0, -0.6321205588285577, 0.36787944117144233),
        ("sigmoid", 0.0, 0.5, 0.25),
        ("tanh", 0.5, 0.46211715726000973, 0.7864477329659274),
        ("softplus", 0.0, 0.6931471805599453, 0.5),
        ("swish", 1.0, 0.7310585786300049, 0.9276705118714869),
        ("gelu", 1.0, 0.8411919906082768, 1.0829640838457826),
        ("identity", -3.0, -3.0, 1.0),
        ("exp", 0.5, 1.6487212707001282, 1.6487212707001282),
    ],
)
def test_values_worked_out_by_hand(name, z, value, slope):
    at = np.array([[z]])

    assert ACTIVATIONS[name](at)[0, 0] == pytest.approx(value, abs=1e-12)
    assert derivative(ACTIVATIONS[name], np.ones((1, 1)), at)[0, 0] == pytest.approx(
        slope, abs=1e-12
    )


# --- names --------------------------------------------------------------------------------------


def test_every_entry_has_the_name_of_its_place_in_the_table():
    assert {name: activation.name for name, activation in ACTIVATIONS.items()} == {
        name: name for name in ACTIVATIONS
    }


@pytest.mark.parametrize(("alias", "name"), ACTIVATIONS.aliases.items())
def test_an_alias_means_the_activation_it_stands_for(alias, name):
    assert resolve_activation(alias) is ACTIVATIONS[name]


def test_names_are_found_in_any_case():
    assert resolve_activation("ReLU") is ACTIVATIONS["relu"]


@pytest.mark.parametrize(
    ("fn", "slope", "pieces"),
    [
        ("rleu", None, ["unknown activation 'rleu'", "Did you mean 'relu'?", "softplus"]),
        ("relu", 0.1, ["slope belongs to leaky_relu", "'relu'", "leave it out"]),
        ("leaky_relu", 1.0, ["at least 0 and below 1", "got 1.0"]),
        ("leaky_relu", -0.1, ["at least 0 and below 1", "got -0.1"]),
        (3, None, ["a name, an Activation, or a pair", "got 3"]),
        ((np.tanh,), None, ["a pair (function, derivative)"]),
        ((np.tanh, 1.0), None, ["a pair (function, derivative)"]),
    ],
)
def test_anything_but_an_activation_is_refused(fn, slope, pieces):
    with pytest.raises(ArgumentError) as refused:
        DenseLayer(3, fn, slope=slope)

    assert [piece for piece in pieces if piece not in str(refused.value)] == []


# --- your own -----------------------------------------------------------------------------------


def cube(z):
    return z**3 / 10


def cube_slope(z):
    return 3 * z**2 / 10


def small_net(fn, output="softmax", **options):
    layers = [InputLayer(4, "none"), DenseLayer(3, fn), DenseLayer(2, output)]
    return MultiLayerPerceptron(layers, dtype="float64", seed=0, **options)


def test_your_own_pair_is_accepted_and_has_the_right_gradient(gradients_of):
    net = small_net((cube, cube_slope))

    assert gradients_of(net, numbers((5, 4)), np.array([0, 1, 1, 0, 1])).difference < 1e-7


def test_your_own_pair_may_have_a_kink_at_zero():
    own = resolve_activation((np.abs, np.sign))

    np.testing.assert_array_equal(own(np.array([-2.0, 3.0])), [2.0, 3.0])
    assert own.kink  # nobody knows where it may have one


def test_another_function_under_a_name_of_the_table_is_refused():
    other = Activation("tanh", lambda z: 2 * z, lambda z, a: np.full_like(z, 2))

    with pytest.raises(ArgumentError, match="the activation name 'tanh' is taken; choose another"):
        DenseLayer(3, other)


@pytest.mark.parametrize("activation", [*TABLE, resolve_activation((cube, cube_slope))])
def test_activations_can_be_pickled(activation):
    copied = pickle.loads(pickle.dumps(activation))  # noqa: S301
    z = numbers()

    np.testing.assert_array_equal(copied(z), activation(z))
    np.testing.assert_array_equal(
        copied.backward(z, z, copied(z)), activation.backward(z, z, activation(z))
    )


@pytest.mark.parametrize(
    ("pair", "pieces"),
    [
        (
            (cube, lambda z: z**2),
            [
                "the derivative given for activation 'own:cube' is wrong at z = ",
                "finite differences",
            ],
        ),
        ((cube, lambda z: np.full_like(z, np.nan)), ["'own:cube' is wrong at z", "it is nan"]),
        ((cube, lambda z: 1.0), ["array of their argument's shape", "()"]),
        ((lambda z: z[:3], cube_slope), ["array of their argument's shape (160,)", "(3,)"]),
    ],
    ids=["wrong derivative", "nan", "a number", "another shape"],
)
def test_a_wrong_pair_is_refused_with_the_place_where_it_is_wrong(pair, pieces):
    with pytest.raises(ArgumentError) as refused:
        DenseLayer(3, pair)

    assert [piece for piece in pieces if piece not in str(refused.value)] == []


def test_your_own_function_is_kept_apart_from_the_table_entry_of_its_name(gradients_of):
    def sigmoid(z):
        return 1 / (1 + np.exp(-3 * z))

    def slope(z):
        return 3 * sigmoid(z) * (1 - sigmoid(z))

    net = small_net("tanh", (sigmoid, slope))

    assert net.loss.name == "squared_error"
    assert gradients_of(net, numbers((5, 4)), np.array([0, 1, 1, 0, 1])).difference < 1e-7


def test_an_activation_object_can_be_given_in_place_of_a_name():
    double = Activation(
        "double",
        lambda z: 2 * z,
        lambda z, a: np.full_like(z, 2),
    )

    net = small_net(double)
    cache = net.forward(numbers((5, 4)))

    np.testing.assert_array_equal(cache["A1"], 2 * cache["Z1"])


def test_the_representation_shows_what_identifies_an_activation():
    assert repr(leaky_relu(0.3)) == "Activation(name='leaky_relu', slope=0.3, kink=True)"
