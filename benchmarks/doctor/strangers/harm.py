"""Whether a fault does harm at all: its run against the same run without it, its twin.

Easy data, early stopping or batch normalisation make some faults harmless. A run that only counts
if its fault harms therefore has to miss the bar of its data and to be worse than its twin, beyond
chance.
"""

from __future__ import annotations

import math

from benchmarks.doctor.examine import Examined, errors_of, train
from byhand.evaluation.doctor.faults import Case

BEYOND_CHANCE = 2.0
"""Standard errors by which the twin has to be better; 2.3 % of harmless faults reach them."""


def harm(sick: Examined, twin: Case) -> float:
    """Return how many standard errors the twin is better on the same held-out examples.

    The test is paired: it compares the two errors of each example. For classes it is McNemar's.
    """
    more = sick.errors - errors_of(twin, *train(twin))
    error = math.sqrt(float(more.var()) / len(more))
    gain = float(more.mean())
    return gain / error if error else math.copysign(math.inf, gain) if gain else 0.0


def is_harmed(sick: Examined, twin: Case) -> bool:
    """Return whether the fault harmed a run beyond chance."""
    return harm(sick, twin) > BEYOND_CHANCE
