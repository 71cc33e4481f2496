"""What a network keeps, checks and reports beside its formulas."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pytest

from byhand import (
    ArgumentError,
    DataError,
    DenseLayer,
    InputLayer,
    Network,
    gradient_check,
)
from byhand.network.activations import activation_from_pair
from byhand.network.finite_differences import relative_error
from byhand.network.gradient_check import GradientReport, ParameterCheck, _Checker
from byhand.network.inference import BLOCK_ROWS
from byhand.network.standardise import value_range

X = np.random.default_rng(0).normal(size=(50, 4))


def network(units=3, output="softmax", hidden=(), **options):
    layers = [InputLayer(4, "none"), *hidden, DenseLayer(units, output)]
    return Network(layers, **{"seed": 0, "dtype": "float64"} | options)


# --- an activation of your own ------------------------------------------------------------------


def test_an_activation_of_your_own_is_compared_at_points_on_both_sides_of_zero():
    seen = {"f": [], "slope": []}

    def keep(name, value):
        def function(z):
            seen[name].append(z.copy())
            return value(z)

        return function

    made = activation_from_pair(keep("f", np.sin), keep("slope", np.cos))
    (z,) = seen["slope"]
    up, down = seen["f"]

    assert made.name == "own:function"
    assert (z.min(), z.max(), np.abs(z).min(), len(z)) == (-4, 4, 0.05, 160)
    np.testing.assert_allclose(z, -z[::-1], atol=1e-15)
    np.testing.assert_allclose(np.diff(z[:80]), 3.95 / 79)
    np.testing.assert_allclose(up - z, 1e-5, rtol=1e-9)
    np.testing.assert_allclose(z - down, 1e-5, rtol=1e-9)


@pytest.mark.parametrize("slope", [0.5, 100.0])
@pytest.mark.parametrize(("error", "passes"), [(0.9e-5, True), (1.1e-5, False)])
def test_how_exact_the_slope_of_your_own_activation_must_be(slope, error, passes):
    """To 1e-5, of the slope where it is above 1."""
    stated = slope + error * max(1.0, slope)
    pair = (lambda z: slope * z, lambda z: np.full_like(z, stated))
    if passes:
        assert DenseLayer(2, pair).activation(np.array([2.0])) == 2 * slope
    else:
        with pytest.raises(ArgumentError, match="finite differences give"):
            DenseLayer(2, pair)


# --- caches -------------------------------------------------------------------------------------


def test_a_cache_keeps_smaller_ones_of_two_sizes():
    """The batches of an epoch have two sizes, one more for its last."""
    full = network().new_cache(50, X)
    kept = {n: full.head(n) for n in (20, 5)}
    for n in (20, 5, 20):
        assert full.head(n) is kept[n]
    full.head(30)

    assert sorted(full._heads) == [20, 30]


@pytest.mark.parametrize("n", [1, 2, 3, 50])
def test_a_single_row_has_arrays_of_its_own_size(n):
    net = network()
    net.predict_proba(X[:n])
    ((capacity, dtype),) = net.inference._thread.caches

    assert (capacity, dtype) == (1 if n == 1 else BLOCK_ROWS, np.dtype("f8"))


def test_the_arrays_of_predictions_are_not_part_of_a_pickle():
    net = network()
    net.predict_proba(X)
    loaded = pickle.loads(pickle.dumps(net.inference))  # noqa: S301

    assert not vars(loaded._thread)
    np.testing.assert_array_equal(loaded.outputs(X, loaded.net.input_layer), net.predict_proba(X))


# --- the gradient check -------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "step"), [(0.5, 1e-5), (-1.0, 1e-5), (3.0, 3e-5), (-8, 8e-5)])
def test_the_step_of_a_difference_grows_with_the_number(value, step):
    """The number is put back, and the pass is computed again with it."""
    net = network(hidden=[DenseLayer(2, "tanh")])
    checker = _Checker(net, X, np.arange(50) % 3, True, 0)
    array, seen = checker.net.parameters["W1"], []
    array[1, 1] = value

    def forward():
        seen.append(array[1, 1])
        checker._forward_from(0)

    slope = checker._slope(array, 3, forward)

    np.testing.assert_allclose(np.array(seen) - value, [-step, step, 0], rtol=1e-9)
    assert np.isfinite(slope)
    assert seen[-1] == array[1, 1] == value


def test_an_array_with_nothing_but_kinks_has_no_worst_entry():
    net = network(hidden=[DenseLayer(6, "relu")])
    report = gradient_check(net, np.zeros((5, 4)), np.arange(5) % 3, samples=None)
    (check,) = (one for one in report.checks if one.name == "db1")

    assert (check.checked, check.kinks, check.relative_error) == (0, 6, 0.0)
    assert check.worst == ((0,), 0.0, 0.0)


def test_a_fault_that_is_in_no_intermediate_gradient_is_said_to_be_so():
    checker = _Checker(network(), X, np.arange(50) % 3, True, 0)
    checker.report(None, 1e-7)

    assert checker._locate([ParameterCheck("dW9", 9, 1.0, 1, 0, ((0,), 0.0, 1.0))]) == (
        "dW9, though every intermediate gradient is correct"
    )


def test_a_report_in_a_notebook_names_what_is_wrong():
    checks = [
        ParameterCheck("dW1", 1, 1e-9, 1200, 3, ((0, 1), 1.0, 1.0)),
        ParameterCheck("db1", 1, 0.5, 4, 0, ((2,), 1.5, 0.5)),
    ]
    html = GradientReport(checks, 1e-7, "a term")._repr_html_()
    shown = [one.strip() for one in re.split(r"<[^>]+>", html) if one.strip()]

    assert shown[0] == "db1[2] is 1.5, finite differences give 0.5"
    assert shown[1] == "the fault: a term"
    assert shown[-10:] == ["dW1", "1.00e-09", "1,200", "3", "correct", "db1", "5.00e-01", "4", "0",
                           "wrong"]  # fmt: skip
    assert "all gradients agree" in GradientReport(checks[:1], 1e-7)._repr_html_()


@pytest.mark.parametrize(("negligible", "error"), [(2.0, 0.0), (np.nextafter(2, 1), 1.0)])
def test_gradients_up_to_a_size_count_as_equal(negligible, error):
    assert relative_error(np.array([1.0]), np.array([-1.0]), negligible) == error


# --- the input ----------------------------------------------------------------------------------


def test_rows_of_a_memory_map_are_a_plain_view_that_cannot_be_written(tmp_path):
    stored = np.memmap(tmp_path / "x", np.float32, "w+", shape=(6, 2, 2))
    rows = InputLayer(4).rows(stored)

    assert type(rows) is np.ndarray
    assert np.shares_memory(rows, stored)
    assert not rows.flags.writeable
    assert stored.flags.writeable


def test_no_rows_have_no_range():
    with pytest.raises(DataError, match="at least one example; got an array with no rows"):
        value_range(np.zeros((0, 4)))


def test_an_offset_of_an_older_file_takes_the_precision_of_the_network():
    vector = np.linspace(0.1, 0.4, 4)
    older = InputLayer(4, "standardise", factor=vector, offset=vector).astype(np.dtype("f4"))
    newer = InputLayer(4, "standardise", factor=vector, mean=vector).astype(np.dtype("f4"))

    assert (older.factor.dtype, older.offset.dtype) == ("f4", "f4")
    assert newer.factor.dtype == newer.mean.dtype == "f8"


@pytest.mark.parametrize(
    ("settings", "low", "high"),
    [
        ({}, -2, 6), ({"factor": 0.5}, -1, 3), ({"factor": 0.5, "mean": 2.0}, -2, 2),
        ({"mean": 2.0}, -4, 4), ({"factor": 0.5, "offset": 3.0}, -4, 0), ({"offset": 3.0}, -5, 3),
        ({"factor": np.array([1, 2, 3, 4])}, [-2, -4, -6, -8], [6, 12, 18, 24]),
        ({"mean": np.array([0, 1, 2, 3])}, [-2, -3, -4, -5], [6, 5, 4, 3]),
    ],
    ids=str,
)  # fmt: skip
def test_the_limits_of_the_inputs_follow_from_the_range_of_the_raw_data(settings, low, high):
    found = InputLayer(4, "standardise", input_range=(-2.0, 6.0), **settings).limits()

    np.testing.assert_allclose(found[0], low)
    np.testing.assert_allclose(found[1], high)


# --- the task -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "output", "task"),
    [
        ({}, "softmax", "classification"), ({}, "sigmoid", "classification"),
        ({}, "identity", "regression"), ({}, "exp", "regression"),
        ({"classification": True}, "identity", "classification"),
        ({"classification": False}, "identity", "regression"),
        ({"classification": False}, "softmax", "classification"),
        ({"task": "multi-label"}, "sigmoid", "multi-label"),
        ({"task": "regression"}, "sigmoid", "classification"),
        ({"task": "regression"}, "tanh", "regression"),
        ({"task": "classification"}, "tanh", "classification"),
        ({"task": "regression", "classification": True}, "tanh", "regression"),
    ],
)  # fmt: skip
def test_the_task_that_a_network_was_trained_for(facts, output, task):
    net = network(output=output)
    net.facts |= facts

    assert net.task == task
