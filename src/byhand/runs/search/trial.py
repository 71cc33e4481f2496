"""One training of a search, in its own folder below that of the search."""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from byhand.atomic import remove_leftovers
from byhand.errors import ArgumentError, DivergedError
from byhand.recipes.recipe import Recipe
from byhand.runs.folder import RunFolder, beginning, new_run_folder
from byhand.runs.lock import locked
from byhand.runs.run import Run
from byhand.runs.single import resume_single, train_single
from byhand.runs.split_dataset import SplitDataset
from byhand.runs.train_options import TrainOptions
from byhand.untrusted_files import is_plain_name
from byhand.user_path import leads_into

SCORE_COLUMNS = ("validation accuracy", "loss gap", "accuracy gap", "train accuracy", "seconds")
"""Scores of a trial, by their names in search.csv and run.json."""

SCORED = ("train", "validation")
"""Parts that a trial is scored on; a search does not use the test part."""

PRUNED = "pruned: the median of the other trials was better at this epoch"
"""Why training stopped, for a trial that fell behind."""


@dataclass(frozen=True)
class Trial:
    """One training of a search.

    Args:
        values: the values tried, by setting.
        seed: seed of the training.
        folder: its folder.
        run: the run; None if training diverged.
    """

    values: Mapping[str, Any]
    seed: int
    folder: RunFolder
    run: Run | None

    @cached_property
    def score(self) -> float:
        """Validation accuracy, or minus the validation loss if there are no classes."""
        score = self._validation.get("accuracy", -self.loss)
        return -math.inf if math.isnan(score) else float(score)

    @property
    def loss(self) -> float:
        """Validation loss; infinite if training diverged."""
        return float(self._validation.get("loss", math.inf))

    @property
    def _validation(self) -> Mapping[str, float]:
        return self.run.results.get("validation", {}) if self.run else {}

    @property
    def was_pruned(self) -> bool:
        """Whether it was stopped early because other trials were better."""
        return self.run is not None and self.run.facts.stopped == PRUNED

    @property
    def state(self) -> str:
        """How it ended: "finished", "pruned", "interrupted" or "diverged"."""
        if self.run is None:
            return "diverged"
        return "pruned" if self.was_pruned else self.run.facts.status

    def row(self) -> dict[str, Any]:
        """Return values, folder and scores by their columns."""
        scores = trial_scores(self.run.results if self.run else {})
        place = {"folder": self.folder.path.name, "seed": self.seed, "state": self.state}
        return {**self.values, **place, **scores}


def describe(values: Mapping[str, Any]) -> str:
    """Return values as text: "l2 = 0.001, units = 64"."""
    return ", ".join(f"{name} = {value}" for name, value in values.items())


def trial_scores(results: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the scores of a trial by their columns."""
    validation, train = (
        (results.get(part) or {}).get("accuracy") for part in ("validation", "train")
    )
    gap = None if validation is None or train is None else train - validation
    scores = [validation, results.get("loss_gap"), gap, train, results.get("seconds")]
    return dict(zip(SCORE_COLUMNS, scores, strict=True))


def trial_folder(parent: RunFolder, name: str) -> RunFolder:
    """Return the folder of a trial by name.

    Raises:
        ArgumentError: the name, or a link of this name, leads out of the search's folder.
    """
    if not is_plain_name(name) or not leads_into(parent.path / name, parent.path):
        raise ArgumentError(
            f"{name!r} cannot be the folder of a trial in {parent.path}: it leads out of that "
            "folder."
        )
    return RunFolder(parent.path / name)


def with_seed(name: str, seed: int, first: int) -> str:
    """Return the folder name for a further seed: "l2=0.001,seed=1"."""
    return name if seed == first else f"{name},seed={seed}"


def read_trial(values: Mapping[str, Any], seed: int, folder: RunFolder) -> Trial | None:
    """Return a trial that has ended, from its folder; None if it has no scores yet."""
    if not folder.facts_file.exists():
        return None
    folder.forget()
    facts = folder.facts
    if facts.did_diverge:
        return Trial(values, seed, folder, None)
    ended = facts.status == "finished" or (facts.status == "interrupted" and facts.results)
    return Trial(values, seed, folder, Run(folder)) if ended else None


def is_done(folder: RunFolder) -> bool:
    """Return whether a trial needs no more training."""
    if not folder.facts_file.exists():
        return False
    folder.forget()
    return folder.facts.status == "finished" or folder.facts.did_diverge


def train_trial(
    recipe: Recipe,
    values: Mapping[str, Any],
    data: SplitDataset,
    folder: RunFolder,
    options: TrainOptions,
) -> Trial:
    """Train the recipe of a trial, or finish or read an existing trial.

    Args:
        recipe: the recipe with the values of the trial.
        values: the values, by setting.
        data: the data, split by the seed of the trial.
        folder: folder of the trial.
        options: options of the training; the seed is that of the trial.
    """
    options = replace(options, scored=SCORED, doubt=False)
    try:
        run = _trained(recipe, data, folder, options)
    except DivergedError as error:
        options.say(f"search: {describe(values)}: {error}")
        return Trial(values, options.seed, folder, None)
    return Trial(values, options.seed, folder, run)


def _trained(
    recipe: Recipe, data: SplitDataset, folder: RunFolder, options: TrainOptions
) -> Run | None:
    if not folder.facts_file.exists():
        shutil.rmtree(folder.path, ignore_errors=True)  # interrupted before training began
        with beginning(new_run_folder(recipe.name, folder.path)):
            return train_single(recipe, data, folder, options)
    if is_done(folder):
        return None if folder.facts.did_diverge else Run(folder, sources=options.sources)
    with locked(folder.path):
        remove_leftovers(folder.path, alone=True)
        return resume_single(folder, options, data=data)
