"""The folder of a run: its files, creating new folders, and finding existing ones."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np

from byhand.arrays import IntArray
from byhand.atomic import LEFTOVER, flush_folder, make_folder, remove_leftovers, replacing
from byhand.data.known_datasets import is_known, known_dataset
from byhand.errors import ArgumentError, FileError, FormatError, did_you_mean
from byhand.npz_archive import read_arrays
from byhand.recipes.recipe import Recipe, parse_recipe, recipe_text
from byhand.runs import lock
from byhand.runs.run_json import RunFacts, now, read_facts, write_facts
from byhand.training import History
from byhand.untrusted_files import read_bytes
from byhand.user_path import leads_into, user_path

LATEST = "latest"

MOST_SCORE_BYTES = 1 << 20
"""Largest size in bytes of a test_scores.csv: about 25,000 evaluations."""

FIRST_FILES = ("recipe.toml", "search.toml", "split.npz")
"""Names of the files written before run.json; a run has started once run.json exists."""


@dataclass(frozen=True)
class RunFolder:
    """A folder with everything about one training run.

    Args:
        path: the folder.

    It contains:

        run.json                when, where and with what the run was made, and its results
        recipe.toml             the recipe as it was trained; search.toml that of a search
        best.safetensors        the network of the best epoch
        last.safetensors        the network after the last epoch, and all that resuming needs
        snapshots.safetensors   weights of a few epochs, for the report
        history.csv             losses and accuracies, epoch by epoch
        statistics.npz          activations, gradients and updates, for the report and the doctor
        checksums.csv           checksums of the weights, for `byhand verify`
        split.npz               which rows were for training, validation and testing
        test_scores.csv         each evaluation on the test set
        report.html             the report
    """

    path: Path

    best = property(lambda self: self.file("best.safetensors"))
    last = property(lambda self: self.file("last.safetensors"))
    history_file = property(lambda self: self.file("history.csv"))
    split_file = property(lambda self: self.file("split.npz"))
    recipe_file = property(lambda self: self.file("recipe.toml"))
    facts_file = property(lambda self: self.file("run.json"))
    snapshots_file = property(lambda self: self.file("snapshots.safetensors"))
    statistics_file = property(lambda self: self.file("statistics.npz"))
    checksums_file = property(lambda self: self.file("checksums.csv"))
    test_scores_file = property(lambda self: self.file("test_scores.csv"))

    def file(self, name: str) -> Path:
        """Return the path of a file in the folder.

        Raises:
            FileError: it is a link that leads out of the folder.
        """
        path = self.path / name
        if path.is_symlink() and not leads_into(path, self.path):
            raise FileError(
                f"{path} is a link that leads out of its folder. Replace it with the file itself."
            )
        return path

    @cached_property
    def facts(self) -> RunFacts:
        """The content of run.json: seed, versions, data, results, times."""
        return read_facts(self.facts_file)

    def recipe(self) -> Recipe:
        """Read the recipe as it was trained."""
        text = recipe_text(self.recipe_file)
        return parse_recipe(text, self.facts.recipe or self.path.name, self.recipe_file)

    def history(self) -> History:
        """Read the history of all epochs, completed from run.json."""
        history = History.from_csv(self.history_file)
        history.best_epoch = self.facts.best_epoch
        history.stopped = self.facts.stopped
        history.record = dict(self.facts.training)
        return history

    def split(self) -> dict[str, IntArray]:
        """Read the row numbers of each part."""
        rows = read_arrays(self.split_file)
        for name, numbers in rows.items():
            if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
                raise FormatError(f"{self.split_file} is damaged: {name} contains no row numbers.")
        return rows

    @property
    def model(self) -> Path:
        """The file of the final weights; during training, of the best so far."""
        chosen = self.file(self.facts.model)
        return chosen if chosen.exists() else self.file("best.safetensors")

    @property
    def dataset(self) -> str:
        """The name of the data that the run was trained on."""
        return self.facts.dataset.name

    def is_on(self, dataset: str) -> bool:
        """Return whether it was trained on these data, given by name (in any spelling) or path."""
        if is_known(dataset):
            return known_dataset(dataset).name == self.dataset
        facts = self.facts.dataset
        return dataset in {facts.name, facts.asked} and not facts.fallback

    def write_facts(self, facts: RunFacts) -> None:
        """Replace run.json atomically."""
        write_facts(self.facts_file, facts)
        self.forget()

    def forget(self) -> None:
        """Read run.json again at the next access."""
        self.__dict__.pop("facts", None)

    def write_recipe(self, recipe: Recipe, heading: str) -> None:
        """Write the recipe as it is trained."""
        with replacing(self.recipe_file) as temporary:
            temporary.write_text(recipe.to_toml(heading), "utf-8")

    def note_test_scores(self, by: str, *, unless_since: str | None = None) -> None:
        """Add a line to test_scores.csv for a score on the test part, with its cause.

        A folder that cannot be written is left unchanged.

        Args:
            by: the cause.
            unless_since: add nothing if this cause has a line later than this time. A process that
                was killed before it wrote its results may have left one.
        """
        if unless_since is not None:
            with contextlib.suppress(FileError, FormatError):
                pairs = [line.partition(",") for line in self._test_scores()]
                if any(time > unless_since and cause == by for time, _, cause in pairs):
                    return
        with contextlib.suppress(OSError), self.test_scores_file.open("a") as file:
            file.write(f"{now()},{by}\n")

    def times_tested(self) -> int:
        """Return how often the network was scored on the test part."""
        try:
            return len(self._test_scores())
        except (FileError, FormatError):
            return int("test" in self.facts.results)  # a run of an older byhand

    def _test_scores(self) -> list[str]:
        content = read_bytes(self.test_scores_file, MOST_SCORE_BYTES)
        return content.decode("utf-8", "replace").splitlines()

    def write_split(self, rows: Mapping[str, IntArray]) -> None:
        """Write the row numbers of each part."""
        with replacing(self.split_file) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, **cast(Any, dict(rows)))


def runs_folder() -> Path:
    """Return the folder of runs: runs/ in the current folder, or the one named by BYHAND_RUNS."""
    return user_path(os.environ.get("BYHAND_RUNS") or "runs")


def new_run_folder(name: str, out: str | Path | None = None) -> RunFolder:
    """Create a folder for a run, by default runs/<name>-<n>; existing runs are never changed.

    Raises:
        ArgumentError: `out` is not empty.
        FileError: the folder cannot be made.
    """
    path = None if out is None else user_path(out)
    try:
        if path is None:
            return RunFolder(_numbered(runs_folder(), name))
        make_folder(path)
        _refuse_unless_empty(path)
    except OSError as error:
        raise FileError(
            f"the run's folder {error.filename} cannot be created: {error.strerror}. Name another "
            "with --out, or in the variable BYHAND_RUNS."
        ) from error
    return RunFolder(path)


@contextlib.contextmanager
def beginning(folder: RunFolder) -> Iterator[None]:
    """Hold the lock of an empty folder while a run is started and trained in it.

    If the block fails before run.json exists, the folder is empty again afterwards.

    Raises:
        ArgumentError: another process trains in the folder, or has done so in the meantime.
    """
    with lock.locked(folder.path):
        _refuse_unless_empty(folder.path)
        _remove_first_files(folder.path)
        try:
            yield
        except BaseException:
            if not folder.facts_file.exists():
                _remove_first_files(folder.path)
            raise


def _refuse_unless_empty(path: Path) -> None:
    """Raise if a folder contains anything but the remains of a killed start."""
    names = {file.name for file in path.iterdir()}
    if lock.NAME in names:
        names -= {lock.NAME, *FIRST_FILES}
        names = {name for name in names if not LEFTOVER.fullmatch(name)}
    if names:
        raise ArgumentError(
            f"{path} is not empty; a run is never written over another. Name a new folder, "
            "or continue the run with --resume."
        )


def _remove_first_files(path: Path) -> None:
    for name in FIRST_FILES:
        (path / name).unlink(missing_ok=True)
    remove_leftovers(path, alone=True)


def _numbered(base: Path, name: str) -> Path:
    """Create base/name-<n> with the first free n, atomically, so that no two runs share it."""
    make_folder(base)
    number = 1
    while True:
        path = base / f"{name}-{number}"
        try:
            path.mkdir()
        except FileExistsError:
            number += 1
        else:
            flush_folder(base)
            return path


def all_runs() -> list[RunFolder]:
    """Return the readable runs in the folder of runs, the latest first."""
    runs = []
    for facts in runs_folder().glob("*/run.json"):
        run = RunFolder(facts.parent)
        with contextlib.suppress(FileError, FormatError):
            runs.append((run.facts.started, facts.stat().st_mtime, run))
    return [run for *_, run in sorted(runs, key=lambda found: found[:2], reverse=True)]


def find_run(
    name: str | Path | None = None, dataset: str | None = None, *, trained: bool = True
) -> RunFolder:
    """Return a run by its path or its name in the folder of runs; by default the latest.

    Args:
        name: a folder, a name such as "basic-1", or "latest".
        dataset: consider only runs on these data.
        trained: consider only runs with a model, and not those that diverged before they had one.

    Raises:
        FileError: there is no such run.
        ArgumentError: the named run is on other data.
    """
    if name is None or str(name) == LATEST:
        return _latest(dataset, trained)
    for path in (user_path(name), runs_folder() / name):
        if (path / "run.json").is_file():
            return _on(RunFolder(path), dataset)
        if (path / lock.NAME).is_file():
            raise FileError(
                f"{path} was stopped before training began, so there is nothing to continue. "
                f"Start it again, for example with byhand train --out {path}."
            )
    names = [run.path.name for run in all_runs()]
    hint = did_you_mean(name, names, similarity=0.6)
    raise FileError(
        f"there is no run {name} (no run.json in it).{hint} Runs in {runs_folder()}: "
        f"{', '.join(names[:8]) or 'none'}."
    )


def _on(run: RunFolder, dataset: str | None) -> RunFolder:
    if dataset is not None and not run.is_on(dataset):
        raise ArgumentError(
            f"{run.path} is a run on {run.dataset}, not on {dataset}. Name the "
            "run or the data, not both."
        )
    return run


def _latest(dataset: str | None, trained: bool) -> RunFolder:
    for run in all_runs():
        if (dataset is None or run.is_on(dataset)) and (run.model.exists() or not trained):
            return run
    what = f"on {dataset} " if dataset else ""
    train = f"byhand train --dataset {dataset}" if dataset else "byhand train"
    raise FileError(f"there is no run {what}in {runs_folder()} yet. Make one: {train}")
