"""Healthy runs: data, network and options without a fault, drawn at random from a pool."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.doctor.data import pool
from byhand import SGD, Adam, AdamW, Momentum, Nesterov, RMSProp
from byhand.evaluation.doctor.faults import Case, pick

HEALTHY = "healthy"

MANY_EPOCHS, PATIENCE = 30, 10
"""Runs of more epochs than this use early stopping and keep the weights of the best epoch."""

SQUASHING = ("tanh", "sigmoid")


@dataclass(frozen=True)
class Choices:
    """The values from which healthy runs are drawn."""

    widths: tuple[int, ...]
    activations: tuple[str, ...]
    optimizers: tuple[Any, ...]
    batches: tuple[int, ...]


CHOICES = {
    "tuning": Choices(
        widths=(16, 32, 64, 128),
        activations=("relu", "relu", "tanh", "sigmoid", "leaky_relu"),
        optimizers=(Adam(1e-3), Adam(3e-3), SGD(0.1), SGD(0.2), Momentum(0.02), Momentum(0.05)),
        batches=(16, 32, 64),
    ),
    "held-out": Choices(
        widths=(20, 48, 100, 200),
        activations=("relu", "relu", "tanh", "sigmoid", "leaky_relu", "elu", "gelu", "swish"),
        optimizers=(
            Adam(2e-3),
            AdamW(1e-3),
            SGD(0.15),
            Nesterov(0.03),
            RMSProp(1e-3),
            Momentum(0.03),
        ),
        batches=(20, 50, 100),
    ),
    "small": Choices(
        widths=(16, 32, 64),
        activations=("relu", "relu", "tanh", "sigmoid", "leaky_relu", "gelu"),
        optimizers=(Adam(3e-3), AdamW(3e-3), SGD(0.1), Momentum(0.02), RMSProp(1e-3)),
        batches=(8, 16, 32),
    ),
    "unseen": Choices(
        widths=(24, 60, 150),
        activations=("relu", "tanh", "sigmoid", "leaky_relu", "elu", "gelu", "swish"),
        optimizers=(
            Adam(1.5e-3),
            AdamW(2e-3),
            SGD(0.12),
            Nesterov(0.04),
            RMSProp(8e-4),
            Momentum(0.025),
        ),
        batches=(25, 40, 80),
    ),
    "fresh": Choices(
        widths=(28, 56, 120),
        activations=("relu", "tanh", "sigmoid", "leaky_relu", "elu", "gelu", "swish"),
        optimizers=(
            Adam(1.2e-3),
            AdamW(2.5e-3),
            SGD(0.14),
            Nesterov(0.035),
            RMSProp(9e-4),
            Momentum(0.028),
        ),
        batches=(24, 36, 72),
    ),
}


def healthy(rng: np.random.Generator, pool_name: str, seed: int, wanted: dict[str, Any]) -> Case:
    """Draw a run without a fault.

    Args:
        rng: random generator.
        pool_name: name of the pool.
        seed: seed of the network.
        wanted: requirements: `data`, a condition on the data set; `activations` and `optimizers`,
            the names allowed; `extras`, whether dropout, batch normalisation, penalties and
            schedules may occur.
    """
    choices = CHOICES[pool_name]
    suits = wanted.get("data", bool)
    data = pick(rng, [data for data in pool(pool_name) if suits(data)])
    names = wanted.get("activations", choices.activations)
    activation = pick(rng, [name for name in choices.activations if name in names])
    optimizer = pick(
        rng, [o for o in choices.optimizers if o.name in wanted.get("optimizers", (o.name,))]
    )
    depth = int(rng.integers(1, 4))
    if (
        activation == "sigmoid"
    ):  # saturates on both sides, so it needs fewer layers and larger steps
        depth = min(depth, 2)
        optimizer = replace(optimizer, learning_rate=optimizer.learning_rate * 3)
    batch = pick(rng, choices.batches)
    order = rng.permutation(len(data.x))
    held, train = np.split(order, [len(order) // 5])
    epochs = max(4, int(rng.integers(1200, 2000)) * batch // len(train))
    widths = tuple(sorted((pick(rng, choices.widths) for _ in range(depth)), reverse=True))
    extra, options = _extras(rng, widths) if wanted.get("extras") else ("", {})
    return Case(
        kind=HEALTHY,
        number=0,
        seed=seed,
        data=data,
        x=data.x[train],
        y=data.y[train],
        x_held=data.x[held],
        y_held=data.y[held],
        widths=widths,
        activation=activation,
        optimizer=optimizer,
        batch=batch,
        epochs=epochs,
        weight_init="glorot_uniform" if activation in SQUASHING else "he_initialization",
        options=options,
        extra=extra,
        patience=PATIENCE if epochs > MANY_EPOCHS else 0,
    )


def _extras(rng: np.random.Generator, widths: tuple[int, ...]) -> tuple[str, dict[str, Any]]:
    """Draw an extra kind of hidden layer and options of `fit`."""
    extra = pick(rng, ("", "", "", "dropout" if min(widths) > 30 else "", "batch norm"))
    return extra, dict(pick(rng, ({}, {}, {"l2": 1e-4}, {"schedule": "cosine"})))
