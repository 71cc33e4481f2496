"""Trains a recipe on several ranks, and records in the run how its batches were divided.

The first rank trains as a single process does: it makes the run's folder and writes every file. The
others make the same steps and write nothing.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from byhand.distributed import Ranks, find_ranks, is_mpi_job
from byhand.distributed.shards import SHARDS
from byhand.errors import ArgumentError
from byhand.recipes.recipe import Recipe
from byhand.runs.build_network import build_network
from byhand.runs.environment import restored_backend, restored_threads
from byhand.runs.folder import RunFolder
from byhand.runs.resume import resume
from byhand.runs.run import Run
from byhand.runs.run_json import RunFacts
from byhand.runs.single import fit, with_enough_epochs
from byhand.runs.split_dataset import SplitDataset, load_split
from byhand.runs.train import train_recipe, with_data
from byhand.runs.train_options import TrainOptions


def ranks_for(shards: int | None) -> Ranks | None:
    """Return the ranks for a new run; None if one process trains whole batches.

    Args:
        shards: number of shards of a batch; if None, 8 in an MPI job.
    """
    if shards is None and not is_mpi_job():
        return None
    return find_ranks(SHARDS if shards is None else shards)


def ranks_of(facts: RunFacts, shards: int | None) -> Ranks | None:
    """Return the ranks with which to continue a run, whose batches keep their number of shards.

    Raises:
        ArgumentError: the run was begun with another number of shards, or with whole batches.
    """
    begun = facts.training.get("shards")
    if shards is not None and shards != begun:
        divided = f"{begun} shards" if begun else "whole batches"
        raise ArgumentError(f"the run was begun with {divided}; leave --shards {shards} out.")
    if begun is None and is_mpi_job():
        raise ArgumentError(
            "the run was begun with whole batches, which ranks cannot share. Resume it without "
            "mpirun, or start a new run."
        )
    return None if begun is None else find_ranks(int(begun))


def train_on_ranks(recipe: Recipe, options: TrainOptions, ranks: Ranks | None) -> Run | None:
    """Train a recipe in a new folder; return its run on the first rank, None on the others.

    Raises:
        ArgumentError: the recipe is a search, whose trainings are too small to be shared.
    """
    if ranks is None:
        return train_recipe(recipe, options)
    ranks.check()
    if recipe.spec.search:
        raise ArgumentError(
            f"the recipe {recipe.name} trains once for each combination of its search; ranks share "
            "one training. Train it without mpirun and --shards, or use byhand search."
        )
    if ranks.is_first:
        return train_recipe(recipe, replace(options, ranks=ranks))
    options = _silent(options, ranks)
    recipe, data = with_data(recipe, options)
    _fit(with_enough_epochs(recipe, len(data.train)), data, options.seed, options)
    return None


def resume_on_ranks(
    folder: RunFolder, options: TrainOptions, epochs: int | None, ranks: Ranks | None
) -> Run | None:
    """Continue a run; return it on the first rank, None on the others."""
    if ranks is not None:
        ranks.check()
    if ranks is None or ranks.is_first:
        return resume(folder, replace(options, ranks=ranks), epochs)
    options, facts, recipe = _silent(options, ranks), folder.facts, folder.recipe()
    if epochs is not None:
        recipe = recipe.changed({"training.epochs": epochs})
    options = replace(options, threads=restored_threads(facts, options.threads, _say_nothing))
    data = load_split(folder, options.sources, _say_nothing)
    with restored_backend(facts, _say_nothing):
        _fit(recipe, data, facts.seed, options, folder.last if folder.last.exists() else None)
    return None


def _silent(options: TrainOptions, ranks: Ranks) -> TrainOptions:
    """Return the options of a rank other than the first, which prints nothing."""
    return replace(options, ranks=ranks, verbose=0, say=_say_nothing, callbacks=())


def _fit(
    recipe: Recipe,
    data: SplitDataset,
    seed: int,
    options: TrainOptions,
    resume_from: Path | None = None,
) -> None:
    training = recipe.spec.training
    stopping = training.early_stopping
    callbacks = [stopping.make(restore_best=False)] if stopping else []
    net = build_network(recipe, data.dataset, seed)
    fit(net, training, data, options, callbacks, resume_from)


def _say_nothing(text: str) -> None:
    """Print nothing, because the first rank prints the message."""
