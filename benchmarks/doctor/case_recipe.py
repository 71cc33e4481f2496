"""Writes a run of the benchmark as a recipe, so that the doctor's advice can be applied to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from byhand import register
from byhand.evaluation.doctor.faults import HIDDEN, Case
from byhand.network import BatchNormLayer, DropoutLayer
from byhand.network.initializers import INITIALIZERS
from byhand.recipes.recipe import Recipe, parse_recipe

IN_RECIPES = {"l1", "l2", "clip_norm", "clip_value", "schedule", "class_weight"}
"""Options of `fit` that a recipe has under the same name."""

VALIDATION = 0.2
"""Fraction of the training examples that the doctor and the trials may use to judge."""

SKELETON = """
title = "a faulty run"
data = { dataset = "digits" }
network = { layers = [{ units = 2 }] }
training = { epochs = 1, optimizer = "adam" }
"""


def can_be_a_recipe(case: Case) -> bool:
    """Return whether a recipe can express a run."""
    return IN_RECIPES.issuperset(case.options)


def recipe_of(case: Case, folder: Path) -> Recipe:
    """Write the data of a run into a folder and return its recipe.

    The run's held-out examples become the test part.
    """
    folder.mkdir(parents=True)
    file = folder / "data.npz"
    np.savez(file, x_train=case.x, y_train=case.y, x_test=case.x_held, y_test=case.y_held)
    layers = list(_hidden(case))
    training: dict[str, Any] = {
        "epochs": case.epochs,
        "batch_size": case.batch,
        "optimizer": case.optimizer.config(),
        "drop_last": any(layer.get("kind") == "batch_norm" for layer in layers),  # needs two
        **{name: _described(value) for name, value in case.options.items()},
    }
    if case.patience:
        training["early_stopping"] = {"patience": case.patience}
        training["keep"] = "best"
    changes: dict[str, Any] = {
        "data.dataset": str(file),
        "data.validation": VALIDATION,
        "network.layers": [*layers, _last(case)],
        "network.normalisation": case.normalisation,
        "network.weight_init": _named(case.weight_init),
        "network.bias_init": _named(case.bias_init),
        **({"network.loss": _described(case.loss)} if case.loss else {}),
        **{f"training.{name}": value for name, value in training.items()},
    }
    return parse_recipe(SKELETON, "case").changed(changes)


def _hidden(case: Case) -> Iterable[dict[str, Any]]:
    """Yield the hidden layers as a recipe lists them."""
    make = HIDDEN[case.extra]
    drawn = [layer for units in case.widths for layer in make(units, case.activation)]
    for layer in case.layers or drawn:
        if isinstance(layer, DropoutLayer):
            yield {"kind": "dropout", "rate": layer.rate}
        elif isinstance(layer, BatchNormLayer):
            yield {"kind": "batch_norm", "fn": layer.fn}
        else:
            yield {"units": layer.units, "fn": layer.fn}


def _last(case: Case) -> dict[str, Any]:
    units, fn = ("classes", "softmax") if case.data.classes else (1, "identity")
    last: dict[str, Any] = {"units": units, "fn": case.output or fn}
    if case.output_init is not None:
        last["weight_init"] = _named(case.output_init)
    return last


def _named(initializer: Any) -> str:
    """Return an initialiser's name; a function gets one by which recipes find it."""
    if isinstance(initializer, str):
        return initializer
    name = f"faulty_{len(INITIALIZERS)}"
    register(initializer, name=name, kind="initialiser")
    return name


def _described(value: Any) -> Any:
    """Return an object with a name and options, such as a schedule, as a recipe has it."""
    return {"name": value.name, **asdict(value)} if is_dataclass(value) else value
