"""One run of the benchmark, examined by the doctor during training and afterwards."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.doctor.faulty import FAULTS
from benchmarks.doctor.healthy import HEALTHY
from byhand import EarlyStopping, History, MultiLayerPerceptron
from byhand.arrays import Array
from byhand.errors import DivergedError
from byhand.evaluation.doctor import Doctor, Finding, Observations, Training, diagnose, observe
from byhand.evaluation.doctor.faults import Case
from byhand.training import Callback
from byhand.training.run import TrainingRun


@dataclass(frozen=True)
class Examined:
    """A run and its findings.

    Args:
        kind: "healthy", or the name of the fault.
        number: number of the run among those of its kind.
        description: the run in one line.
        bar: accuracy that a healthy run reaches on these data.
        accuracy: validation accuracy of the weights that were kept; 0 if training diverged.
        in_training: findings of the callback.
        afterwards: findings of `diagnose(observe(...))`, which gets what a run folder contains.
        observations: the observations behind `afterwards`.
        seconds: seconds of the training alone, of the callback and of the examination afterwards.
        errors: error of each held-out example, see `errors_of`.
    """

    kind: str
    number: int
    description: str
    bar: float
    accuracy: float
    in_training: list[Finding]
    afterwards: list[Finding]
    observations: Observations
    seconds: tuple[float, float, float]
    errors: Array

    @property
    def is_what_it_should_be(self) -> bool:
        """Whether it reaches the bar of its data, or misses it, as its kind requires."""
        reaches = self.accuracy >= self.bar
        harms = False if self.kind == HEALTHY else FAULTS[self.kind].harms
        return harms is None or reaches is not harms


class _Timed(Doctor):
    """A doctor that measures its own time."""

    took = 0.0
    history = History()

    def on_train_begin(self, run: TrainingRun) -> None:
        began = time.perf_counter()
        self.history = run.history
        super().on_train_begin(run)
        self.took += time.perf_counter() - began

    def on_train_end(self, run: TrainingRun) -> None:
        began = time.perf_counter()
        super().on_train_end(run)
        self.took += time.perf_counter() - began


def examine(case: Case) -> Examined:
    """Train a case and diagnose it twice."""
    doctor = _Timed(print_fn=None)
    began = time.perf_counter()
    net, diverged = train(case, doctor)
    trained = time.perf_counter() - began
    seen = _observe_afterwards(case, net, doctor.history, diverged)
    after = time.perf_counter() - began - trained
    scores = {} if diverged else net.evaluate(case.x_held, case.y_held)
    accuracy = scores.get("accuracy", scores.get("r2", 0.0))
    return Examined(
        case.kind,
        case.number,
        case.describe(),
        case.data.bar,
        accuracy,
        doctor.findings,
        diagnose(seen),
        seen,
        (trained - doctor.took, doctor.took, after),
        errors_of(case, net, diverged),
    )


def train(case: Case, *callbacks: Callback) -> tuple[MultiLayerPerceptron, bool]:
    """Train a case; return its network, and whether training diverged."""
    net = case.network()
    stopping: list[Callback] = [EarlyStopping(case.patience)] if case.patience else []
    try:
        net.fit(
            case.x,
            case.y,
            validation_data=(case.x_held, case.y_held),
            epochs=case.epochs,
            batch_size=case.batch,
            optimizer=case.optimizer,
            callbacks=[*stopping, *callbacks],
            drop_last=len(case.x) % case.batch == 1,  # batch normalisation needs two
            threads=1,
            verbose=0,
            **case.options,
        )
    except DivergedError:
        return net, True
    return net, False


def errors_of(case: Case, net: MultiLayerPerceptron, diverged: bool) -> Array:
    """Return the error of each held-out example.

    It is 1 for a wrong class, or if any of several labels is wrong, and otherwise 0. For values it
    is the squared error over their variance, at most 1. After divergence it is 1 everywhere.
    """
    if diverged:
        return np.ones(len(case.y_held))
    outputs = net.predict_proba(case.x_held)
    if not case.data.classes:
        squares = (outputs.reshape(-1) - case.y_held) ** 2 / case.y_held.var()
        return np.minimum(np.nan_to_num(squares, nan=1.0), 1.0)
    if case.y_held.ndim > 1:
        return np.asarray(((outputs > 0.5) != (case.y_held > 0.5)).any(axis=1), float)
    return np.asarray(outputs.argmax(axis=1) != case.y_held, float)


def _unrecorded(case: Case) -> dict[str, Any]:
    """Return the options of `fit` that neither the network nor the history contains."""
    return {
        name: case.options[name]
        for name in ("l2", "shuffle", "clip_norm", "clip_value")
        if name in case.options
    }


def _observe_afterwards(case: Case, net: Any, history: History, diverged: bool) -> Observations:
    """Observe as for a run folder: from the weights, the history, the data and the recipe."""
    kept = (history.best_epoch or 0) if case.patience and not diverged else 0
    return observe(
        net,
        history,
        (case.x, case.y),
        validation=(case.x_held, case.y_held),
        initial=case.network(),
        training=Training(
            case.optimizer,
            batch_size=case.batch,
            epochs=case.epochs,
            **_unrecorded(case),
            diverged=diverged,
            kept_epoch=kept,
        ),
    )
