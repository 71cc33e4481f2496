"""One run of the benchmark: train it with the doctor beside it, and ask the doctor again after."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from benchmarks.doctor.sane import HEALTHY
from benchmarks.doctor.sick import FAULTS
from byhand import EarlyStopping, History
from byhand.errors import DivergedError
from byhand.evaluation.doctor import Doctor, Finding, Observations, Training, diagnose, observe
from byhand.evaluation.doctor.faults import Case
from byhand.training import Callback
from byhand.training.run import TrainingRun


@dataclass(frozen=True)
class Examined:
    """A run and what was found in it.

    Args:
        kind: "healthy", or the fault.
        number: which run of its kind.
        description: the run in a line.
        bar: accuracy that a healthy run reaches on these data.
        accuracy: on held-out examples, of the weights that were kept; 0 where it diverged.
        in_training: findings of the callback.
        afterwards: findings of `diagnose(observe(...))`, which knows what a run folder holds.
        observations: what the latter were made from.
        seconds: training without the doctor's own looks, the callback's looks, the look after.
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

    @property
    def is_what_it_should_be(self) -> bool:
        """Whether it reaches the bar of its data, or does not, as its kind asks for."""
        reaches = self.accuracy >= self.bar
        harms = False if self.kind == HEALTHY else FAULTS[self.kind].harms
        return harms is None or reaches is not harms


class _Timed(Doctor):
    """A doctor that knows how long it took."""

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
    """Train and diagnose."""
    train, held_out = (case.x, case.y), (case.x_held, case.y_held)
    net, doctor = case.network(), _Timed(print_fn=None)
    stopping: list[Callback] = [EarlyStopping(case.patience)] if case.patience else []
    began, diverged = time.perf_counter(), False
    try:
        net.fit(
            *train,
            validation_data=held_out,
            epochs=case.epochs,
            batch_size=case.batch,
            optimizer=case.optimizer,
            callbacks=[*stopping, doctor],
            drop_last=len(case.x) % case.batch == 1,  # batch normalisation needs two
            threads=1,
            verbose=0,
            **case.options,
        )
    except DivergedError:
        diverged = True
    trained = time.perf_counter() - began
    seen = _observe_afterwards(case, net, doctor.history, diverged)
    after = time.perf_counter() - began - trained
    accuracy = 0.0 if diverged else net.evaluate(*held_out)["accuracy"]
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
    )


def _told(case: Case) -> dict[str, Any]:
    """Options of `fit` that neither the network nor the history tells."""
    return {name: case.options[name] for name in ("l2", "shuffle") if name in case.options}


def _observe_afterwards(case: Case, net: Any, history: History, diverged: bool) -> Observations:
    """As for a run folder: from the weights, the history, the data and the recipe."""
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
            **_told(case),
            diverged=diverged,
            kept_epoch=kept,
        ),
    )
