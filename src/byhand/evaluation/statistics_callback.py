"""A callback that records activations, gradients and updates during training.

    record = Statistics()
    net.fit(x, y, callbacks=[record])
    record.result.save("run/statistics.npz")

From the last batch of every epoch it keeps histograms of the activations, the gradients and the
relative size of the updates of each layer. At a few steps of the epoch it measures the
update-to-weight ratio norm(W after - W before) / norm(W before); about 1e-3 is healthy.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.errors import ArgumentError
from byhand.evaluation.training_statistics import Histograms, TrainingStatistics
from byhand.evaluation.unit_rows import unit_rows
from byhand.training.callbacks import Callback
from byhand.training.run import TrainingRun

Histogram: TypeAlias = Callable[[FloatArray], tuple[Array, Array]]

BINS = 60
DECADES = (-12.0, 3.0)
"""Range of the histograms of gradients and updates, as powers of ten."""


@dataclass
class _Rows:
    """The histograms of one array so far, one for each epoch."""

    counts: list[IntArray] = field(default_factory=list)
    edges: list[FloatArray] = field(default_factory=list)
    zeros: list[float] = field(default_factory=list)

    def add(self, values: FloatArray, histogram: Histogram) -> None:
        present = values[values != 0]
        counts, edges = histogram(present)
        self.counts.append(counts)
        self.edges.append(edges)
        self.zeros.append(1 - present.size / values.size)

    def done(self, logarithmic: bool) -> Histograms:
        return Histograms(
            np.array(self.counts), np.array(self.edges), np.array(self.zeros), logarithmic
        )


def _linear(values: FloatArray) -> tuple[Array, Array]:
    """Count the numbers in bins of equal width from the smallest to the largest."""
    finite = values[np.isfinite(values)].astype(np.float64)
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    spread = max(high - low, 1e-6 * max(abs(low), abs(high)), 1e-300)
    return np.histogram(finite, BINS, (low, low + spread))


def _decades(values: FloatArray) -> tuple[Array, Array]:
    """Count absolute values in logarithmic bins; the outermost bins include all values beyond."""
    edges = 10.0 ** np.linspace(*DECADES, BINS + 1)
    sizes = np.abs(values[np.isfinite(values)].astype(np.float64))
    inside = np.clip(sizes, edges[0], edges[-1])
    return np.histogram(inside, edges)


def evenly(first: int, last: int, count: int) -> list[int]:
    """Return evenly spaced integers from first to last inclusive; [last] if count is 1."""
    if count <= 1:
        return [last]
    return sorted({int(number) for number in np.linspace(first, last, count).round()})


class Statistics(Callback):
    """Record activations, gradients and updates of each layer during training.

    The callback reads arrays that training computes anyway and copies the parameters a few times
    in an epoch.

    Args:
        path: .npz file to write when training ends, even if it is interrupted or diverges.
        samples: number of steps in an epoch at which the update-to-weight ratio is measured.
        most: largest number of epochs to record. They are evenly spaced and include the first
            and the last.
    """

    def __init__(
        self, path: str | Path | None = None, *, samples: int = 8, most: int = 200
    ) -> None:
        if samples < 1 or most < 2:
            raise ArgumentError(
                f"expected samples of at least 1 and most of at least 2; got {samples!r} and "
                f"{most!r}."
            )
        self.path = None if path is None else Path(path)
        self.samples, self.most = samples, most

    @property
    def result(self) -> TrainingStatistics:
        """The statistics so far, including those in the file of a resumed training."""
        now = self._recorded_now()
        return now if self._earlier is None else self._earlier.followed_by(now)

    def _recorded_now(self) -> TrainingStatistics:
        return TrainingStatistics(
            np.array(self._epochs, np.intp),
            np.array(self._steps, np.float64).reshape(len(self._epochs), -1),
            {name: rows.done(False) for name, rows in self._activations.items() if rows.counts},
            {name: rows.done(True) for name, rows in self._gradients.items() if rows.counts},
            {name: rows.done(True) for name, rows in self._updates.items() if rows.counts},
            {name: np.array(values) for name, values in self._ratios.items() if values},
        )

    def on_train_begin(self, run: TrainingRun) -> None:
        """Choose the epochs and steps to record."""
        net = run.net
        self._earlier: TrainingStatistics | None = None
        if run.epoch and self.path is not None and self.path.exists():
            self._earlier = TrainingStatistics.load(self.path).until(run.epoch)
        self._chosen_epochs = set(evenly(1, run.epochs, min(self.most, run.epochs)))
        count = min(self.samples, run.steps_per_epoch)
        self._chosen_steps = evenly(run.steps_per_epoch // count, run.steps_per_epoch, count)
        self._names = {row.name: f"A{row.number}" for row in unit_rows(net)}
        self._matrices = [name for name, array in net.parameters.items() if array.ndim == 2]
        self._before = np.empty_like(net.parameters.vector)
        self._step = 0
        self._epochs: list[int] = []
        self._steps: list[list[float]] = []
        self._activations = {name: _Rows() for name in self._names.values()}
        self._gradients = {f"d{name}": _Rows() for name in self._matrices}
        self._updates = {name: _Rows() for name in self._matrices}
        self._ratios: dict[str, list[list[float]]] = {name: [] for name in self._matrices}

    def on_epoch_begin(self, run: TrainingRun) -> None:
        """Start counting the epoch's steps."""
        self._step = 0
        self._recording = run.epoch in self._chosen_epochs
        self._current: dict[str, list[float]] = {name: [] for name in self._matrices}
        self._copy_before_step(run)

    def on_batch_end(self, run: TrainingRun) -> None:
        """Measure the update-to-weight ratio if this step was chosen."""
        self._step += 1
        if self._recording and self._step in self._chosen_steps:
            self._compare(run)
        self._copy_before_step(run)

    def on_epoch_end(self, run: TrainingRun) -> None:
        """Store the epoch's ratios and the histograms of its last batch."""
        if not self._recording:
            return
        self._epochs.append(run.epoch)
        self._steps.append([run.epoch - 1 + s / run.steps_per_epoch for s in self._chosen_steps])
        for name, values in self._current.items():
            self._ratios[name].append(values)
        with np.errstate(all="ignore"):
            self._record(run)

    def on_train_end(self, run: TrainingRun) -> None:  # noqa: ARG002
        """Write the file if a path was given."""
        self.save()

    def save(self) -> None:
        """Write what has been recorded so far, if a path was given."""
        if self.path is not None and self._epochs:
            self.result.save(self.path)

    def _copy_before_step(self, run: TrainingRun) -> None:
        """Copy the parameters if the next step was chosen."""
        if self._recording and self._step + 1 in self._chosen_steps:
            self._before[:] = run.net.parameters.vector

    def _compare(self, run: TrainingRun) -> None:
        for name, (before, after) in self._pairs(run).items():
            size = float(np.linalg.norm(before))
            change = float(np.linalg.norm(after - before))
            self._current[name].append(change / size if size else math.nan)

    def _pairs(self, run: TrainingRun) -> dict[str, tuple[FloatArray, FloatArray]]:
        """Return each weight matrix before and after the step, flat."""
        pairs, start = {}, 0
        for name in self._matrices:  # the matrices come first in the vector, in this order
            after = run.net.parameters[name].reshape(-1)
            pairs[name] = (self._before[start : start + after.size], after)
            start += after.size
        return pairs

    def _record(self, run: TrainingRun) -> None:
        assert run.cache is not None  # noqa: S101 - an epoch has at least one step
        for name, kept in self._names.items():
            self._activations[kept].add(run.cache[name], _linear)
        for name, (before, after) in self._pairs(run).items():
            self._gradients[f"d{name}"].add(run.net.gradients[f"d{name}"], _decades)
            relative = np.divide(
                after - before, before, out=np.zeros_like(before), where=before != 0
            )
            self._updates[name].add(relative, _decades)
