"""Bad input gets one clear message from `fit`, and nothing else changes."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from byhand import DataError
from byhand.sklearn import MLPClassifier, MLPRegressor

BAD = {
    "hidden_layer_sizes": [(0, "must be > 0"), ((5, -1), "must be > 0"), ("many", "integer")],
    "activation": [("rleu", "Did you mean 'relu'"), (["relu"], "list of 2"), ("softmax", "Choose")],
    "solver": [("adm", "Did you mean 'adam'"), (3, "solver")],
    "alpha": [(-1, "alpha must be at least 0"), ("x", "alpha")],
    "batch_size": [(0, 'batch_size .or else "auto".'), (2.5, "integer")],
    "learning_rate": [("cosin", "Did you mean 'cosine'")],
    "learning_rate_init": [(0, "learning_rate_init must be above 0")],
    "max_iter": [(0, "max_iter must be an integer of at least 1")],
    "max_fun": [(0, "max_fun")],
    "tol": [(-1e-4, "tol must be at least 0")],
    "momentum": [(1.5, "momentum must be at least 0 and below 1")],
    "validation_fraction": [(1, "validation_fraction")],
    "beta_1": [(1, "beta_1")],
    "epsilon": [(0, "epsilon must be above 0")],
    "n_iter_no_change": [(0, "n_iter_no_change")],
    "shuffle": [("yes", "shuffle must be True or False")],
    "dropout": [(1.0, "dropout"), ([0.1], "list of 2")],
    "callbacks": [([print], "callbacks must be a list of byhand.Callback")],
    "dtype": [("int8", "float32 or float64")],
    "clip_norm": [(0, "clip_norm must be above 0")],
    "loss": [("hinge", "unknown loss 'hinge'")],
    "random_state": [("seed", "seed")],
}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [(name, *case) for name, cases in BAD.items() for case in cases],
    ids=str,
)
def test_a_parameter_that_cannot_be_used_is_named(name, value, message, iris):
    for kind in (MLPClassifier, MLPRegressor):
        model = kind(**{"hidden_layer_sizes": (4, 3), name: value})

        with pytest.raises(ValueError, match=message):
            model.fit(*iris)
        assert not hasattr(model, "network_")


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(3), "one number for each of the 150 examples; got the shape"),
        (np.zeros(150), "must not be zero for all"),
        (np.full(150, -1.0), "at least 0"),
        (np.full(150, np.nan), "finite"),
    ],
)
def test_weights_that_cannot_be_used(weights, message, iris):
    with pytest.raises(ValueError, match=message):
        MLPClassifier().fit(*iris, sample_weight=weights)


def test_lbfgs_takes_no_random_layers_and_no_validation_set(iris):
    with pytest.raises(ValueError, match="dropout is random"):
        MLPClassifier(solver="lbfgs", dropout=0.1).fit(*iris)
    with pytest.raises(ValueError, match="stochastic solver"):
        MLPClassifier(solver="lbfgs").fit(*iris, X_val=iris[0], y_val=iris[1])


def test_half_a_validation_set(iris):
    with pytest.raises(ValueError, match="belong together"):
        MLPClassifier().fit(*iris, X_val=iris[0])
    with pytest.raises(ValueError, match="X_val has 150 rows, but y_val has 149"):
        MLPClassifier().fit(*iris, X_val=iris[0], y_val=iris[1][1:])
    with pytest.raises(DataError, match=r"classes that were not there at first: .7."):
        MLPClassifier().fit(*iris, X_val=iris[0][:2], y_val=[0, 7])


def test_negative_counts(diabetes):
    with pytest.raises(DataError, match="counts, targets of at least 0"):
        MLPRegressor(loss="poisson").fit(*diabetes)


def test_balanced_weights_of_a_stream(iris):
    with pytest.raises(ValueError, match="dictionary class -> weight"):
        MLPClassifier(class_weight="balanced").partial_fit(*iris, classes=[0, 1, 2])


def test_partial_fit_needs_the_classes_and_keeps_them(iris):
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        MLPClassifier().partial_fit(*iris)
    model = MLPClassifier().partial_fit(*iris, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="not the same as on the last call"):
        model.partial_fit(*iris, classes=[0, 1])
    with pytest.raises(DataError, match=r"not there at first: .5."):
        model.partial_fit(iris[0][:1], [5])


def test_going_on_with_other_layers(iris):
    model = MLPClassifier(hidden_layer_sizes=4, warm_start=True, max_iter=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(*iris)

    with pytest.raises(ValueError, match=r"4-4-3, but .* ask for 4-9-3; set warm_start=False"):
        model.set_params(hidden_layer_sizes=9).fit(*iris)


def test_too_high_a_learning_rate_is_named(diabetes):
    X, y = diabetes
    model = MLPRegressor(solver="sgd", learning_rate_init=1e6, random_state=0)

    with pytest.raises(ValueError, match=r"non-finite parameter weights.*learning rate"):
        model.fit(X, y * 1e3)


def test_an_estimator_that_is_not_fitted(iris):
    for method in ("predict", "predict_proba", "transform", "input_gradients"):
        with pytest.raises(NotFittedError):
            getattr(MLPClassifier(), method)(iris[0])


def test_a_layer_or_output_that_does_not_exist(iris):
    model = MLPClassifier(hidden_layer_sizes=(), max_iter=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(*iris)

    with pytest.raises(ValueError, match="0 hidden layers"):
        model.transform(iris[0])
    with pytest.raises(ValueError, match="index below 3; got 3"):
        model.input_gradients(iris[0], 3)


def test_an_unfinished_fit_warns(iris):
    with pytest.warns(ConvergenceWarning, match="Maximum iterations .2. reached"):
        MLPClassifier(max_iter=2).fit(*iris)
    with pytest.warns(ConvergenceWarning, match="lbfgs failed to converge after 2 iterations"):
        MLPClassifier(max_iter=2, solver="lbfgs").fit(*iris)


def test_without_scikit_learn_the_message_says_what_to_install(monkeypatch):
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.delitem(sys.modules, "byhand.sklearn")

    with pytest.raises(ImportError, match=r'pip install "byhand\[sklearn\]"'):
        importlib.import_module("byhand.sklearn")
