"""Optimizers: two steps computed by hand, descent in known valleys, and identities."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from byhand import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    ArgumentError,
    Lion,
    Momentum,
    Nesterov,
    RMSProp,
)
from byhand.network.parameters import NamedVector
from byhand.training.optimizers import OPTIMIZERS, resolve_optimizer

SHAPES = {"W1": (1, 1), "b1": (1,)}


def vectors(dtype, w=1.0, b=-2.0):
    parameters, gradients = NamedVector(SHAPES, dtype), NamedVector(SHAPES, dtype, prefix="d")
    parameters.vector[:] = w, b
    return parameters, gradients


def stepped(optimizer, slopes, dtype=np.float64, w=1.0, b=-2.0):
    """Weight and bias after a step along each of the given slopes."""
    parameters, gradients = vectors(dtype, w, b)
    state = optimizer.init_state(parameters)
    for step, slope in enumerate(slopes, start=1):
        gradients.vector[:] = slope
        optimizer.update(parameters, gradients, state, optimizer.learning_rate, step)
    return parameters.vector


SLOPES = [(0.5, -1.0), (0.25, 2.0)]

WORKED_OUT = [
    (SGD(0.1), (0.95, -1.9), (0.925, -2.1)),
    (SGD(0.1, weight_decay=0.5), (0.9, -1.9), (0.83, -2.1)),
    (Momentum(0.1, 0.9), (0.95, -1.9), (0.88, -2.01)),
    (Nesterov(0.1, 0.9), (0.905, -1.81), (0.817, -2.109)),
    (
        Adagrad(0.1, 0.1),
        (0.9166666666667, -1.9090909090909),
        (0.8787313778753, -1.9947048560849),
    ),
    (
        RMSProp(0.1, 0.9, 0.1),
        (0.8062870566386, -1.7597469266480),
        (0.7135427238679, -2.0097469266480),
    ),
    (
        Adam(0.1, 0.9, 0.999, 0.1),
        (0.9166666666667, -1.9090909090909),
        (0.8422720441395, -1.9435238576631),
    ),
    (
        AdamW(0.1, 0.9, 0.999, 0.1, weight_decay=0.5),
        (0.8666666666667, -1.9090909090909),
        (0.7489387108062, -1.9435238576631),
    ),
    (Lion(0.1), (0.9, -1.9), (0.8, -2.0)),
    (Lion(0.1, weight_decay=0.5), (0.85, -1.9), (0.7075, -2.0)),
]


@pytest.mark.parametrize(
    ("optimizer", "first", "second"), WORKED_OUT, ids=lambda entry: getattr(entry, "name", "")
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_two_steps_are_those_worked_out_on_paper(optimizer, first, second, dtype, kernel_set):
    tolerance = 1e-12 if dtype == np.float64 else 1e-6

    np.testing.assert_allclose(stepped(optimizer, SLOPES[:1], dtype), first, atol=tolerance)
    np.testing.assert_allclose(stepped(optimizer, SLOPES, dtype), second, atol=tolerance)


def parabola(p):
    return float(3 * p[0] ** 2 + p[1] ** 2 / 2), (6 * p[0], p[1])


def rosenbrock(p):
    x, y = p
    value = (1 - x) ** 2 + 10 * (y - x * x) ** 2
    return float(value), (-2 * (1 - x) - 40 * x * (y - x * x), 20 * (y - x * x))


RATE = {"sgd": 0.01, "momentum": 0.005, "nesterov": 0.005, "adagrad": 0.5, "lion": 0.002}


@pytest.mark.parametrize("valley", [parabola, rosenbrock])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_descends_into_a_valley(name, valley, kernel_set):
    optimizer = OPTIMIZERS[name](RATE.get(name, 0.02))
    parameters, gradients = vectors(np.float64, -1.0, 1.5)
    state = optimizer.init_state(parameters)
    start, _ = valley(parameters.vector)
    for step in range(1, 2001):
        gradients.vector[:] = valley(parameters.vector)[1]
        optimizer.update(parameters, gradients, state, optimizer.learning_rate, step)

    assert valley(parameters.vector)[0] < 0.01 * start


# --- identities ---------------------------------------------------------------------------------

MANY = np.random.default_rng(0).normal(size=(20, 2))


@pytest.mark.parametrize("optimizer", [Momentum(0.1, 0.0), Nesterov(0.1, 0.0)])
def test_without_momentum_it_is_plain_descent(optimizer, kernel_set):
    np.testing.assert_array_equal(stepped(optimizer, MANY), stepped(SGD(0.1), MANY))


def test_adamw_without_decay_is_adam(kernel_set):
    np.testing.assert_array_equal(
        stepped(AdamW(0.1, weight_decay=0), MANY), stepped(Adam(0.1), MANY)
    )


def test_lion_follows_its_momentum_against_a_weak_slope(kernel_set):
    """m = (0.5, -0.5) after the first step, and 0.9 m + 0.1 g = (0.25, -0.25) in the second."""
    lion = Lion(0.1, beta1=0.9, beta2=0.5)

    np.testing.assert_allclose(stepped(lion, [(1.0, -1.0), (-2.0, 2.0)]), (0.8, -1.8))


def test_adam_without_state_steps_by_the_sign_of_the_slope(kernel_set):
    steps = stepped(Adam(0.1, beta1=0, beta2=0, epsilon=1e-12), MANY)

    np.testing.assert_allclose(steps, (1, -2) - 0.1 * np.sign(MANY).sum(axis=0), atol=1e-9)


def test_rmsprop_without_state_steps_by_the_sign_of_the_slope(kernel_set):
    steps = stepped(RMSProp(0.1, rho=0, epsilon=1e-12), MANY)

    np.testing.assert_allclose(steps, (1, -2) - 0.1 * np.sign(MANY).sum(axis=0), atol=1e-9)


def test_adam_does_not_mind_how_large_the_slopes_are(kernel_set):
    np.testing.assert_allclose(
        stepped(Adam(0.1, epsilon=1e-20), 1e-6 * MANY), stepped(Adam(0.1, epsilon=1e-20), MANY)
    )


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_weight_decay_shrinks_weights_and_leaves_biases(name, kernel_set):
    optimizer = OPTIMIZERS[name](0.1, weight_decay=0.5)

    w, b = stepped(optimizer, [(0.0, 0.0)] * 3)

    assert w == pytest.approx(0.95**3)
    assert b == -2.0


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_flat_place_is_not_left(name, kernel_set):
    optimizer = dataclasses.replace(OPTIMIZERS[name](), weight_decay=0)

    np.testing.assert_array_equal(stepped(optimizer, [(0.0, 0.0)] * 3), (1.0, -2.0))


# --- description and names ----------------------------------------------------------------------


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_state_starts_at_zero_in_the_networks_precision(name):
    optimizer = OPTIMIZERS[name]()
    parameters, _ = vectors(np.float32)

    state = optimizer.init_state(parameters)

    assert tuple(state) == optimizer.state_names
    for array in state.values():
        assert array.dtype == np.float32
        assert (array == 0).all()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_is_a_description_that_cannot_be_changed(name):
    optimizer = OPTIMIZERS[name]()

    with pytest.raises(dataclasses.FrozenInstanceError):
        optimizer.learning_rate = 1
    assert optimizer == OPTIMIZERS[name]()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_name_and_a_learning_rate_make_an_optimizer(name):
    assert resolve_optimizer(name.upper(), 0.25) == OPTIMIZERS[name](0.25)
    assert resolve_optimizer(name) == OPTIMIZERS[name]()


def test_a_learning_rate_replaces_that_of_an_object_and_nothing_else():
    assert resolve_optimizer(Adam(1e-3, beta1=0.8), 0.5) == Adam(0.5, beta1=0.8)


DEFAULTS = {
    "sgd": {"learning_rate": 0.1},
    "momentum": {"learning_rate": 0.05, "mu": 0.9},
    "nesterov": {"learning_rate": 0.05, "mu": 0.9},
    "adagrad": {"learning_rate": 0.01, "epsilon": 1e-10},
    "rmsprop": {"learning_rate": 0.001, "rho": 0.9, "epsilon": 1e-8},
    "adam": {"learning_rate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
    "adamw": {
        "learning_rate": 0.001, "weight_decay": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8,
    },
    "lion": {"learning_rate": 0.0001, "beta1": 0.9, "beta2": 0.99},
}  # fmt: skip


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_defaults_are_the_documented_ones(name):
    assert dataclasses.asdict(OPTIMIZERS[name]()) == {"weight_decay": 0.0, **DEFAULTS[name]}


LOWEST_REFUSED = {"learning_rate": 0, "weight_decay": -1e-9, "epsilon": 0}
"""Options that may be as large as one likes; all others are at least 0 and below 1."""


@pytest.mark.parametrize(
    ("name", "option"), [(name, option) for name in DEFAULTS for option in DEFAULTS[name]]
)
def test_every_option_refuses_values_outside_its_range(name, option):
    outside = [LOWEST_REFUSED[option]] if option in LOWEST_REFUSED else [-1e-9, 1]
    for value in (*outside, float("nan"), float("inf")):
        with pytest.raises(ArgumentError, match=option):
            OPTIMIZERS[name](**{option: value})


@pytest.mark.parametrize(
    ("make", "pieces"),
    [
        (lambda: SGD(0), ["learning_rate must be above 0", "got 0"]),
        (lambda: Adam(float("nan")), ["learning_rate must be above 0", "got nan"]),
        (lambda: Adam(float("inf")), ["learning_rate", "got inf"]),
        (lambda: Adam("0.1"), ["learning_rate", "got '0.1'"]),
        (lambda: SGD(weight_decay=-1), ["weight_decay must be at least 0", "got -1"]),
        (lambda: Momentum(mu=1.0), ["mu must be at least 0 and below 1", "got 1.0"]),
        (lambda: RMSProp(rho=-0.1), ["rho must be at least 0 and below 1", "got -0.1"]),
        (lambda: RMSProp(epsilon=0), ["epsilon", "got 0"]),
        (lambda: Adam(beta1=1), ["beta1 must be at least 0 and below 1", "got 1"]),
        (lambda: Adam(beta2=1.1), ["beta2 must be at least 0 and below 1", "got 1.1"]),
        (lambda: Adam(epsilon=-1), ["epsilon", "got -1"]),
        (lambda: resolve_optimizer("adma"), ["unknown optimizer 'adma'", "Did you mean 'adam'?"]),
        (lambda: resolve_optimizer(Adam), ["a name or an Optimizer", "Adam"]),
        (lambda: resolve_optimizer("adam", -1), ["learning_rate must be above 0", "got -1"]),
    ],
)
def test_anything_but_an_optimizer_is_refused(make, pieces):
    with pytest.raises(ArgumentError) as refused:
        make()

    assert [piece for piece in pieces if piece not in str(refused.value)] == []
