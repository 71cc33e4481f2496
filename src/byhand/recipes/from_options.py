"""Changes a recipe by a few options: another data set, different layers, different numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from byhand.augmentation import augmentation_from_text
from byhand.data.known_datasets import is_known, known_dataset
from byhand.errors import ArgumentError
from byhand.recipes.field_types import CLASSES
from byhand.recipes.fields_and_defaults import DataSpec
from byhand.recipes.recipe import BASIC, Recipe, read_recipe

FULL_BATCH = "full-batch"
"""The default recipe for a number of iterations."""

MOST_UNITS = 1_000_000
"""Largest number of units of a hidden layer; its weights alone would take gigabytes."""


def recipe_from_options(
    name: str | None = None,
    *,
    dataset: str | None = None,
    layers: str | None = None,
    activation: str | None = None,
    epochs: int | None = None,
    iterations: int | None = None,
    batch_size: str | None = None,
    learning_rate: float | None = None,
    optimizer: str | None = None,
    schedule: str | None = None,
    l2: float | None = None,
    validation: str | None = None,
    label: str | None = None,
    size: int | None = None,
    test: str | None = None,
    augment: str | None = None,
    dropout: float | None = None,
    patience: int | None = None,
    loss: str | None = None,
    max_norm: float | None = None,
    ema: float | None = None,
    mixup: float | None = None,
    adversarial: float | None = None,
    memory_map: bool | None = None,
) -> Recipe:
    """Return a recipe with some of its fields changed; None leaves a field unchanged.

    Args:
        name: name or path of the recipe; "full-batch" with iterations, else "basic".
        dataset: a name, or a file or folder.
        layers: units of the hidden layers, such as "128,64".
        activation: activation of the hidden layers.
        epochs: passes through the data.
        iterations: full-batch steps; each is an epoch of one batch.
        batch_size: a number, or "all".
        learning_rate: learning rate; without one, a different optimizer uses its own default.
        optimizer: name of the optimizer.
        schedule: name of the schedule.
        l2: strength of the L2 penalty.
        validation: fraction or number of rows for validation.
        label: the label column of a table, by name or position.
        size: side of the squares into which a folder's images are fitted.
        test: fraction or number of rows for testing.
        augment: how training images are changed, such as "elastic" or "shift=2,rotate=10".
        dropout: rate of dropout after each hidden layer; 0 removes it.
        patience: epochs without improvement after which training stops; the best epoch is kept.
        loss: name of the loss.
        max_norm: largest length of the weights into a unit.
        ema: decay of the moving average of the weights.
        mixup: parameter of the Beta distribution of the proportions.
        adversarial: change of each input that raises the loss most.
        memory_map: leave the images on disk, and shuffle by blocks.
    """
    if epochs is not None and iterations is not None:
        raise ArgumentError(
            "give --epochs or --iterations, not both: an iteration is an epoch of one batch."
        )
    recipe = read_recipe(name or (FULL_BATCH if iterations is not None else BASIC))
    batch: int | str | None = "all" if iterations is not None else _number(batch_size)
    if optimizer is not None and learning_rate is None:
        recipe = recipe.changed({"training.learning_rate": None})
    given = {
        "training.epochs": iterations if epochs is None else epochs,
        "training.batch_size": batch,
        "training.learning_rate": learning_rate,
        "training.optimizer": optimizer,
        "training.schedule": schedule,
        "training.l2": l2,
        "data.validation": _number(validation),
        "data.label": _number(label),
        "data.size": size,
        "data.test": _number(test),
        "training.augmentation": None if augment is None else augmentation_from_text(augment),
        "network.loss": loss,
        "training.max_norm": max_norm,
        "training.ema": ema,
        "training.mixup": mixup,
        "training.adversarial": adversarial,
        "data.memory_map": memory_map,
        "training.shuffle": "blocks" if memory_map else None,
    }
    if patience is not None:
        given |= {"training.early_stopping": {"patience": patience}, "training.keep": "best"}
    changes = {place: value for place, value in given.items() if value is not None}
    return _changed(recipe, changes, dataset, _Hidden(layers, activation, dropout))


def in_fractions(spec: DataSpec) -> dict[str, float | None]:
    """Return the changes that let a recipe split other data: numbers of rows become fractions."""
    name = spec.instead or spec.dataset
    train, test = known_dataset(name).counts[0] if is_known(name) else (0, 0)
    total = spec.rows or (train + test if spec.pool == "train+test" else train)
    changes: dict[str, float | None] = {"data.rows": None, "data.instead": None}
    for part in ("validation", "test"):
        value = getattr(spec, part)
        if isinstance(value, int) and value and total:
            changes[f"data.{part}"] = round(value / total, 6)
    return changes


def _changed(
    recipe: Recipe,
    changes: dict[str, Any],
    dataset: str | None,
    hidden: _Hidden,
) -> Recipe:
    """Return the recipe with these fields, data and layers, and with what follows from them."""
    if "training.epochs" in changes:
        changes["training.least_steps"] = None
    if recipe.spec.search:
        changes["search"] = _still_searched(recipe, changes)
    is_other = dataset is not None and not _is_own(recipe.spec.data, dataset)
    if dataset is not None:
        other = in_fractions(recipe.spec.data) if is_other else {"data.instead": None}
        changes = {**other, "data.dataset": dataset, **changes}
    if hidden != _Hidden() or is_other:
        changes["network.layers"] = _layers(recipe, hidden, is_other)
    return _without_figures(recipe, recipe.changed(changes)) if changes else recipe


def _still_searched(recipe: Recipe, changes: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the rest of a search after some of its fields are given."""
    search = recipe.spec.search
    given = {place.removeprefix("training.").removeprefix("network.") for place in changes}
    return {name: search[name] for name in search if name not in given} or None


def _is_own(spec: DataSpec, dataset: str) -> bool:
    """Return whether these are the data of the recipe."""
    name = known_dataset(dataset).name if is_known(dataset) else dataset
    return name in (spec.dataset, spec.instead)


def _without_figures(recipe: Recipe, changed: Recipe) -> Recipe:
    """Return the changed recipe, without the published figures if anything changed."""
    before, after = recipe.changed({"data.instead": None}), changed.changed({"data.instead": None})
    same = before.values == after.values and changed.spec.data.dataset == recipe.spec.data.dataset
    return changed if same else changed.changed({"published": None})


@dataclass(frozen=True)
class _Hidden:
    """Options that change the hidden layers."""

    layers: str | None = None
    activation: str | None = None
    dropout: float | None = None


def _layers(recipe: Recipe, asked: _Hidden, open_end: bool) -> list[dict[str, Any]]:
    """Return the recipe's layers with other hidden ones; an open end has a unit for each class."""
    *hidden, last = (dict(layer) for layer in recipe.values["network"]["layers"])
    fn = asked.activation
    if asked.layers is not None:
        hidden = [{"units": units, "fn": fn or "relu"} for units in parse_units(asked.layers)]
    elif fn is not None:
        hidden = [{**layer, "fn": fn} if "units" in layer else layer for layer in hidden]
    if asked.dropout is not None:
        hidden = with_dropout(hidden, asked.dropout)
    return [*hidden, {**last, "units": CLASSES} if open_end else last]


def with_dropout(hidden: list[dict[str, Any]], rate: float) -> list[dict[str, Any]]:
    """Return hidden layers with this dropout rate after each, instead of their own; 0 for none."""
    layers = [layer for layer in hidden if layer.get("kind") != "dropout"]
    if rate == 0:
        return layers
    dropout = {"kind": "dropout", "rate": rate}
    return [one for layer in layers for one in ([layer, dropout] if "units" in layer else [layer])]


def parse_units(layers: str) -> list[int]:
    """Return [128, 64] for "128,64", and [] for "none": no hidden layers."""
    if layers.strip().lower() in ("none", "0", ""):
        return []
    numbers = re.split(r"[,\-x ]+", layers.strip())
    if not all(number.isdecimal() and int(number) > 0 for number in numbers):
        raise ArgumentError(
            f"--layers takes the units of the hidden layers, such as 300 or 128,64; got {layers!r}."
        )
    units = [int(number) for number in numbers]
    if max(units) > MOST_UNITS:
        raise ArgumentError(
            f"--layers takes at most {MOST_UNITS:,} units in a layer; got {max(units):,}."
        )
    return units


def _number(text: str | None) -> Any:
    """Return a text as a number if it is one, otherwise unchanged."""
    if text is None:
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
