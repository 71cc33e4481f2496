"""Features of the estimators that scikit-learn's lack."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from byhand import (
    AdamW,
    BatchNormLayer,
    Callback,
    CategoricalCrossEntropy,
    DropoutLayer,
    EarlyStopping,
    Huber,
    MultiLayerPerceptron,
    OneCycle,
)
from byhand.sklearn import MLPClassifier, MLPRegressor

QUICK = {"hidden_layer_sizes": (12, 8), "max_iter": 60, "random_state": 0}
QUICK |= {"learning_rate_init": 0.02, "batch_size": 32}


def layers(model, kind):
    return [placed.layer for placed in model.network_.stack if isinstance(placed.layer, kind)]


def test_dropout_for_all_hidden_layers_or_for_each(iris):
    same = MLPClassifier(**QUICK, dropout=0.2).fit(*iris)
    each = MLPClassifier(**QUICK, dropout=[0, 0.3]).fit(*iris)

    assert [layer.rate for layer in layers(same, DropoutLayer)] == [0.2, 0.2]
    assert [layer.rate for layer in layers(each, DropoutLayer)] == [0.3]
    assert same.score(*iris) > 0.9
    again = MLPClassifier(**QUICK, dropout=0.2).fit(*iris)
    np.testing.assert_array_equal(again.coefs_[0], same.coefs_[0])


def test_dropout_differs_from_call_to_call_of_partial_fit(iris):
    model = MLPClassifier(**QUICK | {"shuffle": False, "learning_rate_init": 1e-12}, dropout=0.5)

    for _ in range(2):
        model.partial_fit(*iris, classes=[0, 1, 2])

    assert model.loss_curve_[0] != pytest.approx(model.loss_curve_[1], rel=1e-6)


def test_batch_norm_and_a_last_batch_of_one(iris):
    X, y = iris[0][:145], iris[1][:145]  # 145 = 4 * 36 + 1

    model = MLPClassifier(**QUICK | {"batch_size": 36}, batch_norm=True).fit(X, y)

    assert len(layers(model, BatchNormLayer)) == 2
    assert model.score(X, y) > 0.9
    assert model.transform(X).min() == 0  # relu comes after the normalisation


def test_an_activation_for_each_hidden_layer(iris):
    model = MLPClassifier(**QUICK, activation=["gelu", "logistic"]).fit(*iris)

    names = [placed.layer.activation.name for placed in model.network_.stack]
    assert names == ["gelu", "sigmoid", "softmax"]
    assert model.score(*iris) > 0.9


def test_class_weights_move_the_border(iris):
    X, y = iris
    settings = QUICK | {"max_iter": 15}
    light = MLPClassifier(**settings, class_weight={2: 0.02}).fit(X, y)
    heavy = MLPClassifier(**settings, class_weight={2: 20}).fit(X, y)

    assert (light.predict(X) == 2).sum() < (heavy.predict(X) == 2).sum()


def test_balanced_class_weights_are_sample_weights(iris):
    X, y = iris[0][:120], iris[1][:120]  # 50, 50, 20
    weights = np.array([0.8, 0.8, 2.0])[y]

    balanced = MLPClassifier(**QUICK, class_weight="balanced").fit(X, y)

    expected = MLPClassifier(**QUICK).fit(X, y, sample_weight=weights)
    np.testing.assert_allclose(balanced.coefs_[0], expected.coefs_[0], rtol=1e-9)


def test_my_own_validation_set_is_measured_and_never_trained_on(iris):
    X, y = iris
    mine = np.arange(150) % 3 == 0

    model = MLPClassifier(**QUICK).fit(X[~mine], y[~mine], X_val=X[mine], y_val=y[mine])

    plain = MLPClassifier(**QUICK).fit(X[~mine], y[~mine])
    np.testing.assert_array_equal(model.coefs_[0], plain.coefs_[0])
    assert set(model.history_) == {
        "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"
    }  # fmt: skip
    assert len(model.history_["val_loss"]) == model.n_iter_
    assert model.history_["val_accuracy"][-1] == model.score(X[mine], y[mine])
    probabilities = model.predict_proba(X[mine])[np.arange(mine.sum()), y[mine]]
    assert model.history_["val_loss"][-1] == pytest.approx(-np.log(probabilities).mean())


def test_early_stopping_watches_my_own_validation_set(diabetes):
    X, y = diabetes
    settings = QUICK | {"max_iter": 300, "n_iter_no_change": 4, "early_stopping": True}

    model = MLPRegressor(**settings).fit(X[:300], y[:300], X_val=X[300:], y_val=y[300:])

    assert model.n_iter_ < 300
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert model.score(X[300:], y[300:]) == pytest.approx(model.best_validation_score_)
    half = ((model.predict(X[300:]) - y[300:]) ** 2).mean() / 2
    best = int(np.argmax(model.validation_scores_))
    assert model.history_["val_loss"][best] == pytest.approx(half)


def test_the_validation_set_is_divided_in_proportion(iris):
    X, y = iris
    rows = np.r_[0:100, 100:110]  # the third class is rare
    settings = QUICK | {"early_stopping": True, "validation_fraction": 0.1}
    seen = []

    class Look(Callback):
        def on_train_begin(self, run):
            targets = run.validation.targets.labels[run.validation.rows]
            seen.append(np.bincount(targets, minlength=3).tolist())

    MLPClassifier(**settings, callbacks=[Look()]).fit(X[rows], y[rows])

    assert seen == [[5, 5, 1]]


def test_callbacks_see_the_run_and_can_stop_it(iris):
    mine = EarlyStopping(patience=2, monitor="val_loss")
    X, y = iris
    settings = QUICK | {"max_iter": 500, "learning_rate_init": 0.1}

    model = MLPClassifier(**settings, callbacks=[mine]).fit(X, y, X_val=X[:30], y_val=y[:30])

    assert model.n_iter_ == mine.best.epoch + 2 < 500


def test_other_optimizers_and_schedules(iris):
    X, y = iris
    by_name = MLPClassifier(**QUICK | {"solver": "adamw", "learning_rate": "cosine"}).fit(X, y)
    by_object = MLPClassifier(
        **QUICK | {"solver": AdamW(0.02, weight_decay=0.1), "learning_rate": OneCycle()}
    ).fit(X, y)

    rates = by_name.history_["learning_rate"]
    assert rates[0] > 0.015 > 0.001 > rates[-1]
    assert np.argmax(by_object.history_["learning_rate"]) > 5
    assert min(by_name.score(X, y), by_object.score(X, y)) > 0.9


def test_a_schedule_that_has_run_to_its_end_is_not_an_unfinished_training(iris):
    settings = QUICK | {"max_iter": 3}

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MLPClassifier(**settings, learning_rate="cosine").fit(*iris)


def test_other_losses(iris, diabetes):
    smooth = CategoricalCrossEntropy(label_smoothing=0.3)
    model = MLPClassifier(**QUICK, loss=smooth).fit(*iris)

    assert model.predict_proba(iris[0]).max() < 0.97
    assert model.score(*iris) > 0.9
    assert MLPRegressor(**QUICK, loss=Huber(0.5)).fit(*diabetes).score(*diabetes) > 0.4
    assert MLPRegressor(**QUICK, loss="absolute_error").fit(*diabetes).score(*diabetes) > 0.3
    squared = MLPClassifier(**QUICK, loss="squared_error").fit(*iris)
    assert squared.score(*iris) > 0.9


def test_hidden_activations_are_those_of_the_formula(iris):
    X, y = iris
    model = MLPClassifier(**QUICK, activation="tanh").fit(X, y)

    first = np.tanh(X @ model.coefs_[0] + model.intercepts_[0])
    second = np.tanh(first @ model.coefs_[1] + model.intercepts_[1])

    np.testing.assert_allclose(model.hidden_activations(X, 0), first)
    np.testing.assert_allclose(model.transform(X), second)
    np.testing.assert_allclose(model.hidden_activations(X, -2), first)


def numerical(function, X, h=1e-5):
    """The gradient of a function of rows by central differences."""
    steps = np.eye(X.shape[1]) * h
    return np.stack([(function(X + s) - function(X - s)) / (2 * h) for s in steps], axis=1)


def test_input_gradients_are_those_of_finite_differences(iris, diabetes):
    X, y = iris[0][::7], iris[1]
    smooth = QUICK | {"activation": "tanh"}
    model = MLPClassifier(**smooth, batch_norm=True).fit(*iris)

    def logit(rows):
        return np.log(model.predict_proba(rows)[:, 1] / model.predict_proba(rows)[:, 0])

    difference = model.input_gradients(X, 1) - model.input_gradients(X, 0)
    np.testing.assert_allclose(difference, numerical(logit, X), rtol=1e-5, atol=1e-7)

    binary = MLPClassifier(**smooth).fit(iris[0][:100], y[:100])
    for k, sign in ((0, -1), (1, 1)):

        def single(rows, sign=sign):
            p = binary.predict_proba(rows)[:, 1]
            return sign * np.log(p / (1 - p))

        np.testing.assert_allclose(
            binary.input_gradients(X, k), numerical(single, X), rtol=1e-5, atol=1e-7
        )

    X, y = diabetes
    counts = MLPRegressor(**smooth, loss="poisson").fit(X, np.round(np.exp(y)))
    np.testing.assert_allclose(
        counts.input_gradients(X[:20]), numerical(counts.predict, X[:20]), rtol=1e-5, atol=1e-7
    )


def test_half_the_precision_on_request(iris):
    model = MLPClassifier(**QUICK, dtype="float32").fit(*iris)

    assert model.coefs_[0].dtype == model.predict_proba(iris[0]).dtype == np.float32
    assert model.score(*iris) > 0.9


def test_weights_that_are_assigned_or_changed_are_used(iris):
    X, y = iris
    model = MLPClassifier(**QUICK).fit(X, y)

    model.coefs_[-1] = np.zeros_like(model.coefs_[-1])
    model.intercepts_[-1][:] = [0, 5, 0]

    assert (model.predict(X) == 1).all()
    assert model.network_.parameters["b3"][1] == 5


def test_the_network_is_one_of_ours_and_can_be_saved(iris, tmp_path):
    model = MLPClassifier(**QUICK, batch_norm=True).fit(*iris)

    net = MultiLayerPerceptron.load(model.network_.save(tmp_path / "iris.safetensors"))

    np.testing.assert_array_equal(net.predict_proba(iris[0]), model.predict_proba(iris[0]))
    assert net.evaluate(*iris)["accuracy"] == model.score(*iris)


def test_gradients_are_clipped(iris):
    settings = QUICK | {"solver": "sgd", "momentum": 0, "max_iter": 1, "batch_size": 150}
    start = MLPClassifier(**settings | {"learning_rate_init": 1e-300}).fit(*iris)
    model = MLPClassifier(**settings | {"learning_rate_init": 1.0}, clip_norm=1e-3).fit(*iris)

    moved = model.network_.parameters.vector - start.network_.parameters.vector
    assert np.linalg.norm(moved) == pytest.approx(1e-3)
