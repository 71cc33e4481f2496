"""Settings of a recipe by the short names used in a search: "l2", "units", "depth", ..."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from byhand.errors import ArgumentError
from byhand.recipes.fields_and_defaults import TrainingSpec
from byhand.recipes.from_options import parse_units, with_dropout
from byhand.recipes.recipe import Recipe
from byhand.recipes.search_space import HIDDEN, MOST_DEPTH

UNITS, FN = 100, "relu"
"""Hidden layer for a recipe that has none, if only the number of layers is given."""


def with_settings(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    """Return the recipe with other settings, checked again.

    Args:
        recipe: the recipe.
        settings: {"l2": 0.001, "units": 64, "training.optimizer.beta1": 0.8}.
    """
    changes: dict[str, Any] = {}
    for name, value in settings.items():
        if name not in HIDDEN:
            table, field, *options = _place(name)
            place = f"{table}.{field}"
            old = changes.get(place, recipe.values.get(table, {}).get(field))
            changes[place] = _nested(name, old, options, value)
    hidden = {name: value for name, value in settings.items() if name in HIDDEN}
    if hidden:
        changes["network.layers"] = _layers(recipe, hidden)
    return recipe.changed(changes)


def _place(name: str) -> list[str]:
    """Return table, field and options of a setting: "l2" is training, l2."""
    words = name.split(".")
    if len(words) > 1:
        return words
    return ["training" if name in TrainingSpec.model_fields else "network", name]


def _nested(name: str, old: Any, options: Sequence[str], value: Any) -> Any:
    """Return a field with another value for one of its options; a name becomes a table."""
    if not options:
        return value
    if isinstance(old, str):
        old = {"name": old}
    if not isinstance(old, dict) or len(options) > 1:
        raise ArgumentError(
            f"{name} cannot be searched: the recipe has no table {name.rpartition('.')[0]}."
        )
    return {**old, options[0]: value}


# --- hidden layers ------------------------------------------------------------------------------


def _layers(recipe: Recipe, settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the recipe's layers with other hidden ones."""
    *hidden, last = (deepcopy(dict(layer)) for layer in recipe.values["network"]["layers"])
    if {"layers", "depth", "units"} & set(settings):
        dense = [layer for layer in hidden if "units" in layer]
        fn = dense[0].get("fn", FN) if dense else FN
        rates = [layer for layer in hidden if layer.get("kind") == "dropout"]
        hidden = [{"units": units, "fn": fn} for units in _units(dense, settings)]
        if rates and "dropout" not in settings:
            hidden = with_dropout(hidden, rates[0]["rate"])
    if "activation" in settings:
        for layer in hidden:
            if "units" in layer:
                layer["fn"] = settings["activation"]
    if "dropout" in settings:
        hidden = with_dropout(hidden, settings["dropout"])
    return [*hidden, last]


def _units(dense: list[dict[str, Any]], settings: Mapping[str, Any]) -> list[int]:
    """Return the units of each hidden layer."""
    units = [layer["units"] for layer in dense]
    if "layers" in settings:
        units = parse_units(str(settings["layers"]))
    if "depth" in settings:
        units = (units[:1] or [UNITS]) * _depth(settings["depth"])
    if "units" in settings:
        units = [settings["units"]] * len(units)
    return units


def _depth(value: object) -> int:
    if type(value) is not int or not 0 <= value <= MOST_DEPTH:
        raise ArgumentError(
            f"depth takes a number of hidden layers, 0 to {MOST_DEPTH}; got {value!r}."
        )
    return value
