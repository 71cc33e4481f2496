"""Train a run again and compare the bits: `byhand verify`, `Run.verify()`.

The run is trained in a temporary folder with the same recipe, data, split, seed, backend and number
of threads. Then everything that it recorded is compared: the checksums of its weights, the history,
the scores, and the weights in its model file. Only times may differ.
"""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byhand.arrays import Array
from byhand.checks import integer
from byhand.errors import ArgumentError, DivergedError
from byhand.model_file import read_tensors
from byhand.runs import lock
from byhand.runs.checksums import Row, read_checksums
from byhand.runs.environment import (
    differences,
    environment_of,
    restored_backend,
    restored_ranks,
    restored_threads,
)
from byhand.runs.folder import RunFolder
from byhand.runs.search.trial import PRUNED, trial_folder
from byhand.runs.single import train_single
from byhand.runs.split_dataset import PARTS, SplitDataset, load_split
from byhand.runs.train_options import TrainOptions
from byhand.training import Callback, History

if TYPE_CHECKING:
    from byhand.runs.run import Run
    from byhand.training.run import TrainingRun

TIMES = {"seconds"}
"""Columns of the history and fields of the results that are times."""


@dataclass(frozen=True)
class Parting:
    """The first place where a run and its repetition differ.

    Args:
        what: "weights", "history", "results" or "model file", in order of computation.
        names: the arrays, columns or scores that differ there.
        epoch: the epoch, counted from 1; None after training.
        step: the step within the epoch, counted from 1; None at its end.
    """

    what: str
    names: tuple[str, ...]
    epoch: int | None = None
    step: int | None = None

    def __str__(self) -> str:
        place = "after training" if self.epoch is None else f"in epoch {self.epoch}"
        step = "" if self.step is None else f", after step {self.step} of the epoch"
        return f"{place}{step}: {self.what} ({', '.join(self.names)})"


@dataclass(frozen=True)
class Verification:
    """The result of training a run again.

    Args:
        path: the run's folder, or that of the trial if a trial of a search differs.
        parting: the first difference; None if all bits are the same.
        epochs: number of epochs that were trained again.
        compared: number of checksums, values of the history, scores, and arrays of the model file.
        environment: differences of the machine from run.json, as {name: [then, now]}.
        resumed: what changed each time the run was resumed.
    """

    path: Path
    parting: Parting | None
    epochs: int
    compared: Mapping[str, int]
    environment: Mapping[str, list[Any]] = field(default_factory=dict)
    resumed: tuple[Mapping[str, Any], ...] = ()

    @property
    def same(self) -> bool:
        """Whether all compared bits are the same."""
        return self.parting is None


class StopAfter(Callback):
    """End training after an epoch; schedules still use the recipe's number of epochs."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def on_epoch_end(self, run: TrainingRun) -> None:
        """Stop if this is the epoch."""
        if run.epoch == self.epoch:
            run.stop(f"verified {self.epoch} epochs")


def verify(
    run: Run, *, epochs: int | None = None, threads: int | None = None, verbose: int = 0
) -> Verification:
    """Train a run again and compare; all trials of a search, up to the first that differs.

    A run that was interrupted or killed, or that diverged, is compared as far as it got.

    Args:
        run: the run.
        epochs: number of epochs of each training to compare; by default all.
        threads: number of threads, to see the effect of another number; by default that of the
            run.
        verbose: 0 shows no progress.

    Raises:
        ArgumentError: the run is being trained, has finished no epoch, or its backend cannot be
            used here.
        DataError: the data are not those of the run.
    """
    if epochs is not None:
        integer("epochs", epochs)
    if lock.is_held(run.path):
        raise ArgumentError(f"{run.path} is being trained. Verify it when training has ended.")
    options = TrainOptions(
        sources=run.sources, threads=threads, verbose=verbose, say=run.say, snapshots=0
    )
    found = _Total(run.path)
    for folder in _trainings(run.folder):
        data = (
            run.data
            if folder.facts.seed == run.facts.seed
            else load_split(folder, run.sources, run.say)
        )
        found.add(_verify(folder, data, epochs, options))
        if found.parting is not None:
            break
    if not found.epochs and found.parting is None:
        raise ArgumentError(f"{run.path} has finished no epoch, so there is nothing to compare.")
    return found.verification()


def _trainings(folder: RunFolder) -> Iterator[RunFolder]:
    """Yield the folder of each training: those of a search's other trials first, then the run's."""
    facts = folder.facts
    for trial in facts.search:
        name = str(trial.get("folder"))
        chosen = {"seed": facts.seed, **facts.chosen}
        if any(trial.get(key, facts.seed) != value for key, value in chosen.items()):
            yield trial_folder(folder, name)
    yield folder  # for a search this is a copy of the chosen trial


class _Total:
    """Adds up the verifications of the trainings of a run."""

    def __init__(self, path: Path) -> None:
        self.last = Verification(path, None, 0, {})
        self.epochs, self.compared = 0, dict[str, int]()

    @property
    def parting(self) -> Parting | None:
        return self.last.parting

    def add(self, one: Verification) -> None:
        self.last = one
        self.epochs += one.epochs
        for name, count in one.compared.items():
            self.compared[name] = self.compared.get(name, 0) + count

    def verification(self) -> Verification:
        return replace(self.last, epochs=self.epochs, compared=self.compared)


# --- one training -------------------------------------------------------------------------------


def _verify(
    folder: RunFolder, data: SplitDataset, epochs: int | None, options: TrainOptions
) -> Verification:
    """Train the run of a folder again and compare."""
    facts = folder.facts
    then = _read(folder)
    ended = (facts.status == "finished" and facts.stopped != PRUNED) or facts.did_diverge
    most = None if ended else then.history.epochs
    if epochs is not None and epochs < then.history.epochs:
        most = epochs
    if most == 0:
        return Verification(folder.path, None, 0, {})
    options = replace(
        options,
        seed=facts.seed,
        threads=restored_threads(facts, options.threads, options.say),
        ranks=restored_ranks(facts),
        callbacks=() if most is None else [StopAfter(most)],
        scored=[part for part in PARTS if part in facts.results] or PARTS,
    )
    with tempfile.TemporaryDirectory(prefix="byhand-verify-") as place:
        again = RunFolder(Path(place))
        with restored_backend(facts, options.say), contextlib.suppress(DivergedError):
            train_single(folder.recipe(), data, again, options)
        now = _read(again)
        compared = _Comparison(then, now, most)
        return Verification(
            path=folder.path,
            parting=compared.parting(),
            epochs=now.history.epochs,
            compared=compared.counts,
            environment=differences(environment_of(facts), environment_of(again.facts)),
            resumed=tuple(one for one in facts.resumed if one.get("changed")),
        )


@dataclass(frozen=True)
class _Recorded:
    """The records of a training, without times."""

    folder: RunFolder
    checksums: Mapping[tuple[int, int], Row]
    history: History
    results: Mapping[str, Any]


def _read(folder: RunFolder) -> _Recorded:
    folder.forget()
    sums = read_checksums(folder.checksums_file) if folder.checksums_file.exists() else []
    history = folder.history_file
    facts = folder.facts
    ending = {"epochs": facts.epochs, "best_epoch": facts.best_epoch, "diverged": facts.did_diverge}
    return _Recorded(
        folder,
        {(int(row["epoch"]), int(row["step"])): row for row in sums},
        History.from_csv(history) if history.exists() else History(),
        {**ending, **dict(_scores(facts.results))},
    )


def _scores(results: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the scores of a run by name, such as "test accuracy"."""
    for name, value in results.items():
        if isinstance(value, Mapping):
            yield from _scores(value, f"{prefix}{name} ")
        elif name not in TIMES:
            yield f"{prefix}{name}", value


class _Comparison:
    """Compares two trainings in order of computation, and counts the comparisons."""

    def __init__(self, then: _Recorded, now: _Recorded, most: int | None) -> None:
        self.then, self.now, self.most = then, now, most
        self.counts = {"checksums": 0, "history": 0, "scores": 0, "arrays": 0}

    def parting(self) -> Parting | None:
        """Return the first difference."""
        weights, history = self._weights(), self._history()
        if weights and history:
            return history if (history.epoch or 0) < (weights.epoch or 0) else weights
        after = None if self.most is not None else (self._results() or self._model())
        return weights or history or after

    def _weights(self) -> Parting | None:
        here, there = self.then.checksums, self.now.checksums
        for epoch, step in sorted(here.keys() & there.keys()):
            if self.most is not None and epoch > self.most:
                break
            differing = _differing(here[epoch, step], there[epoch, step])
            if differing:
                return Parting("weights", differing, epoch, step)
            self.counts["checksums"] += len(here[epoch, step]) - 2
        return None

    def _history(self) -> Parting | None:
        then, now = self.then.history, self.now.history
        last = then.epochs if self.most is None else self.most
        for epoch in range(1, min(last, now.epochs) + 1):
            here, there = _without_times(then.row(epoch)), _without_times(now.row(epoch))
            differing = _differing(here, there)
            if differing:
                return Parting("history", differing, epoch)
            self.counts["history"] += len(here)
        if now.epochs != last:
            return Parting("history", ("number of epochs",), min(last, now.epochs) + 1)
        return None

    def _results(self) -> Parting | None:
        differing = _differing(self.then.results, self.now.results)
        self.counts["scores"] += len(self.then.results)
        return Parting("results", differing) if differing else None

    def _model(self) -> Parting | None:
        if self.then.folder.facts.did_diverge:
            return None  # the checksums cover everything saved earlier
        here, _ = read_tensors(self.then.folder.model)
        there, _ = read_tensors(self.now.folder.model)
        differing = _differing(_hashes(here), _hashes(there))
        self.counts["arrays"] += len(here)
        return Parting("model file", differing) if differing else None


def _hashes(arrays: Mapping[str, Array]) -> dict[str, tuple[Any, ...]]:
    return {
        name: (array.dtype, array.shape, hashlib.sha256(array.tobytes()).hexdigest())
        for name, array in arrays.items()
    }


def _without_times(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in TIMES}


def _differing(here: Mapping[str, Any], there: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names whose values differ; NaN equals NaN."""
    names = [*here, *(name for name in there if name not in here)]
    missing = object()
    return tuple(
        name for name in names if repr(here.get(name, missing)) != repr(there.get(name, missing))
    )
