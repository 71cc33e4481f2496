"""The doctor beside the training: looks before the first step, and again after the last."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.evaluation.doctor.data_facts import input_facts
from byhand.evaluation.doctor.diagnosis import diagnose
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.labelled import LabelledRows
from byhand.evaluation.doctor.observations import Observations, Setup, State
from byhand.evaluation.doctor.observe import (
    Training,
    class_count,
    curves,
    describe_setup,
    observe_data,
    observe_run,
)
from byhand.evaluation.doctor.report import lines
from byhand.evaluation.doctor.states import layer_facts, logit_size, state
from byhand.evaluation.doctor.trials import RATIO_STEPS, medians, update_ratios
from byhand.network import BatchNormLayer
from byhand.network.cache import Cache
from byhand.training.callbacks import Callback
from byhand.training.run import Run

SAMPLED_STEPS = frozenset(range(RATIO_STEPS[0] + 1, RATIO_STEPS[1] + 1, 3))
"""Steps whose change of the weights is measured: a few of the first thirty."""


class Doctor(Callback):
    """Watches a run and says what looks unwell: `net.fit(..., callbacks=[Doctor()])`.

    Before the first step it looks at the data and the initial weights, during the first steps at
    the size of the updates, after the last one at everything; the steps in between cost nothing.

    Args:
        train: (x, y) that the network trains on, where the run does not tell.
        validation: (x, y) held out, where the run does not tell.
        l1: strength of the penalty sum(|W|), where the run does not tell.
        l2: strength of the penalty sum(W^2) / 2, where the run does not tell.
        shuffle: whether epochs draw a new order, where the run does not tell.
        folder: a folder in which to leave the observations, as doctor.json.
        print_fn: what findings are said with; None is silent.

    Attributes:
        findings: after training, what looks unwell.
        observations: after training, the numbers behind it.
    """

    def __init__(
        self,
        train: tuple[Array, Array] | None = None,
        validation: tuple[Array, Array] | None = None,
        *,
        l1: float = 0.0,
        l2: float = 0.0,
        shuffle: bool = True,
        folder: str | Path | None = None,
        print_fn: Callable[[str], None] | None = print,
    ) -> None:
        self._given, self._print = (train, validation), print_fn
        self._l1, self._l2, self._shuffle = l1, l2, shuffle
        self._path = None if folder is None else Path(folder) / "doctor.json"
        self.observations = Observations()
        self.findings: list[Finding] = []

    # --- before -----------------------------------------------------------------------------------

    def on_train_begin(self, run: Run) -> None:
        """Look at the data and at the weights as they are before the first step."""
        self._initial = run.net.copy()
        self._resumed = bool(run.first_epoch or run.epoch)
        self._ratios: list[tuple[float, ...]] = []
        self._before: FloatArray | None = None
        self._checksum = math.nan
        self._examples, held_out = _data(run, *self._given)
        self.observations = Observations()
        if self._examples is None:
            return
        seen = observe_data(run.net, self._examples, held_out)
        if not self._resumed:
            seen = replace(seen, start=state(self._initial, self._examples.sample(run.net, 1000)))
        self._first_look(replace(seen, setup=_setup(run, self._examples, self._training(run))))

    def _first_look(self, seen: Observations) -> None:
        self.observations = seen
        self.findings = diagnose(seen)
        self._say([finding for finding in self.findings if finding.grave])

    # --- during -----------------------------------------------------------------------------------

    def on_batch_end(self, run: Run) -> None:
        """Measure a few of the first steps."""
        if run.step > RATIO_STEPS[1]:
            return
        if run.step == 1 and self._examples is None and run.cache is not None:
            a0 = run.cache["A0"]
            start = None if self._resumed else _state_of_batch(run, run.cache)
            setup = _setup(run, None, self._training(run))
            self._first_look(Observations(setup, inputs=input_facts(a0, a0), start=start))
        if self._before is not None:
            self._ratios.append(update_ratios(run.net, self._before))
            self._before = None
        if run.step + 1 in SAMPLED_STEPS:
            self._before = run.net.parameters.weights.copy()

    def on_epoch_end(self, run: Run) -> None:
        """Remember which weights the epoch ended with."""
        self._checksum = _checksum(run)

    # --- after ------------------------------------------------------------------------------------

    def on_train_end(self, run: Run) -> None:
        """Look at everything and say what looks unwell."""
        said = {finding.check for finding in self.findings if finding.grave}
        self.observations = self._last_look(run)
        self.findings = diagnose(self.observations)
        self._say([one for one in self.findings if one.grave and one.check not in said])
        if self._path is not None:
            self.observations.to_json(self._path)

    def _last_look(self, run: Run) -> Observations:
        training, updates = self._training(run), medians(self._ratios)
        if self._examples is not None:
            examples, initial = self._examples, self._initial
            return observe_run(
                self.observations, run.net.copy(), run.history, examples, initial, training, updates
            )
        seen = replace(self.observations, curves=curves(run.history), updates=updates)
        seen = replace(seen, setup=_setup(run, None, training))
        if training.diverged or run.cache is None:
            return seen
        return replace(seen, end=_state_of_batch(run, run.cache))

    def _training(self, run: Run) -> Training:
        settings: Any = getattr(run, "settings", None)
        examples: Any = getattr(run, "examples", None)
        kept = run.history.best_epoch or 0
        restored = not math.isnan(self._checksum) and _checksum(run) != self._checksum
        return Training(
            optimizer=run.optimizer,
            epochs=run.epochs,
            batch_size=int(str(run.history.record.get("batch_size", 64))),
            l1=getattr(settings, "l1", self._l1),
            l2=getattr(settings, "l2", self._l2),
            shuffle=getattr(settings, "shuffle", self._shuffle),
            weighted=getattr(examples, "weights", None) is not None,
            diverged=_has_diverged(run),
            resumed=self._resumed,
            kept_epoch=kept if restored else 0,
        )

    def _say(self, findings: Sequence[Finding]) -> None:
        if self._print is not None and findings:
            for line in lines(findings):
                self._print(line)


# --- what a run shows -----------------------------------------------------------------------------


def _data(
    run: Run, train: tuple[Array, Array] | None, validation: tuple[Array, Array] | None
) -> tuple[LabelledRows | None, dict[str, LabelledRows]]:
    """Training and held-out examples, as given to the doctor or else as the run has them."""
    if train is not None:
        held_out = {} if validation is None else {"validation": validation}
        parts = {name: LabelledRows.of(run.net, *part) for name, part in held_out.items()}
        return LabelledRows.of(run.net, *train), parts
    examples: Any = getattr(run, "examples", None)
    held_out_examples: Any = getattr(run, "validation", None)
    if examples is None:
        return None, {}
    part = _labelled(held_out_examples) if held_out_examples is not None else None
    return _labelled(examples), {} if part is None else {"validation": part}


def _labelled(examples: Any) -> LabelledRows:
    return LabelledRows(examples.x, examples.targets, len(examples.shape) > 1, examples.rows)


def _state_of_batch(run: Run, cache: Cache) -> State:
    """The state of the network on the batch in the cache: all that a run without data shows."""
    return State(
        rows=len(cache.output),
        loss=run.batch_loss,
        accuracy=math.nan,
        logits=logit_size(run.net, cache),
        layers=tuple(layer_facts(run.net, cache)),
        normalises=any(isinstance(layer, BatchNormLayer) for layer in run.net.hidden),
    )


def _setup(run: Run, examples: LabelledRows | None, training: Training) -> Setup:
    known = int(str(run.history.record.get("examples", 1)))
    units = max(run.net.output_layer.units, 2) if run.net.facts.get("classification") else 0
    return describe_setup(
        run.net,
        run.history,
        training,
        examples=known if examples is None else len(examples),
        classes=units if examples is None else class_count(run.net, examples),
        images=examples is not None and examples.images,
    )


def _has_diverged(run: Run) -> bool:
    return run.cache is not None and not np.isfinite(run.cache.loss.losses).all()


def _checksum(run: Run) -> float:
    """A number that changes when weights are put back."""
    return float(run.net.parameters.vector.sum(dtype=np.float64))
