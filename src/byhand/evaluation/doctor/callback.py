"""The doctor as a callback: it examines a run before its first step and after its last."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from byhand.arrays import FloatArray
from byhand.evaluation.doctor.diagnosis import diagnose
from byhand.evaluation.doctor.finding import Finding, Findings
from byhand.evaluation.doctor.findings_text import lines
from byhand.evaluation.doctor.labelled_rows import LabelledRows
from byhand.evaluation.doctor.learning_rate_trials import RATIO_STEPS, medians, update_ratios
from byhand.evaluation.doctor.network_state import state
from byhand.evaluation.doctor.observations import Observations, Setup
from byhand.evaluation.doctor.observe import (
    Training,
    class_count,
    describe_setup,
    observe_data,
    observe_run,
    with_recalls,
)
from byhand.training.callbacks import Callback
from byhand.training.run import Examples, TrainingRun

START_ROWS = 1000
"""Number of examples for which the initial weights are examined."""

SAMPLED_STEPS = frozenset(range(RATIO_STEPS[0] + 1, RATIO_STEPS[1] + 1, 3))
"""Steps whose update-to-weight ratio is measured: a few of the first thirty."""


class Doctor(Callback):
    """Examine a run while it trains and print what is wrong: `net.fit(..., callbacks=[Doctor()])`.

    Before the first step the doctor examines the data and the initial weights. During the first
    30 steps it measures the size of some updates. After the last step it examines everything.
    The steps in between cost nothing.

    Args:
        folder: folder to which the observations are written, as doctor.json.
        print_fn: function that prints a line; None prints nothing.

    Attributes:
        findings: findings, complete after training.
        observations: the numbers from which they follow.
    """

    def __init__(
        self,
        *,
        folder: str | Path | None = None,
        print_fn: Callable[[str], None] | None = print,
    ) -> None:
        self._print = print_fn
        self._path = None if folder is None else Path(folder) / "doctor.json"
        self.observations = Observations()
        self.findings = Findings()

    # --- before -----------------------------------------------------------------------------------

    def on_train_begin(self, run: TrainingRun) -> None:
        """Examine the data and the weights before the first step."""
        self._initial = run.net.copy()
        self._resumed = bool(run.first_epoch or run.epoch)
        self._ratios: list[tuple[float, ...]] = []
        self._before: FloatArray | None = None
        self._checksum = math.nan
        self._examples, held_out = _labelled(run.examples), {}
        if run.validation is not None:
            held_out["validation"] = _labelled(run.validation)
        seen = observe_data(run.net, self._examples, held_out)
        if not self._resumed:
            sample = self._examples.sample(run.net, START_ROWS)
            seen = replace(seen, start=state(self._initial, sample))
        self.observations = replace(seen, setup=self._setup(run))
        self.findings = diagnose(self.observations)
        self._print_findings([finding for finding in self.findings if finding.severe])

    # --- during -----------------------------------------------------------------------------------

    def on_batch_end(self, run: TrainingRun) -> None:
        """Measure the updates of a few of the first steps."""
        if run.step > RATIO_STEPS[1]:
            return
        if self._before is not None:
            self._ratios.append(update_ratios(run.net, self._before))
            self._before = None
        if run.step + 1 in SAMPLED_STEPS:
            self._before = run.net.parameters.weights.copy()

    def on_epoch_end(self, run: TrainingRun) -> None:
        """Remember a checksum of the weights at the end of the epoch."""
        self._checksum = _checksum(run)

    # --- after ------------------------------------------------------------------------------------

    def on_train_end(self, run: TrainingRun) -> None:
        """Examine the whole run and print the findings that are new."""
        printed = {finding.check for finding in self.findings if finding.severe}
        self.observations = observe_run(
            self.observations,
            run.net.copy(),
            run.history,
            self._examples,
            self._initial,
            self._training(run),
            medians(self._ratios),
        )
        held_out = None if run.validation is None else _labelled(run.validation)
        self.observations = with_recalls(self.observations, run.net.copy(), held_out)
        self.findings = diagnose(self.observations)
        self._print_findings(
            [one for one in self.findings if one.severe and one.check not in printed]
        )
        if self._path is not None:
            self.observations.to_json(self._path)

    def _training(self, run: TrainingRun) -> Training:
        kept = run.history.best_epoch or 0
        restored = not math.isnan(self._checksum) and _checksum(run) != self._checksum
        return Training(
            optimizer=run.optimizer,
            epochs=run.epochs,
            batch_size=run.settings.batch_size,
            l1=run.settings.l1,
            l2=run.settings.l2,
            clip_norm=run.settings.clip_norm,
            clip_value=run.settings.clip_value,
            shuffle=bool(run.settings.shuffle),
            weighted=run.examples.weights is not None,
            diverged=_has_diverged(run),
            resumed=self._resumed,
            kept_epoch=kept if restored else 0,
        )

    def _setup(self, run: TrainingRun) -> Setup:
        return describe_setup(
            run.net,
            run.history,
            self._training(run),
            examples=len(self._examples),
            classes=class_count(run.net, self._examples),
            images=self._examples.images,
        )

    def _print_findings(self, findings: Sequence[Finding]) -> None:
        if self._print is not None and findings:
            for line in lines(findings):
                self._print(line)


# --- reading a run --------------------------------------------------------------------------------


def _labelled(examples: Examples) -> LabelledRows:
    return LabelledRows(examples.x, examples.targets, len(examples.shape) > 1, examples.rows)


def _has_diverged(run: TrainingRun) -> bool:
    return run.cache is not None and not np.isfinite(run.cache.loss.losses).all()


def _checksum(run: TrainingRun) -> float:
    """Return a number that changes if other weights are restored."""
    return float(run.net.parameters.vector.sum(dtype=np.float64))
