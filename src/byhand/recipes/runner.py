"""From a recipe to a run folder: prepare, train, judge, write down."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from byhand.data import Dataset, Preparation
from byhand.errors import ArgumentError, DataError
from byhand.evaluation.statistics import Statistics
from byhand.network import InputLayer, MultiLayerPerceptron
from byhand.recipes.facts import first_facts, written_down
from byhand.recipes.fields import CLASSES
from byhand.recipes.folders import RunFolder, new_run_folder
from byhand.recipes.judging import judge
from byhand.recipes.keeping import Keeper
from byhand.recipes.material import Material, Places, Say, prepare_material, restore_material
from byhand.recipes.recipe import Recipe
from byhand.recipes.spec import TrainingSpec
from byhand.training import Callback, History, fit
from byhand.training.interrupt import INTERRUPTED

SAME_IN_FIT = (
    "epochs",
    "batch_size",
    "drop_last",
    "learning_rate",
    "l1",
    "l2",
    "clip_norm",
    "clip_value",
    "class_weight",
    "monitor",
)
"""Fields of a recipe's training that are arguments of `fit` as they stand."""


@dataclass(frozen=True)
class Options:
    """How a recipe is run, beside what it says itself.

    Args:
        seed: of everything random.
        out: the run's folder; runs/<recipe>-<n> unless given.
        places: where data may be.
        threads: of the matrix products; sensible for the network's size unless given.
        verbose: 0 is silent.
        say: takes each line of what is worth knowing.
        callbacks: more callbacks for the training.
    """

    seed: int = 0
    out: str | Path | None = None
    places: Places = field(default_factory=Places)
    threads: int | None = None
    verbose: int = 1
    say: Say = print
    callbacks: Sequence[Callback] = ()


@dataclass(frozen=True)
class Trial:
    """One run of a search.

    Args:
        values: what was tried, by field of training.
        folder: of its run.
        results: its scores.
    """

    values: Mapping[str, Any]
    folder: RunFolder
    results: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Outcome:
    """A run that has ended.

    Args:
        folder: everything that was written.
        net: with the weights that the run ended with.
        material: what it was trained on and judged by.
        history: epoch by epoch.
        results: scores of each part, and what else is measured.
        trials: all runs of a search, of which this is the chosen one.
    """

    folder: RunFolder
    net: MultiLayerPerceptron
    material: Material
    history: History
    results: Mapping[str, Any]
    trials: Sequence[Trial] = ()

    @property
    def seconds(self) -> float:
        """What training took, all trials of a search together."""
        runs = [trial.results for trial in self.trials] or [self.results]
        return sum(float(results["seconds"]) for results in runs)

    @property
    def was_interrupted(self) -> bool:
        """Whether Ctrl-C ended it."""
        return self.history.stopped == INTERRUPTED


def run_recipe(recipe: Recipe, options: Options | None = None) -> Outcome:
    """Train what a recipe says and write everything into a fresh run folder.

    Raises:
        ByhandError: what is wrong with the recipe, the data or the disk. What was saved until
            then stays, and run.json says how it ended.
    """
    options = options or Options()
    places = replace(options.places, folder=recipe.folder)
    material = prepare_material(recipe.spec.data, options.seed, places, options.say)
    net = build_network(recipe, material, options.seed)
    options.say(f"data: {material.dataset.name}, {material.describe()} (seed {net.seed})")
    options.say(f"network: {describe_network(net)}")
    folder = new_run_folder(recipe.name, options.out)
    settled = settle(recipe, material)
    _write_recipe(folder, settled, net.seed)
    folder.write_split(material.rows)
    facts = first_facts(recipe, material, net, options.places)
    return _train(settled, folder, facts, material, net, options)


def resume_run(
    folder: RunFolder, options: Options | None = None, epochs: int | None = None
) -> Outcome:
    """Go on with a run that was interrupted, as if it had not been, in its own folder.

    Args:
        folder: of the run.
        options: all but seed and out, which are those of the run.
        epochs: how many there are to be in all; as the recipe says unless given.
    """
    options = options or Options()
    facts, recipe = dict(folder.facts), folder.recipe()
    if epochs is not None:
        recipe = recipe.changed({"training.epochs": epochs})
    elif facts.get("status") == "finished":
        raise ArgumentError(
            f"{folder.path} has ended ({facts.get('stopped')}); there is nothing to resume. To "
            "train it further, say how many epochs there are to be in all: --epochs."
        )
    material = old_material(folder, options.places, options.say)
    net = build_network(recipe, material, int(facts["seed"]))
    options.say(f"data: {material.dataset.name}, {material.describe()}")
    options.say(f"network: {describe_network(net)}, from {folder.last}")
    _write_recipe(folder, recipe, net.seed)
    last = folder.last if folder.last.exists() else None  # None: no epoch was ever finished
    return _train(recipe, folder, facts, material, net, options, resume_from=last)


def settle(recipe: Recipe, material: Material) -> Recipe:
    """The recipe as it is run: with the data that were found, and epochs enough for them."""
    training, images = recipe.spec.training, len(material.rows["train"])
    batch = images if training.batch_size == "all" else int(training.batch_size)
    epochs = max(training.epochs, math.ceil(training.least_steps / math.ceil(images / batch)))
    return recipe.changed(
        {
            "data.dataset": material.taken,
            "data.instead": None,
            "data.invert": material.dataset.inverted or None,
            "training.epochs": epochs,
            "training.least_steps": None,
        }
    )


def build_network(recipe: Recipe, material: Material, seed: int) -> MultiLayerPerceptron:
    """The network of a recipe for its data."""
    dataset = material.dataset
    return network_for(recipe, dataset.image_shape, dataset.class_names, seed, dataset.name)


def network_for(
    recipe: Recipe, shape: Sequence[int], class_names: Sequence[str], seed: int, data: str
) -> MultiLayerPerceptron:
    """The network of a recipe; the data settle its inputs and, where asked to, its outputs.

    Args:
        recipe: what layers.
        shape: of an image, or (columns,).
        class_names: of the data.
        seed: of the weights.
        data: their name, for messages.
    """
    spec, classes = recipe.spec.network, len(class_names)
    layers = [
        choice.make(**({"units": classes} if choice.options.get("units") == CLASSES else {}))
        for choice in spec.layers
    ]
    outputs = getattr(layers[-1], "units", classes)  # the network says so if it has no units
    if max(outputs, 2) != classes:
        raise ArgumentError(
            f"the recipe {recipe.name} ends in {outputs} outputs, but {data} has {classes} "
            f'classes. Write units = "{CLASSES}" (or {classes}) in its last layer.'
        )
    return MultiLayerPerceptron(
        [InputLayer(math.prod(shape), spec.normalisation), *layers],
        weight_init=spec.weight_init,
        bias_init=spec.bias_init,
        loss=spec.loss.make() if spec.loss else None,
        seed=seed,
        class_names=class_names,
    )


def old_material(folder: RunFolder, places: Places, say: Say) -> Material:
    """The data of an earlier run, divided as they were then.

    Raises:
        DataError: they are not bit for bit those of the run.
    """
    then_in = folder.facts["dataset"].get("data_dir")  # which may have gone since
    data_dir = places.data_dir or (then_in if then_in and Path(then_in).is_dir() else None)
    places = Places(data_dir, places.offline, folder.path)
    material = restore_material(folder.recipe().spec.data, folder.split(), places, say)
    then, now = folder.facts["dataset"].get("sha256"), material.dataset.sha256
    if then != now:
        raise DataError(
            f"the data {material.dataset.name} are not those that {folder.path} was trained on "
            f"(SHA-256 {str(then)[:12]}... then, {now[:12]}... now). Name the folder of the old "
            "ones with --data-dir."
        )
    return material


def describe_network(net: MultiLayerPerceptron) -> str:
    """Its units and parameters: "784-300-10, 238,510 parameters"."""
    units = "-".join(str(units) for units in net.widths_of_dense())
    return f"{units}, {net.parameters.vector.size:,} parameters"


# --- training -----------------------------------------------------------------------------------


def _train(
    recipe: Recipe,
    folder: RunFolder,
    facts: dict[str, Any],
    material: Material,
    net: MultiLayerPerceptron,
    options: Options,
    resume_from: Path | None = None,
) -> Outcome:
    """Fit, judge, write down; run.json is true at every moment."""
    training = recipe.spec.training
    net.facts |= _model_facts(facts, material.dataset)
    facts["model"] = f"{training.keep}.safetensors"
    with written_down(folder, facts):
        x, y = material.x, material.y
        history = fit(
            net,
            *(material.part("train") or (x, y)),
            validation_data=material.part("validation"),
            callbacks=[
                *_stopping(training),
                Keeper(folder),
                Statistics(folder.statistics_file),
                *options.callbacks,
            ],
            threads=options.threads,
            resume_from=resume_from,
            verbose=options.verbose,
            **fit_arguments(training),
        )
        facts |= {"status": "finished", "stopped": history.stopped, "training": history.record}
        if history.stopped == INTERRUPTED:
            facts |= {"status": "interrupted", "model": folder.best.name}
            if not folder.best.exists():  # not even one epoch: keep what there is
                net.save(folder.best)
        if facts["model"] == folder.best.name:
            net = MultiLayerPerceptron.load(folder.best)  # early stopping and resuming alike
        results = judge(net, material, history, training)
        facts |= {"epochs": history.epochs, "best_epoch": history.best_epoch, "results": results}
    return Outcome(folder, net, material, history, results)


def fit_arguments(training: TrainingSpec) -> dict[str, Any]:
    """The arguments of `fit` that a recipe settles."""
    return {
        **{name: getattr(training, name) for name in SAME_IN_FIT},
        "optimizer": training.optimizer.make(),
        "schedule": training.schedule.make() if training.schedule else "constant",
        "augment": training.augmentation.make() if training.augmentation else None,
    }


def _stopping(training: TrainingSpec) -> list[Callback]:
    """Early stopping; the best weights come back from their file, not from its memory."""
    if training.early_stopping is None:
        return []
    return [training.early_stopping.make(restore_best=False)]


def _model_facts(facts: Mapping[str, Any], data: Dataset) -> dict[str, Any]:
    """What the model file tells of its origin, and of how pictures become its inputs."""
    dataset, images = facts["dataset"], data.train.images
    prepared = Preparation.for_images(images, data.name).config() if images.ndim == 3 else None
    return {
        "recipe": facts["recipe"],
        "dataset": dataset["name"],
        "dataset_sha256": dataset["sha256"],
        "seed": facts["seed"],
        "preparation": prepared,
    }


def _write_recipe(folder: RunFolder, recipe: Recipe, seed: int) -> None:
    folder.write_recipe(recipe, f"The recipe {recipe.name} as it was run, with seed {seed}.")
