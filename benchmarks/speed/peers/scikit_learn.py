"""scikit-learn: `MLPClassifier.fit` with `warm_start` in float32, without extra features.

With `warm_start`, `fit` starts a new optimizer at the current weights, as byhand's `fit` does.
"""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from benchmarks.speed.cases import CLASSES, Prediction, Training
from benchmarks.speed.digits import Digits, starting_weights
from benchmarks.speed.job import Job, fastest_blas_threads, repeat

TRIAL_IMAGES = 2_000


def training(work: Training, digits: Digits, option: str) -> Job:  # noqa: ARG001 - same signature
    """Return a job that calls `fit` for the epochs, at the fastest number of BLAS threads."""
    warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is fixed
    X, y = digits.scaled[: work.images], digits.labels[: work.images]
    model = new_classifier(work, digits)

    def reset() -> None:
        set_weights(model, work.widths)

    reset()
    some = _with_all_classes(X, y, TRIAL_IMAGES)
    threads = fastest_blas_threads(lambda: model.fit(*some), 2)
    model.set_params(max_iter=work.epochs)
    return Job(
        run=lambda: model.fit(X, y),
        reset=reset,
        predict=lambda: model.predict(digits.test_scaled),
        facts={"threads": threads},
    )


def prediction(work: Prediction, digits: Digits, option: str) -> Job:  # noqa: ARG001 - same signature
    """Return a job that calls `predict` on scaled images."""
    model = new_classifier(Training("", work.widths), digits)
    set_weights(model, work.widths)
    images = digits.test_scaled[: work.rows]
    trial = repeat(lambda: model.predict(images), min(work.calls, 50))
    threads = fastest_blas_threads(trial)
    return Job(run=repeat(lambda: model.predict(images), work.calls), facts={"threads": threads})


def new_classifier(work: Training, digits: Digits) -> MLPClassifier:
    """Return a classifier that was fitted on every class, so that its arrays exist."""
    model = MLPClassifier(
        work.widths[1:-1],
        solver=work.optimizer,
        batch_size=work.batch_size,
        learning_rate_init=work.learning_rate,
        alpha=0.0,
        momentum=0.0,
        nesterovs_momentum=False,
        max_iter=1,
        tol=0.0,
        n_iter_no_change=10**9,
        warm_start=True,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(*_with_all_classes(digits.scaled, digits.labels, CLASSES))


def _with_all_classes(X: np.ndarray, y: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first rows, preceded by one row of each class."""
    firsts = np.unique(y, return_index=True)[1]
    rows = np.concatenate([firsts, np.arange(min(count, len(X)))])[: max(count, len(firsts))]
    return X[rows], y[rows]


def set_weights(model: MLPClassifier, widths: tuple[int, ...]) -> None:
    """Copy the starting weights into a classifier."""
    start = starting_weights(widths)
    model.coefs_ = [W for W, _ in start]
    model.intercepts_ = [b for _, b in start]
