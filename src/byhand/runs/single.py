"""One training of a recipe, in the folder of its run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from byhand.data import Dataset, Preparation
from byhand.errors import FileError, RankError
from byhand.evaluation.statistics_callback import Statistics
from byhand.mlp import MultiLayerPerceptron
from byhand.recipes.fields_and_defaults import TrainingSpec
from byhand.recipes.recipe import Recipe
from byhand.runs.build_network import build_network
from byhand.runs.checkpoint_callback import RunCheckpoints
from byhand.runs.checksums import Checksums
from byhand.runs.doubt import learn_doubt
from byhand.runs.environment import (
    conditions,
    differences,
    environment_now,
    environment_of,
    restored_ranks,
    restored_threads,
)
from byhand.runs.evaluate import evaluate_parts
from byhand.runs.folder import RunFolder
from byhand.runs.run import Run
from byhand.runs.run_json import RunFacts, first_facts, now, recorded
from byhand.runs.split_dataset import SplitDataset, labelled, load_split
from byhand.runs.train_options import TrainOptions
from byhand.threads import hold_threads
from byhand.training import Callback, History
from byhand.training.interrupt import was_interrupted
from byhand.training.snapshots import Snapshots

SAME_IN_FIT = (
    "epochs",
    "batch_size",
    "drop_last",
    "shuffle",
    "learning_rate",
    "l1",
    "l2",
    "clip_norm",
    "clip_value",
    "max_norm",
    "ema",
    "mixup",
    "adversarial",
    "class_weight",
    "monitor",
)
"""Fields of a recipe's training that are arguments of `fit` with the same name and meaning."""


def train_single(
    recipe: Recipe, data: SplitDataset, folder: RunFolder, options: TrainOptions
) -> Run:
    """Train a recipe once and write everything into an empty folder."""
    if options.ranks is not None:  # each rank has a core of its own
        options = replace(options, threads=options.threads or 1)
    recipe = with_enough_epochs(recipe, len(data.train))
    net = build_network(recipe, data.dataset, options.seed)
    facts = first_facts(recipe, data, net, options.sources)
    facts.training = conditions(net, recipe.spec.training, len(data.train), options.threads)
    if options.ranks is not None:
        facts.training["shards"] = options.ranks.shards
    facts.settings = recipe.settings
    write_recipe(folder, recipe, net.seed)
    folder.write_split(data.rows)
    return _train(recipe, folder, facts, data, net, options)


def resume_single(
    folder: RunFolder,
    options: TrainOptions,
    *,
    epochs: int | None = None,
    data: SplitDataset | None = None,
) -> Run:
    """Continue an interrupted training in its own folder, as if it had not been interrupted.

    Args:
        folder: folder of the run.
        options: all except seed and out, which are those of the run.
        epochs: total number of epochs; by default that of the recipe.
        data: the data of the run, if they are already loaded.
    """
    facts, recipe = folder.facts.model_copy(deep=True), folder.recipe()
    edited = differences(facts.settings, recipe.settings)
    for name, (then, new) in edited.items():
        options.say(
            f"recipe.toml has been edited: {name} was {then!r} and is {new!r} from here on."
        )
    planned = recipe.spec.training.epochs
    options = replace(options, ranks=options.ranks or restored_ranks(facts))
    if epochs is not None:
        recipe = recipe.changed({"training.epochs": epochs})
    if facts.search:
        facts.searched = True  # from now on the folder is only about the chosen run
    data = data or load_split(folder, options.sources, options.say)
    net = build_network(recipe, data.dataset, facts.seed)
    threads = restored_threads(facts, options.threads, options.say)
    before = environment_of(facts)
    facts.training |= conditions(net, recipe.spec.training, len(data.train), threads)
    changed = differences(before, environment_now(facts.training)) | edited
    if epochs is not None and epochs != planned:  # schedules depend on it
        changed["epochs"] = [planned, epochs]
    facts.resumed = [*facts.resumed, {"time": now(), "changed": changed}]
    facts.settings = recipe.settings
    write_recipe(folder, recipe, net.seed)
    last = folder.last if folder.last.exists() else None  # None: no epoch was ever finished
    return _train(recipe, folder, facts, data, net, options, resume_from=last)


def with_enough_epochs(recipe: Recipe, images: int) -> Recipe:
    """Return the recipe with the number of epochs that its `least_steps` needs."""
    training = recipe.spec.training
    if not training.least_steps:
        return recipe
    batch = images if training.batch_size == "all" else int(training.batch_size)
    epochs = max(training.epochs, math.ceil(training.least_steps / math.ceil(images / batch)))
    return recipe.changed({"training.epochs": epochs, "training.least_steps": None})


def write_recipe(folder: RunFolder, recipe: Recipe, seed: int) -> None:
    """Write recipe.toml, the recipe as it is trained."""
    folder.write_recipe(recipe, f"The recipe {recipe.name} as it was trained, with seed {seed}.")


def fit_arguments(training: TrainingSpec) -> dict[str, Any]:
    """Return the arguments of `fit` that a recipe gives."""
    return {
        **{name: getattr(training, name) for name in SAME_IN_FIT},
        "optimizer": training.optimizer.make(),
        "schedule": training.schedule.make() if training.schedule else None,
        "augment": training.augmentation.make() if training.augmentation else None,
    }


def fit(
    net: MultiLayerPerceptron,
    training: TrainingSpec,
    data: SplitDataset,
    options: TrainOptions,
    callbacks: Sequence[Callback],
    resume_from: Path | None,
) -> History:
    """Train a network on the data of a run as its recipe describes; return the history."""
    return net.fit(
        *(labelled(data.train) or (data.x, data.y)),
        validation_data=labelled(data.validation),
        callbacks=callbacks,
        threads=options.threads,
        ranks=options.ranks,
        resume_from=resume_from,
        verbose=options.verbose,
        **fit_arguments(training),
    )


# --- training -----------------------------------------------------------------------------------


def _train(
    recipe: Recipe,
    folder: RunFolder,
    facts: RunFacts,
    data: SplitDataset,
    net: MultiLayerPerceptron,
    options: TrainOptions,
    resume_from: Path | None = None,
) -> Run:
    """Fit, evaluate, write the results; run.json is correct at every moment."""
    training = recipe.spec.training
    net.facts |= _origin(facts, data.dataset)
    facts.model = f"{training.keep}.safetensors"
    threads = int(facts.training["threads"])
    with recorded(folder.facts_file, facts), _telling_what_stays(folder):
        callbacks = _callbacks(training, folder, options)
        options = replace(options, threads=threads)
        history = fit(net, training, data, options, callbacks, resume_from)
        net = _kept_network(net, history, folder, facts)
        with hold_threads(threads):
            if options.doubt and not was_interrupted(history.stopped):
                if options.verbose:
                    options.say("learning which predictions to doubt, then evaluating")
                learn_doubt(net, data, folder.path / facts.model)
            facts.results = evaluate_parts(net, data, history, training, options.scored)
        if "test" in facts.results:
            folder.note_test_scores("train", unless_since=facts.ended)
        facts.status = "interrupted" if was_interrupted(history.stopped) else "finished"
    folder.forget()
    sources = replace(options.sources, folder=folder.path)
    return Run(folder, sources=sources, say=options.say).holding(net, data, history)


@contextmanager
def _telling_what_stays(folder: RunFolder) -> Iterator[None]:
    """Add to the message about a full disk or a lost rank how to continue the run."""
    try:
        yield
    except (FileError, RankError) as error:
        if not folder.last.exists():
            raise
        raise type(error)(
            f"{error} What was saved before stays; continue with: byhand train --resume "
            f"{folder.path}"
        ) from error


def _kept_network(
    net: MultiLayerPerceptron, history: History, folder: RunFolder, facts: RunFacts
) -> MultiLayerPerceptron:
    """Record how training ended, and return the network with the weights that the run keeps."""
    facts.stopped, facts.training = history.stopped, history.record
    facts.epochs, facts.best_epoch = history.epochs, history.best_epoch or facts.best_epoch
    if was_interrupted(history.stopped):
        facts.model = folder.best.name
        if not folder.best.exists():  # not even one epoch: keep what there is
            net.save(folder.best)
    if facts.model == folder.best.name:
        return MultiLayerPerceptron.load(folder.best)
    return net


def _callbacks(training: TrainingSpec, folder: RunFolder, options: TrainOptions) -> list[Callback]:
    """Return the callbacks of a run; the best weights are restored from their file."""
    stopping = training.early_stopping
    statistics = Statistics(folder.statistics_file)
    checksums = Checksums(folder.checksums_file)
    return [
        *([stopping.make(restore_best=False)] if stopping else []),
        statistics,
        checksums,
        *([Snapshots(folder.snapshots_file, options.snapshots)] if options.snapshots else []),
        *options.callbacks,
        RunCheckpoints(folder, statistics, checksums),  # last, so that it saves what others changed
    ]


def _origin(facts: RunFacts, dataset: Dataset) -> dict[str, Any]:
    """Return the facts for the model file: its origin, and how pictures or text become inputs."""
    origin: dict[str, Any] = {
        "recipe": facts.recipe,
        "dataset": facts.dataset.name,
        "dataset_sha256": facts.dataset.sha256,
        "seed": facts.seed,
    }
    images = dataset.train.images
    is_table = images.ndim != 3
    way = dataset.preparation
    if way is None and not is_table:
        way = Preparation.for_images(images, dataset.name)
    origin["preparation"] = way and way.config()
    columns = {name: list(categories) for name, categories in dataset.encoding.items()}
    return {**origin, "encoding": columns} if columns else origin
