"""scikit-learn's rule for the end of training, and its rates that depend on it.

The warning that training has not converged is in `fitting.py`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from byhand.sklearn.trainer import EstimatorTrainer
from byhand.training.callbacks import Callback
from byhand.training.run import TrainingRun

SMALLEST_RATE = 1e-6
"""A learning rate that is this low ends training instead of being lowered further."""


class Convergence(Callback):
    """Stop when the loss, or the validation score, has not improved by `tol` for some epochs.

    It also keeps the estimator's fitted attributes up to date, epoch by epoch, and changes the
    learning rate where `learning_rate` is "invscaling" or "adaptive".

    Args:
        estimator: the estimator that is being fitted.
    """

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator
        self.trainer: EstimatorTrainer | None = None
        adjusts = estimator.solver == "sgd"
        self.inverse_scaling = adjusts and estimator.learning_rate == "invscaling"
        self.adaptive = adjusts and estimator.learning_rate == "adaptive"

    def on_epoch_end(self, run: TrainingRun) -> None:
        """Record the epoch; without improvement for too long, stop or lower the learning rate."""
        est = self.estimator
        est.n_iter_ = run.epoch
        est.t_ += len(run.examples.rows)
        est.loss_ = run.history["loss"][-1]
        est.loss_curve_.append(est.loss_)
        for name, value in run.history.row(-1).items():
            est.history_.setdefault(name, []).append(value)
        if est.verbose:
            print(f"Iteration {est.n_iter_}, loss = {est.loss_:.8f}")  # noqa: T201 - asked for
        improved = self._score_improved(run) if est.early_stopping else self._loss_improved()
        est._no_improvement_count = 0 if improved else est._no_improvement_count + 1
        if self.inverse_scaling:
            run.learning_rate_scale = self.rate(run) / run.optimizer.learning_rate
        if est._no_improvement_count > est.n_iter_no_change:
            self._stop_or_slow_down(run)

    def rate(self, run: TrainingRun) -> float:
        """Return the learning rate of the next epoch, before the schedule."""
        est = self.estimator
        if self.inverse_scaling:
            return float(est.learning_rate_init / (est.t_ + 1) ** est.power_t)
        return run.optimizer.learning_rate * run.learning_rate_scale

    def _loss_improved(self) -> bool:
        est = self.estimator
        improved = bool(est.loss_ <= est.best_loss_ - est.tol)
        est.best_loss_ = min(est.best_loss_, est.loss_)
        return improved

    def _score_improved(self, run: TrainingRun) -> bool:
        est = self.estimator
        assert self.trainer is not None  # noqa: S101 - set before training begins
        score = self.trainer.validation_score
        est.validation_scores_.append(score)
        if est.verbose:
            print(f"Validation score: {score:f}")  # noqa: T201 - asked for
        improved = not score < est.best_validation_score_ + est.tol
        if score > est.best_validation_score_:
            est.best_validation_score_ = score
            net = run.net
            est._best = (net.parameters.vector.copy(), net.statistics.vector.copy())
        return improved

    def _stop_or_slow_down(self, run: TrainingRun) -> None:
        est = self.estimator
        rate = self.rate(run)
        what = "Validation score" if est.early_stopping else "Training loss"
        why = (
            f"{what} did not improve more than tol={est.tol:f} for {est.n_iter_no_change} "
            "consecutive epochs."
        )
        if self.adaptive and rate > SMALLEST_RATE:
            run.learning_rate_scale /= 5
            est._no_improvement_count = 0
            then = f"Setting learning rate to {rate / 5:f}"
        else:
            then = "Learning rate too small. Stopping." if self.adaptive else "Stopping."
            run.stop(why)
        if est.verbose:
            print(f"{why} {then}")  # noqa: T201 - asked for


def begin(estimator: Any) -> None:
    """Set the attributes that `Convergence` keeps to their values before the first epoch."""
    est = estimator
    est.loss_curve_, est.history_ = [], {}
    est._no_improvement_count, est._best = 0, None
    est.n_iter_ = est.t_ = 0
    est.loss_ = math.nan
    est.best_loss_ = None if est.early_stopping else np.inf
    est.validation_scores_ = [] if est.early_stopping else None
    est.best_validation_score_ = -np.inf if est.early_stopping else None
