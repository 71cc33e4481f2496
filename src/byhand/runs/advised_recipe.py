"""A recipe with one change that the doctor advises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from byhand.errors import ByhandError
from byhand.evaluation.doctor import Change
from byhand.network.losses import LOSSES
from byhand.recipes.recipe import Recipe

Changes: TypeAlias = dict[str, Any]

FACTORS = {
    ("learning_rate", "higher"): (10.0, 100.0),
    ("learning_rate", "lower"): (0.1, 0.01),
    ("units", "larger number of"): (4.0, 16.0),
    ("units", "smaller number of"): (0.25,),
    ("epochs", "larger number of"): (4.0,),
}
"""Factors tried where the advice gives only a direction."""

MOST_UNITS = 512
"""A wider layer is tried only if it is the first value to try, because it takes long."""


def with_values(recipe: Recipe, change: Change) -> list[Change]:
    """Return the change with each value to try; none if its direction cannot be followed."""
    if change.value is not None:
        return [change]
    now = _present(recipe, change.option)
    if now is None:
        return []
    factors = FACTORS.get((change.option, change.direction), ())
    values = [_rounded(now * factor, now) for factor in factors]
    if change.option == "units":
        values = [value for value in values if value <= MOST_UNITS] or values[:1]
    return [replace(change, value=value) for value in values]


def _rounded(value: float, now: float | int) -> float | int:
    return float(f"{value:.2g}") if isinstance(now, float) else round(value)


def _present(recipe: Recipe, option: str) -> float | int | None:
    """Return the present value of an option that a direction may be given for."""
    training = recipe.spec.training
    if option == "epochs":
        return training.epochs
    if option == "learning_rate":
        return float(training.learning_rate or training.optimizer.make().learning_rate)
    if option == "units":
        units = [layer["units"] for layer in _hidden(recipe) if "units" in layer]
        return max(units, default=None)
    return None


def changed_recipe(recipe: Recipe, change: Change) -> Recipe | None:
    """Return the recipe with the change; None if the change does not suit it."""
    make = CHANGES.get(change.option, _field)
    changes = make(recipe, change)
    if changes is None:
        return None
    try:
        return recipe.changed(changes)
    except ByhandError:
        return None


def _field(recipe: Recipe, change: Change) -> Changes | None:
    """Change a field of [training] or [network] with the option's name."""
    for table in ("training", "network"):
        fields = type(getattr(recipe.spec, table)).model_fields
        if change.option in fields:
            return {f"{table}.{change.option}": change.value}
    return None


def _weight_init(recipe: Recipe, change: Change) -> Changes:
    """Change the initialiser of the network, and of the layers that have one of their own."""
    layers = [
        {key: value for key, value in layer.items() if key != "weight_init"}
        for layer in recipe.values["network"]["layers"]
    ]
    return {"network.weight_init": change.value, "network.layers": layers}


def _weight_decay(recipe: Recipe, change: Change) -> Changes | None:
    optimizer = recipe.values["training"]["optimizer"]
    table = {"name": optimizer} if isinstance(optimizer, str) else dict(optimizer)
    return {"training.optimizer": {**table, "weight_decay": change.value["weight_decay"]}}


def _label_smoothing(recipe: Recipe, change: Change) -> Changes | None:  # noqa: ARG001
    loss = {"name": "categorical_cross_entropy", "label_smoothing": change.value}
    return {"network.loss": loss}


def _units(recipe: Recipe, change: Change) -> Changes | None:
    """Widen or narrow all hidden layers in proportion."""
    now = _present(recipe, "units")
    if not now:
        return None
    return _of_hidden(
        recipe,
        lambda layer: [{**layer, "units": max(1, round(layer["units"] * change.value / now))}],
    )


def _activation(recipe: Recipe, change: Change) -> Changes | None:
    def with_activation(layer: dict[str, Any]) -> list[dict[str, Any]]:
        return [{**{k: v for k, v in layer.items() if k != "slope"}, "fn": change.value}]

    return _of_hidden(recipe, with_activation)


def _output_activation(recipe: Recipe, change: Change) -> Changes | None:
    *hidden, last = recipe.values["network"]["layers"]
    return {"network.layers": [*hidden, {**last, "fn": change.value}]}


def _dropout(recipe: Recipe, change: Change) -> Changes | None:
    """Add dropout after each hidden layer; where there is dropout already, only change its rate."""
    *hidden, last = recipe.values["network"]["layers"]
    drop = {"kind": "dropout", "rate": change.value}
    if any(layer.get("kind") == "dropout" for layer in hidden):
        layers = [drop if layer.get("kind") == "dropout" else layer for layer in hidden]
        return {"network.layers": [*layers, last]}
    return _of_hidden(recipe, lambda layer: [layer, drop])


def _batch_norm(recipe: Recipe, change: Change) -> Changes | None:
    """Normalise before the activation of each hidden layer."""
    if any(layer.get("kind") == "batch_norm" for layer in _hidden(recipe)):
        return None
    return _of_hidden(
        recipe,
        lambda layer: [
            {key: value for key, value in layer.items() if key not in ("fn", "slope")},
            {"kind": "batch_norm", "fn": change.value},
        ],
    )


def _never(recipe: Recipe, change: Change) -> Changes | None:  # noqa: ARG001 - called like the others
    """Refuse the change: the option decides which examples or which epoch is compared."""
    return None


def _loss(recipe: Recipe, change: Change) -> Changes | None:
    """Change the loss, and the last activation to the one that belongs to it."""
    *hidden, last = recipe.values["network"]["layers"]
    fused = LOSSES.find(change.value)().fused_with
    fn = {"fn": fused} if fused else {}
    return {"network.loss": change.value, "network.layers": [*hidden, {**last, **fn}]}


CHANGES: dict[str, Callable[[Recipe, Change], Changes | None]] = {
    "weight_init": _weight_init,
    "weight_decay": _weight_decay,
    "loss": _loss,
    "label_smoothing": _label_smoothing,
    "units": _units,
    "activation": _activation,
    "output_activation": _output_activation,
    "dropout": _dropout,
    "batch_norm": _batch_norm,
    "validation": _never,
    "monitor": _never,
}
"""How advice becomes a change of a recipe; other options are fields of the same name."""


def _hidden(recipe: Recipe) -> list[dict[str, Any]]:
    hidden: list[dict[str, Any]] = recipe.values["network"]["layers"][:-1]
    return hidden


def _of_hidden(
    recipe: Recipe, change: Callable[[dict[str, Any]], list[dict[str, Any]]]
) -> Changes | None:
    """Return the change of all hidden dense layers; None if there is none."""
    *hidden, last = recipe.values["network"]["layers"]
    if not any("units" in layer for layer in hidden):
        return None
    layers = [part for layer in hidden for part in (change(layer) if "units" in layer else [layer])]
    return {"network.layers": [*layers, last]}
