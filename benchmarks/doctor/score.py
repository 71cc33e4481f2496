"""Counting: how often the fault is found, and how often something that is not there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.doctor.examine import Examined
from benchmarks.doctor.sane import HEALTHY
from benchmarks.doctor.sick import EXPECTED, FAULTS
from byhand.evaluation.doctor import CHECKS, Finding
from byhand.evaluation.metrics import wilson_interval

Look = Callable[[Examined], list[Finding]]

LOOKS: dict[str, Look] = {
    "in training": lambda one: one.in_training,
    "afterwards": lambda one: one.afterwards,
}
"""The doctor's two faces."""


@dataclass(frozen=True)
class Count:
    """So many of so many, with a 95 % interval."""

    hits: int
    of: int

    def __str__(self) -> str:
        low, high = wilson_interval(self.hits, self.of)
        return f"{self.hits}/{self.of} = {self.share:.1%} ({low:.1%} to {high:.1%})"

    @property
    def share(self) -> float:
        """hits / of."""
        return self.hits / self.of if self.of else 0.0

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        low, high = wilson_interval(self.hits, self.of)
        return {"hits": self.hits, "of": self.of, "share": self.share, "interval": [low, high]}


def named(one: Examined, look: Look) -> set[str]:
    """Checks that found something severe which does not follow from something else."""
    return {finding.check for finding in look(one) if finding.severe}


def right(one: Examined) -> set[str]:
    """Checks that may speak: the one for the fault, and those that truly come with it."""
    if one.kind == HEALTHY:
        return set()
    return {EXPECTED[one.kind], *FAULTS[one.kind].comes_with}


def found(runs: Sequence[Examined], look: Look) -> Count:
    """Sick runs whose fault is found."""
    sick = [one for one in runs if one.kind != HEALTHY]
    hits = [EXPECTED[one.kind] in named(one, look) for one in sick]
    return Count(sum(hits), len(hits))


def alarms(runs: Sequence[Examined], look: Look) -> Count:
    """Runs of which something wrong is said."""
    return Count(sum(bool(named(one, look) - right(one)) for one in runs), len(runs))


def wrong_findings(runs: Sequence[Examined], look: Look) -> Count:
    """Severe findings that are wrong, of all severe findings."""
    wrong = sum(len(named(one, look) - right(one)) for one in runs)
    return Count(wrong, sum(len(named(one, look)) for one in runs))


def by_check(runs: Sequence[Examined], look: Look) -> dict[str, Count]:
    """For each check how often it spoke, of the runs where it should have been silent."""
    wrong: Counter[str] = Counter(c for one in runs for c in named(one, look) - right(one))
    silent = {check: sum(check not in right(one) for one in runs) for check in CHECKS}
    return {check: Count(wrong[check], silent[check]) for check in CHECKS}


def of_kind(runs: Sequence[Examined], kind: str) -> list[Examined]:
    """The runs of one kind."""
    return [one for one in runs if one.kind == kind]
