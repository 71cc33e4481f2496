"""Faulty runs: healthy ones with one deliberate fault, defined beside the doctor's checks."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np

from benchmarks.doctor.healthy import HEALTHY, healthy
from byhand.evaluation.doctor.checks import in_causal_order
from byhand.evaluation.doctor.faults import EXTRAS, Case, Fault

FAULTS: dict[str, Fault] = {
    kind: fault for check in in_causal_order() for kind, fault in check.faults.items()
}
"""Every fault, by the kind of run."""

EXPECTED: dict[str, str] = {
    kind: check.name for check in in_causal_order() for kind in check.faults
}
"""The check that must find each kind of run."""


def draw(kind: str, pool_name: str, number: int) -> Case:
    """Draw the `number`-th run of a kind ("healthy" or a fault) from a pool."""
    return draw_both(kind, pool_name, number)[1]


def draw_both(kind: str, pool_name: str, number: int) -> tuple[Case, Case]:
    """Draw the `number`-th run of a kind: without its fault, and with it."""
    rng = np.random.default_rng([zlib.crc32(f"{pool_name}/{kind}".encode()), number])
    seed = int(rng.integers(2**31))
    if kind == HEALTHY:
        base = replace(healthy(rng, pool_name, seed, EXTRAS), number=number)
        return base, base
    fault = FAULTS[kind]
    suits = fault.wanted.get("data", bool)
    wanted = {
        **fault.wanted,
        "data": lambda data: (data.classes or fault.on_values) and suits(data),
    }
    base = healthy(rng, pool_name, seed, wanted)
    return base, replace(fault.make(base, rng), kind=kind, number=number)
