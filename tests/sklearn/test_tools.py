"""The estimators work inside scikit-learn's tools, and survive pickling, joblib and skops."""

from __future__ import annotations

import copy
import pickle
from io import BytesIO

import joblib
import numpy as np
import pytest
import sklearn
from scipy import sparse
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_multilabel_classification
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from byhand import backend
from byhand.sklearn import MLPClassifier, MLPRegressor

QUICK = {"hidden_layer_sizes": 8, "max_iter": 40, "random_state": 0, "learning_rate_init": 0.02}


def test_pipeline_cross_validation_and_grid_search(iris):
    pipe = make_pipeline(StandardScaler(), MLPClassifier(**QUICK))

    assert cross_val_score(pipe, *iris, cv=3).min() > 0.85
    grid = GridSearchCV(
        pipe, {"mlpclassifier__dropout": [0.0, 0.2], "mlpclassifier__activation": ["tanh"]}, cv=2
    )
    assert grid.fit(*iris).best_estimator_[-1].activation == "tanh"
    assert grid.score(*iris) > 0.9


def test_processes_of_joblib_give_the_same_scores(iris, monkeypatch):
    monkeypatch.setenv("BYHAND_KERNELS", backend.active())  # other kernels, other bits
    model = MLPClassifier(**QUICK)

    alone = cross_validate(model, *iris, cv=2, return_estimator=True)
    with joblib.parallel_backend("loky", n_jobs=2):
        together = cross_validate(model, *iris, cv=2, return_estimator=True)

    np.testing.assert_array_equal(together["test_score"], alone["test_score"])
    for one, other in zip(alone["estimator"], together["estimator"], strict=True):
        np.testing.assert_array_equal(one.coefs_[0], other.coefs_[0])


def test_dask_can_run_a_search(iris):
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    with (
        distributed.Client(processes=False, dashboard_address=":0"),
        joblib.parallel_backend("dask"),
    ):
        grid = GridSearchCV(MLPClassifier(**QUICK), {"alpha": [1e-4, 1e-2]}, cv=2).fit(*iris)

    assert grid.best_score_ > 0.6


def test_probabilities_can_be_calibrated(iris):
    calibrated = CalibratedClassifierCV(MLPClassifier(**QUICK), cv=3).fit(*iris)

    np.testing.assert_allclose(calibrated.predict_proba(iris[0]).sum(axis=1), 1)


def pickled(model):
    return pickle.loads(pickle.dumps(model))  # noqa: S301 - our own


def joblibbed(model):
    file = BytesIO()
    joblib.dump(model, file)
    return joblib.load(file)


def skopsed(model):
    skops = pytest.importorskip("skops.io", reason="skops is not installed")
    data = skops.dumps(model)
    unknown = skops.get_untrusted_types(data=data)
    assert unknown == [f"byhand.sklearn.{type(model).__module__.split('.')[-1]}."
                       f"{type(model).__name__}"]  # fmt: skip
    return skops.loads(data, trusted=unknown)


@pytest.mark.parametrize("saved", [copy.deepcopy, pickled, joblibbed, skopsed])
@pytest.mark.parametrize("options", [{}, {"batch_norm": True, "dropout": 0.2}])
def test_a_saved_estimator_predicts_and_trains_on_as_the_original(saved, options, iris):
    X, y = iris
    model = MLPClassifier(**QUICK | {"max_iter": 5, "batch_size": 50} | options).fit(X, y)

    other = saved(model)

    assert other.get_params() == model.get_params()
    np.testing.assert_array_equal(other.predict_proba(X), model.predict_proba(X))
    assert other.history_ == model.history_
    model.partial_fit(X, y)
    other.partial_fit(X, y)
    np.testing.assert_array_equal(other.predict_proba(X), model.predict_proba(X))
    assert not np.shares_memory(other.coefs_[0], model.coefs_[0])


def test_a_saved_regressor_predicts_as_the_original(diabetes):
    X, y = diabetes
    model = MLPRegressor(**QUICK | {"max_iter": 3}).fit(X, y)

    for saved in (pickled, skopsed):
        np.testing.assert_array_equal(saved(model).predict(X), model.predict(X))


def test_a_clone_is_not_fitted(iris):
    model = clone(MLPClassifier(**QUICK, dropout=[0.1]).fit(*iris))

    assert not hasattr(model, "coefs_")
    assert model.dropout == [0.1]


@pytest.mark.parametrize("convert", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_sparse_inputs_give_what_dense_inputs_give(convert, solver, iris):
    X, y = iris
    X = np.where(X > 2, X, 0)
    settings = QUICK | {"solver": solver, "max_iter": 5}
    if solver == "adam":
        settings |= {"batch_size": 40, "early_stopping": True}

    dense = MLPClassifier(**settings).fit(X, y)
    model = MLPClassifier(**settings).fit(convert(X), y)

    np.testing.assert_allclose(model.coefs_[0], dense.coefs_[0], rtol=1e-12)
    np.testing.assert_allclose(model.predict_proba(convert(X)), dense.predict_proba(X))
    np.testing.assert_allclose(model.transform(convert(X)), dense.transform(X))
    np.testing.assert_allclose(model.input_gradients(convert(X)), dense.input_gradients(X))


def test_a_large_sparse_matrix_never_becomes_dense_at_once():
    X = sparse.random_array((2000, 60_000), density=1e-4, format="csr", random_state=0)
    y = np.arange(2000) % 2  # dense, it would take 960 MB

    model = MLPClassifier(hidden_layer_sizes=2, max_iter=1, batch_size=20).fit(X[:100], y[:100])

    assert model.predict(X).shape == (2000,)


def test_string_labels(iris):
    X, y = iris
    names = np.array(["setosa", "versicolor", "virginica"])

    model = MLPClassifier(**QUICK, early_stopping=True).fit(X, names[y])

    assert list(model.classes_) == model.network_.class_names == list(names)
    assert set(model.predict(X)) <= set(names)


def test_several_labels():
    X, Y = make_multilabel_classification(80, random_state=0)

    model = MLPClassifier(**QUICK | {"max_iter": 150}).fit(X, Y)

    assert model.out_activation_ == "logistic"
    assert model.predict(X).shape == Y.shape
    assert model.score(X, Y) > 0.5
    assert model.predict_proba(X).shape == Y.shape


def test_several_outputs(diabetes):
    X, y = diabetes
    model = MLPRegressor(**QUICK | {"max_iter": 100}).fit(X, np.c_[y, -y, y * 2])

    assert model.predict(X).shape == (len(X), 3)
    assert model.score(X, np.c_[y, -y, y * 2]) > 0.5


def test_partial_fit_learns_a_stream_in_which_classes_come_one_after_the_other(iris):
    X, y = iris
    model = MLPClassifier(**QUICK | {"solver": "sgd"})

    for label in (0, 1, 2) * 40:
        model.partial_fit(X[np.equal(y, label)], y[np.equal(y, label)], classes=[0, 1, 2])

    assert model.score(X, y) > 0.6
    assert model.t_ == 6000
    assert len(model.loss_curve_) == 120


def test_a_hundred_calls_of_partial_fit_reach_what_fit_reaches(iris):
    settings = QUICK | {"tol": 0, "n_iter_no_change": 1000, "max_iter": 100}
    model = MLPClassifier(**settings)

    for _ in range(100):
        model.partial_fit(*iris, classes=[0, 1, 2])

    np.testing.assert_allclose(model.coefs_[0], MLPClassifier(**settings).fit(*iris).coefs_[0])


def test_outputs_as_frames_have_names(iris):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    X = pandas.DataFrame(iris[0], columns=["a", "b", "c", "d"])

    model = MLPClassifier(**QUICK).set_output(transform="pandas").fit(X, iris[1])

    assert list(model.feature_names_in_) == ["a", "b", "c", "d"]
    frame = model.transform(X)
    assert list(frame.columns) == [f"mlpclassifier{i}" for i in range(8)]
    with pytest.raises(ValueError, match="feature names"):
        model.predict(X[["b", "a", "c", "d"]])


def test_hidden_activations_feed_another_model(iris):
    from sklearn.linear_model import LogisticRegression

    pipe = make_pipeline(
        StandardScaler(), MLPClassifier(**QUICK), LogisticRegression(max_iter=1000)
    )

    assert pipe.fit(*iris).score(*iris) > 0.9


def test_weights_are_routed_through_a_search(iris):
    X, y = iris
    weights = np.where(y == 2, 0.0, 1.0)  # the third class does not count

    with sklearn.config_context(enable_metadata_routing=True):
        model = MLPClassifier(**QUICK).set_fit_request(sample_weight=True)
        model.set_score_request(sample_weight=True)
        grid = GridSearchCV(model, {"alpha": [1e-4]}, cv=2)
        grid.fit(X, y, sample_weight=weights)

    assert not (grid.predict(X) == 2).any()
