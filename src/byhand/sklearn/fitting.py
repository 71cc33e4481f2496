"""Fit a network for an estimator: epochs of a stochastic optimizer, or L-BFGS."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from byhand.errors import DivergedError
from byhand.mlp import MultiLayerPerceptron
from byhand.sklearn.building import resolve_solver
from byhand.sklearn.convergence import Convergence
from byhand.sklearn.lbfgs import minimise
from byhand.sklearn.parameters import RATES
from byhand.sklearn.trainer import EstimatorTrainer
from byhand.threads import choose_threads, hold_threads
from byhand.training.callbacks import Callback
from byhand.training.fit_arguments import check_batches, check_settings, split_schedule
from byhand.training.history import History
from byhand.training.interrupt import stop_on_interrupt, was_interrupted
from byhand.training.optimizers import SGD, State
from byhand.training.run import Examples, Settings, TrainingRun
from byhand.training.trainer import normalises, rows_at_once

NOT_FINITE = (
    "Solver produced non-finite parameter weights. The input data may contain large values and "
    "need to be preprocessed."
)


@dataclass
class Optimization:
    """The state from which `partial_fit` continues.

    Args:
        learning_rate: learning rate after the last step.
        step: number of steps of the optimizer.
        state: its arrays.
    """

    learning_rate: float
    step: int
    state: State


def fit_stochastic(
    estimator: Any,
    net: MultiLayerPerceptron,
    training: Examples,
    validation: Examples | None,
    random_state: np.random.RandomState,
    before: Optimization | None,
    is_one_epoch: bool,
) -> None:
    """Train for epochs until `Convergence` stops, or for one epoch.

    Args:
        estimator: the estimator, which has the settings and gets the fitted attributes.
        net: network to train.
        training: training examples.
        validation: validation examples, or None.
        random_state: draws the order of the rows.
        before: the state to continue from, or None to start again.
        is_one_epoch: whether to stop after one epoch.
    """
    est, convergence = estimator, Convergence(estimator)
    run, plateau = _new_run(est, net, training, validation, 1 if is_one_epoch else est.max_iter)
    if before is not None:
        _go_on(run, before)
    callbacks = [convergence, *plateau, *(est.callbacks or ())]
    trainer = EstimatorTrainer(run, callbacks, est.alpha, random_state)
    convergence.trainer = trainer
    with _training(run), _diverging(est):
        trainer.begin()
        trainer.train()
    net.facts["epochs_trained"] = run.first_epoch + run.epoch
    est._optimizer = Optimization(
        convergence.rate(run), run.first_step + run.step, run.optimizer_state
    )
    if est.early_stopping and est._best is not None:
        net.parameters.vector[:], net.statistics.vector[:] = est._best
    _warn_at_end(run, est, is_one_epoch)


def _new_run(
    est: Any,
    net: MultiLayerPerceptron,
    training: Examples,
    validation: Examples | None,
    epochs: int,
) -> tuple[TrainingRun, list[Callback]]:
    """Return a run with the estimator's settings, and the callbacks of its schedule."""
    schedule, plateau = split_schedule(est.learning_rate if _is_scheduled(est) else None)
    optimizer = resolve_solver(est)
    settings = _settings(est, net, len(training.rows))
    check_batches(net, settings, len(training.rows))
    run = TrainingRun(
        net=net,
        examples=training,
        validation=validation,
        settings=settings,
        optimizer=optimizer,
        schedule=schedule,
        epochs=epochs,
        monitor="loss",
        history=History(),
        optimizer_state=optimizer.init_state(net.parameters),
        first_epoch=int(net.facts.get("epochs_trained", 0)),
    )
    return run, plateau


def _is_scheduled(est: Any) -> bool:
    """Return whether the learning rate follows one of byhand's schedules, not scikit-learn's."""
    return est.learning_rate not in RATES


def _warn_at_end(run: TrainingRun, est: Any, is_one_epoch: bool) -> None:
    """Warn, as scikit-learn does, if training was interrupted or ended before it converged."""
    if was_interrupted(run.stop_reason):
        warnings.warn("Training interrupted by user.", stacklevel=3)
    elif run.epoch == est.max_iter and not (run.stop_reason or is_one_epoch or _is_scheduled(est)):
        warnings.warn(
            f"Stochastic Optimizer: Maximum iterations ({est.max_iter}) reached and the "
            "optimization hasn't converged yet.",
            ConvergenceWarning,
            stacklevel=3,
        )


def fit_lbfgs(
    estimator: Any,
    net: MultiLayerPerceptron,
    training: Examples,
    random_state: np.random.RandomState,
) -> None:
    """Minimise the loss over all training examples by L-BFGS."""
    est, n = estimator, len(training.rows)
    settings = Settings(batch_size=n, shuffle=False)
    run = TrainingRun(net, training, None, settings, SGD(), None, 1, "loss", History())
    trainer = EstimatorTrainer(run, [], est.alpha, random_state)
    with _training(run), _diverging(est):
        result, curve = minimise(
            trainer,
            max_iter=est.max_iter,
            max_fun=est.max_fun,
            tol=est.tol,
            verbose=bool(est.verbose),
        )
    est.loss_, est.n_iter_ = float(result.fun), min(int(result.nit), est.max_iter)
    est.loss_curve_ += curve
    est.history_.setdefault("loss", []).extend(curve)
    if result.status:
        warnings.warn(
            f"lbfgs failed to converge after {result.nit} iterations: {result.message}. Increase "
            "max_iter or max_fun, or scale the data.",
            ConvergenceWarning,
            stacklevel=2,
        )


def _settings(est: Any, net: MultiLayerPerceptron, n: int) -> Settings:
    """Return the settings of the steps; batch normalisation leaves out a last batch of one row."""
    batch = 200 if est.batch_size == "auto" else est.batch_size
    if batch > n and est.batch_size != "auto":
        warnings.warn(
            "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped",
            stacklevel=4,
        )
    batch = min(batch, n)
    settings = Settings(
        batch_size=batch,
        shuffle=est.shuffle,
        drop_last=normalises(net) and n % batch == 1,
        clip_norm=est.clip_norm,
    )
    return check_settings(settings)


def _go_on(run: TrainingRun, before: Optimization) -> None:
    """Let a run continue with the optimizer's state, if it is still the same optimizer."""
    if set(before.state) == set(run.optimizer_state):
        run.optimizer_state, run.first_step = before.state, before.step
        run.learning_rate_scale = before.learning_rate / run.optimizer.learning_rate


@contextmanager
def _training(run: TrainingRun) -> Iterator[None]:
    net = run.net
    threads = choose_threads(net.widths, rows_at_once(net, run.settings.batch_size))
    with hold_threads(threads), stop_on_interrupt(run), np.errstate(all="ignore"):
        yield


@contextmanager
def _diverging(est: Any) -> Iterator[None]:
    """Turn divergence into scikit-learn's error, or end early stopping with its best weights."""
    try:
        yield
    except DivergedError as error:
        if not est.early_stopping or est._best is None or est.solver == "lbfgs":
            raise ValueError(f"{NOT_FINITE} {error}") from error
        est.validation_scores_.append(float("nan"))
        warnings.warn(
            f"{error} The best weights so far are kept.", ConvergenceWarning, stacklevel=4
        )
