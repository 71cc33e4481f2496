"""Trains a recipe or a search in a new folder; `resume.py` continues one that was interrupted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from byhand.recipes.recipe import BASIC, Recipe, read_recipe
from byhand.runs.build_network import build_network, changes_for_regression, describe_size
from byhand.runs.folder import beginning, new_run_folder
from byhand.runs.run import Run
from byhand.runs.search.conduct import (
    Crew,
    conduct,
    start_search,
)
from byhand.runs.search.plan import Plan
from byhand.runs.single import train_single, with_enough_epochs
from byhand.runs.split_dataset import DataSources, SplitDataset, split_dataset
from byhand.runs.train_options import TrainOptions
from byhand.terminal import Say
from byhand.training import Callback
from byhand.training.snapshots import SNAPSHOTS

__all__ = ["search", "train", "train_recipe"]


def train(
    recipe: Recipe | str | Path = BASIC,
    *,
    changes: Mapping[str, Any] | None = None,
    seed: int = 0,
    out: str | Path | None = None,
    data_dir: str | Path | None = None,
    offline: bool | None = None,
    threads: int | None = None,
    verbose: int = 1,
    say: Say = print,
    callbacks: Sequence[Callback] = (),
    snapshots: int = SNAPSHOTS,
) -> Run:
    """Train a recipe and return its run; everything is kept in the run's folder.

        run = byhand.train("basic", changes={"data.dataset": "digits", "training.epochs": 5})

    Args:
        recipe: name of a recipe that comes with byhand, the path of your own, or a `Recipe`.
        changes: values by field, such as {"training.epochs": 5}; None removes a field.
        seed: seed of all random numbers.
        out: folder of the run; by default runs/<recipe>-<n>.
        data_dir: folder of data sets to search first.
        offline: True forbids downloads; None follows the variable BYHAND_OFFLINE.
        threads: threads for matrix products; by default chosen by the network's size.
        verbose: 0 shows no progress.
        say: receives messages.
        callbacks: more callbacks for the training.
        snapshots: number of epochs whose weights are kept for the report's slider; 0 for none.

    Raises:
        ByhandError: the recipe, the data or the disk cannot be used. Everything saved until then
            is kept, and run.json says how the run ended.
    """
    if not isinstance(recipe, Recipe):
        recipe = read_recipe(recipe)
    sources = DataSources(data_dir, offline)
    options = TrainOptions(seed, out, sources, threads, verbose, say, callbacks, snapshots)
    return train_recipe(recipe.changed(changes) if changes else recipe, options)


def train_recipe(recipe: Recipe, options: TrainOptions | None = None) -> Run:
    """Train a recipe in a new folder: once, or a trial for each combination of its search."""
    options = options or TrainOptions()
    recipe, data = with_data(recipe, options)
    net = build_network(recipe, data.dataset, options.seed)
    options.say(f"network: {describe_size(net)}")
    _explain_epochs(recipe, len(data.train), options.say)
    folder = new_run_folder(recipe.name, options.out)
    start = start_search if recipe.spec.search else train_single
    with beginning(folder):
        return start(recipe, data, folder, options)


def _explain_epochs(recipe: Recipe, examples: int, say: Say) -> None:
    """Say why few examples are trained on for more epochs than the recipe names."""
    planned = recipe.spec.training
    epochs = with_enough_epochs(recipe, examples).spec.training.epochs
    if epochs > planned.epochs:
        say(
            f"epochs: {epochs:,} instead of {planned.epochs}, because {examples:,} training "
            f"examples make short epochs and the recipe trains for {planned.least_steps:,} steps "
            "or more (choose another number with --epochs)"
        )


def search(plan: Plan, options: TrainOptions, crew: Crew) -> Run:
    """Train the trials of a search in a new folder, and return the best of them.

    Args:
        plan: the search.
        options: how each trial is trained; its seed is that of the plan.
        crew: the processes that train.

    Raises:
        ArgumentError: a value of the search cannot be used.
    """
    plan.checked()
    options = replace(options, seed=plan.seed)
    recipe, data = with_data(plan.recipe, options)
    plan = replace(plan, recipe=recipe)
    folder = new_run_folder(f"{recipe.name}-search", options.out)
    with beginning(folder):
        return conduct(plan, data, folder, options, crew)


def with_data(recipe: Recipe, options: TrainOptions) -> tuple[Recipe, SplitDataset]:
    """Load and split the data of a recipe; return the recipe, completed from them, and the data."""
    sources = replace(options.sources, folder=recipe.folder)
    data = split_dataset(recipe.spec.data, options.seed, sources, options.say)
    options.say(f"data: {data.dataset.name}, {data.describe()} (seed {options.seed})")
    return fitted_to(recipe, data), data


def fitted_to(recipe: Recipe, data: SplitDataset) -> Recipe:
    """Return the recipe with the data that were found, adapted to their kind of labels."""
    changes = changes_for_regression(recipe) if data.is_regression else {}
    if data.dataset.inverted:
        changes["data.invert"] = True
    if data.dataset.fitted:
        changes["data.size"] = data.dataset.image_shape[0]
    return recipe.changed({**changes, "data.dataset": data.taken, "data.instead": None})
