"""Runs on these data: healthy ones, and the same with a fault."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from benchmarks.doctor.data import available
from benchmarks.doctor.healthy import HEALTHY
from benchmarks.doctor.strangers.data import has_several_labels
from benchmarks.doctor.strangers.pools import NETWORKS, POOLS
from byhand.evaluation.doctor.faults import Case, Data, Rng, pick

STEPS = (1500, 3000)
"""Bounds of the number of steps in a run."""


@dataclass(frozen=True)
class StrangerCase(Case):
    """A run whose examples may have several labels."""

    def outputs(self) -> tuple[int, str]:
        """Return the number of outputs and their usual activation."""
        units, fn = super().outputs()
        return units, "sigmoid" if has_several_labels(self.data) else fn


@cache
def pool(name: str) -> list[Data]:
    """Return the data sets of a pool that are available on this machine."""
    return available(POOLS[name])


def healthy(rng: Rng, pool_name: str, suits: Callable[[Data], bool], activations: str) -> Case:
    """Draw a run without a fault on data that suit, with one of the activations."""
    data = pick(rng, [one for one in pool(pool_name) if suits(one)])
    drawn = NETWORKS[pool_name]
    activation, optimizer = pick(rng, activations.split()), pick(rng, drawn.optimizers)
    depth, batch = int(rng.integers(1, 4)), pick(rng, drawn.batches)
    if activation == "sigmoid":
        depth, optimizer = 1, replace(optimizer, learning_rate=optimizer.learning_rate * 3)
    held, train = np.split(rng.permutation(len(data.x)), [len(data.x) // 5])
    epochs = min(150, max(6, int(rng.integers(*STEPS)) * batch // len(train)))
    extra = pick(rng, ("", "", "", "", "batch norm", "dropout"))
    widths = tuple(int(pick(rng, drawn.widths)) for _ in range(depth))
    return StrangerCase(
        kind=HEALTHY,
        number=0,
        seed=int(rng.integers(2**31)),
        data=data,
        x=data.x[train],
        y=data.y[train],
        x_held=data.x[held],
        y_held=data.y[held],
        widths=tuple(sorted(widths, reverse=True)),
        activation=activation,
        optimizer=optimizer,
        batch=batch,
        epochs=epochs,
        weight_init="glorot_uniform" if activation in ("tanh", "sigmoid") else "he_initialization",
        options=dict(pick(rng, ({}, {}, {"l2": 1e-4}, {"schedule": "cosine"}))),
        extra=extra if min(widths) > 30 else "",
        patience=pick(rng, (6, 12)) if epochs > 20 else 0,
    )


@dataclass(frozen=True)
class Sickness:
    """A fault, and the checks that name its cause.

    Args:
        make: puts the fault into a healthy run.
        names: the checks whose finding is right.
        suits: condition on the data.
        activations: activations that the hidden layers may have.
        harms: whether a run only counts if the fault harms it; see `harm.py`.
    """

    make: Callable[[Case, Rng], Case]
    names: tuple[str, ...]
    suits: Callable[[Data], bool] = lambda _data: True
    activations: str = "relu relu tanh sigmoid leaky_relu elu gelu swish"
    harms: bool = False


def changed(case: Case, **options: Any) -> dict[str, Any]:
    """Return the options of a run with some of them replaced."""
    return {**case.options, **options}


def draw(kind: str, sickness: Sickness | None, pool_name: str, number: int) -> tuple[Case, Case]:
    """Draw the `number`-th run of a kind, and its twin without the fault.

    Without a sickness, both are the same healthy run.
    """
    rng = np.random.default_rng([zlib.crc32(f"strangers/{pool_name}/{kind}".encode()), number])
    one = sickness or Sickness(lambda case, _rng: case, ())
    twin = healthy(rng, pool_name, one.suits, one.activations)
    return replace(one.make(twin, rng), kind=kind, number=number), twin
