"""The trainings that are killed: optimizers, schedules, layers, losses, penalties, searches."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from byhand.network import LAYERS
from byhand.network.activations import ACTIVATIONS
from byhand.network.losses import LOSSES
from byhand.recipes.recipe import Recipe, parse_recipe
from byhand.training.optimizers import OPTIMIZERS
from byhand.training.schedules import SCHEDULES

TABLE, TARGETS = "table.csv", "targets.csv"
"""Names of the files of data: one of classes, one of numbers."""

ROWS = 160

BASE = f"""
title = "A small network on a small table"

[data]
dataset = "{TABLE}"
validation = 0.2
test = 0.2

[network]
layers = [{{ units = 12, fn = "relu" }}, {{ units = "classes", fn = "softmax" }}]

[training]
epochs = 4
batch_size = 32
optimizer = "adam"
learning_rate = 0.1
keep = "best"
"""

IMAGES = {"data.dataset": "digits", "data.rows": 300, "data.test": None}
"""Images, of which a network also learns what to doubt; that takes several times as long."""

DENSE = {"units": 12, "fn": "relu"}
LAST = {"units": "classes", "fn": "softmax"}
OPTIONS = {
    "dropout": {"rate": 0.3},
    "dense": {"units": 9, "fn": "tanh"},
    "noise": {"deviation": 0.1},
}


def write_data(folder: Path) -> None:
    """Write the tables that the trainings learn from, three noisy classes of four numbers."""
    rng = random.Random(0)  # noqa: S311
    classes, targets = ["a,b,c,d,label"], ["a,b,c,d,target"]
    for row in range(ROWS):
        numbers = [rng.gauss(row % 3, 1.5) for _ in range(4)]
        cells = ",".join(f"{number:.3f}" for number in numbers)
        classes.append(f"{cells},{'xyz'[row % 3]}")
        targets.append(f"{cells},{sum(numbers) ** 2 / 16 + rng.random():.3f}")
    (folder / TABLE).write_text("\n".join(classes) + "\n")
    (folder / TARGETS).write_text("\n".join(targets) + "\n")


EARLY = {
    "training.epochs": 30,
    "training.learning_rate": 0.1,
    "training.early_stopping": {"patience": 3},
}
"""Early stopping that acts long before the last epoch."""


def settings() -> dict[str, Recipe]:
    """Return the recipe of each training by its name."""
    base = parse_recipe(BASE, "small")
    return {name: base.changed(changes) for name, changes in _changes().items()}


def _changes() -> dict[str, dict[str, Any]]:
    """Return each training's changes to the recipe; they cover all entries of the tables."""
    return {
        **{f"optimizer {name}": {"training.optimizer": name} for name in OPTIMIZERS},
        "optimizer with weight decay": {
            "training.optimizer": {"name": "adamw", "weight_decay": 0.1},
        },
        **{f"schedule {name}": {"training.schedule": name} for name in SCHEDULES},
        "schedule warmup, then cosine": {
            "training.schedule": {"name": "warmup", "epochs": 2, "then": "cosine"},
        },
        "schedule reduce_on_plateau": {
            "training.epochs": 12,
            "training.learning_rate": 0.1,
            "training.schedule": {"name": "reduce_on_plateau", "patience": 2},
        },
        **{f"layer {kind}": {"network.layers": _layers(kind)} for kind in LAYERS},
        "all layers": {
            "network.layers": [DENSE, {"kind": "batch_norm"}, _layers("dropout")[1], LAST]
        },
        **{
            f"activation {name}": {"network.layers": [{"units": 12, "fn": name}, LAST]}
            for name in ACTIVATIONS
            if name != "softmax"
        },
        **{f"loss {name}": _loss(name) for name in LOSSES},
        "penalties": {"training.l1": 1e-4, "training.l2": 1e-3},
        "averaged weights, max-norm, mixup": {
            "training.ema": 0.9,
            "training.max_norm": 2.0,
            "training.mixup": 0.2,
        },
        "images": IMAGES,
        "elastic distortion": {**IMAGES, "training.augmentation": {"elastic": 8.0, "noise": 0.1}},
        "clipping": {"training.clip_norm": 0.5, "training.clip_value": 0.05},
        "balanced classes, short batches left out": {
            "training.class_weight": "balanced",
            "training.drop_last": True,
        },
        "full batch": {"training.batch_size": "all", "training.epochs": 40},
        "augmentation": {
            **IMAGES,
            "training.augmentation": {"shift": 1.0, "rotate": 10.0, "scale": 0.1, "shear": 0.1},
        },
        "standardised images": {**IMAGES, "network.normalisation": "standardise"},
        "inputs as they are": {"network.normalisation": "none"},
        "regression": {"data.dataset": TARGETS},
        "last weights": {"training.keep": "last"},
        "monitor accuracy": {"training.monitor": "val_accuracy"},
        "early stopping": EARLY,
        "early stopping by accuracy": {
            **EARLY,
            "training.early_stopping": {
                "patience": 2, "monitor": "val_accuracy", "min_delta": 0.001
            },
            "training.keep": "last",
        },
        "early stopping and plateau": {
            **EARLY,
            "training.schedule": {"name": "reduce_on_plateau", "patience": 1},
        },
        "many short epochs": {
            "training.epochs": 260, "training.batch_size": "all", "training.optimizer": "sgd"
        },
        "search": {
            "training.epochs": 3,
            "search": {"l2": [1.0, 0.0001], "learning_rate": [0.003, 0.03]},
        },
        "search with a trial that diverges": {
            "training.epochs": 3,
            "training.optimizer": "sgd",
            "network.loss": "squared_error",
            "search": {"learning_rate": [1e30, 0.1]},
        },
    }  # fmt: skip


def _layers(kind: str) -> list[dict[str, Any]]:
    return [DENSE, {"kind": kind, **OPTIONS.get(kind, {})}, LAST]


def _loss(name: str) -> dict[str, Any]:
    fn = LOSSES[name]().fused_with or "softmax"
    changes = {"network.loss": name, "training.learning_rate": 0.003}
    if fn == "exp":  # for counts
        layers = [DENSE, {"units": 1, "fn": fn}]
        return {**changes, "data.dataset": TARGETS, "network.layers": layers}
    return {**changes, "network.layers": [DENSE, {**LAST, "fn": fn}]}
