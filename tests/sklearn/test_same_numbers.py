"""With the same parameters and seed, the weights are scikit-learn's, up to rounding."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import neural_network as theirs
from sklearn.datasets import make_multilabel_classification

from byhand import sklearn as ours

SETTINGS = {
    "default": {},
    "batches": {"batch_size": 32},
    "without shuffling": {"batch_size": 32, "shuffle": False},
    "two hidden layers": {"hidden_layer_sizes": (12, 7), "batch_size": 40},
    "no hidden layer": {"hidden_layer_sizes": ()},
    "tanh, strong penalty": {"activation": "tanh", "alpha": 1.0, "batch_size": 50},
    "logistic": {"activation": "logistic", "hidden_layer_sizes": 9},
    "identity": {"activation": "identity", "hidden_layer_sizes": 9},
    "nesterov": {"solver": "sgd", "batch_size": 32},
    "momentum": {"solver": "sgd", "nesterovs_momentum": False, "batch_size": 32},
    "plain sgd": {"solver": "sgd", "momentum": 0, "batch_size": 32},
    "other betas": {"beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-4},
    "stops early": {"tol": 0.05, "n_iter_no_change": 3},
    "adaptive": {
        "solver": "sgd", "learning_rate": "adaptive", "tol": 0.05, "n_iter_no_change": 2,
        "momentum": 0,
    },
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling", "momentum": 0},
    "float32": {},
}  # fmt: skip


def fitted(kind, name, X, y, **more):
    settings = {"random_state": 3, "max_iter": 25} | SETTINGS[name] | more
    if name == "float32":
        X = X.astype(np.float32)
    return [getattr(home, kind)(**settings).fit(X, y) for home in (theirs, ours)]


def assert_same(expected, found, rtol=1e-9):
    for name in ("coefs_", "intercepts_"):
        for one, other in zip(getattr(expected, name), getattr(found, name), strict=True):
            assert one.dtype == other.dtype
            np.testing.assert_allclose(other, one, rtol=rtol, atol=rtol)
    np.testing.assert_allclose(found.loss_curve_, expected.loss_curve_, rtol=rtol)
    for name in ("n_iter_", "t_", "n_layers_", "n_outputs_", "out_activation_", "n_features_in_"):
        assert getattr(found, name) == getattr(expected, name)
    assert found.loss_ == pytest.approx(expected.loss_, rel=rtol)
    assert found.best_loss_ == pytest.approx(expected.best_loss_, rel=rtol)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_classifier_of_three_classes(name, iris):
    assert_same(*fitted("MLPClassifier", name, *iris), rtol=1e-4 if name == "float32" else 1e-9)


@pytest.mark.parametrize("name", ["default", "batches", "nesterov", "logistic"])
def test_a_classifier_of_two_classes(name, iris):
    X, y = iris

    assert_same(*fitted("MLPClassifier", name, X[:100], y[:100]))


@pytest.mark.parametrize("name", ["default", "batches", "nesterov"])
def test_a_classifier_of_several_labels(name):
    X, Y = make_multilabel_classification(60, random_state=0)

    assert_same(*fitted("MLPClassifier", name, X, Y))


@pytest.mark.parametrize("name", ["default", "batches", "nesterov", "two hidden layers"])
def test_a_regressor(name, diabetes):
    assert_same(*fitted("MLPRegressor", name, *diabetes))


def test_a_regressor_with_early_stopping(diabetes):
    options = {"early_stopping": True, "batch_size": 32, "max_iter": 60, "n_iter_no_change": 3}
    expected, found = fitted("MLPRegressor", "default", *diabetes, **options)

    assert found.n_iter_ == expected.n_iter_
    np.testing.assert_allclose(found.validation_scores_, expected.validation_scores_, rtol=1e-9)
    np.testing.assert_allclose(found.coefs_[0], expected.coefs_[0], rtol=1e-9, atol=1e-12)
    assert found.best_loss_ is expected.best_loss_ is None


def test_sample_weights(iris):
    X, y = iris
    weights = np.random.default_rng(0).uniform(0, 3, len(y))
    settings = {"random_state": 1, "max_iter": 10, "batch_size": 32}

    expected = theirs.MLPClassifier(**settings).fit(X, y, sample_weight=weights)
    found = ours.MLPClassifier(**settings).fit(X, y, sample_weight=weights)

    assert_same(expected, found)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_partial_fit(solver, iris):
    X, y = iris
    models = [home.MLPClassifier(solver=solver, random_state=0) for home in (theirs, ours)]

    for model in models:
        for start in (0, 50, 20, 100):
            rows = slice(start, start + 50)
            model.partial_fit(X[rows], y[rows], classes=[0, 1, 2])

    assert_same(*models)


def test_warm_start(iris):
    X, y = iris
    models = [
        home.MLPClassifier(random_state=0, warm_start=True, max_iter=5) for home in (theirs, ours)
    ]

    for model in models:
        model.fit(X, y).fit(X, y)

    assert_same(*models)


def test_lbfgs_reaches_the_same_loss(iris, diabetes):
    settings = {"solver": "lbfgs", "hidden_layer_sizes": 8, "random_state": 0, "max_iter": 60}

    for kind, data in (("MLPClassifier", iris), ("MLPRegressor", diabetes)):
        expected, found = (getattr(home, kind)(**settings).fit(*data) for home in (theirs, ours))

        assert found.loss_ == pytest.approx(expected.loss_, rel=0.02)
        assert found.loss_curve_[-1] == found.loss_


def test_poisson(diabetes):
    X, y = diabetes
    counts = np.round(np.exp(y))
    settings = {"loss": "poisson", "random_state": 0, "max_iter": 20}

    expected, found = (home.MLPRegressor(**settings).fit(X, counts) for home in (theirs, ours))

    np.testing.assert_allclose(found.predict(X), expected.predict(X), rtol=1e-9)
    assert_same(expected, found)


def test_the_parameters_and_defaults_are_theirs_and_more():
    for kind in ("MLPClassifier", "MLPRegressor"):
        expected = getattr(theirs, kind)().get_params()
        found = getattr(ours, kind)().get_params()

        assert {name: found[name] for name in expected} == expected


def test_the_first_parameters_may_be_given_by_position():
    assert ours.MLPClassifier(5, "tanh").get_params()["activation"] == "tanh"
    assert ours.MLPRegressor("poisson", 5, "tanh").get_params()["loss"] == "poisson"
