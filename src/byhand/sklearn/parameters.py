"""Checks the parameters of an estimator in `fit`, as scikit-learn's convention requires."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

from byhand.checks import integer, number
from byhand.errors import ArgumentError, unknown_name
from byhand.network.activations import ACTIVATIONS
from byhand.training.callbacks import Callback
from byhand.training.optimizers import OPTIMIZERS, Optimizer
from byhand.training.schedules import SCHEDULES

RATES = ("constant", "invscaling", "adaptive")
"""The values of `learning_rate` in scikit-learn."""

HIDDEN = sorted({*ACTIVATIONS, "logistic"} - {"softmax"})
SOLVERS = sorted({*OPTIMIZERS, "lbfgs"})


def check_parameters(estimator: Any) -> None:
    """Raise ArgumentError for the first parameter that cannot be used."""
    est = estimator
    _check_names(est)
    number("alpha", est.alpha, at_least=0)
    if est.batch_size != "auto":
        integer('batch_size (or else "auto")', est.batch_size)
    number("learning_rate_init", est.learning_rate_init, above=0)
    number("power_t", est.power_t, at_least=0)
    integer("max_iter", est.max_iter)
    integer("max_fun", est.max_fun)
    number("tol", est.tol, at_least=0)
    for name in ("momentum", "validation_fraction", "beta_1", "beta_2"):
        number(name, getattr(est, name), at_least=0, below=1)
    number("epsilon", est.epsilon, above=0)
    if est.n_iter_no_change != np.inf:
        integer("n_iter_no_change (or else infinity)", est.n_iter_no_change)
    if est.clip_norm is not None:
        number("clip_norm", est.clip_norm, above=0)
    flags = ("shuffle", "warm_start", "nesterovs_momentum", "early_stopping", "batch_norm")
    for name in flags:
        if not isinstance(getattr(est, name), (bool, np.bool_)):
            raise ArgumentError(f"{name} must be True or False; got {getattr(est, name)!r}.")
    if not isinstance(est.verbose, Real):
        raise ArgumentError(f"verbose must be a number or True or False; got {est.verbose!r}.")
    for callback in est.callbacks or ():
        if not isinstance(callback, Callback):
            raise ArgumentError(
                "callbacks must be a list of byhand.Callback objects, such as "
                f"[ModelCheckpoint(folder)]; got {callback!r}."
            )


def _check_names(est: Any) -> None:
    chosen = est.activation if isinstance(est.activation, list) else [est.activation]
    for one in chosen:
        if isinstance(one, str) and one not in HIDDEN:
            raise unknown_name("activation", one, HIDDEN)
    if not isinstance(est.solver, Optimizer) and est.solver not in SOLVERS:
        raise unknown_name("solver", est.solver, SOLVERS)
    rate = est.learning_rate
    if not callable(rate) and rate not in RATES and rate not in SCHEDULES:
        raise unknown_name("learning_rate", rate, [*RATES, *SCHEDULES])
    if est.solver == "lbfgs" and (est.batch_norm or np.any(est.dropout)):
        raise ArgumentError(
            "solver='lbfgs' minimises a function of the weights alone, but dropout is random and "
            "batch_norm depends on the batch; use 'adam', or neither of them."
        )
