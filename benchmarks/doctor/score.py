"""Count how often the fault is found, and how often something else is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.doctor.examine import Examined
from benchmarks.doctor.faulty import EXPECTED, FAULTS
from benchmarks.doctor.healthy import HEALTHY
from byhand.evaluation.confidence_interval import wilson_interval
from byhand.evaluation.doctor import CHECKS, Finding

Look = Callable[[Examined], list[Finding]]

LOOKS: dict[str, Look] = {
    "in training": lambda one: one.in_training,
    "afterwards": lambda one: one.afterwards,
}
"""The two ways to ask the doctor: the callback, and the command on a finished run."""


@dataclass(frozen=True)
class Count:
    """A number of hits among a number of cases, with a 95 % interval."""

    hits: int
    of: int

    def __str__(self) -> str:
        low, high = wilson_interval(self.hits, self.of)
        return f"{self.hits}/{self.of} = {self.fraction:.1%} ({low:.1%} to {high:.1%})"

    @property
    def fraction(self) -> float:
        """hits / of, or 0 without cases."""
        return self.hits / self.of if self.of else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        low, high = wilson_interval(self.hits, self.of)
        return {
            "hits": self.hits,
            "of": self.of,
            "fraction": self.fraction,
            "interval": [low, high],
        }


def named(one: Examined, look: Look) -> set[str]:
    """Return the checks with a severe finding, which does not follow from another one."""
    return {finding.check for finding in look(one) if finding.severe}


def expected(one: Examined) -> set[str]:
    """Return the checks that should find something: for the fault and for its side effects."""
    if one.kind == HEALTHY:
        return set()
    return {EXPECTED[one.kind], *FAULTS[one.kind].comes_with}


def found(runs: Sequence[Examined], look: Look) -> Count:
    """Count the faulty runs whose fault is found."""
    faulty = [one for one in runs if one.kind != HEALTHY]
    hits = [EXPECTED[one.kind] in named(one, look) for one in faulty]
    return Count(sum(hits), len(hits))


def first(one: Examined, look: Look) -> str:
    """Return the check of the finding that is shown first; "" if it is a note or there is none."""
    findings = look(one)
    return findings[0].check if findings and findings[0].severe else ""


def found_first(runs: Sequence[Examined], look: Look) -> Count:
    """Count the faulty runs whose fault is the finding that is shown first."""
    faulty = [one for one in runs if one.kind != HEALTHY]
    return Count(sum(EXPECTED[one.kind] == first(one, look) for one in faulty), len(faulty))


def alarms(runs: Sequence[Examined], look: Look) -> Count:
    """Count the runs with a wrong finding."""
    return Count(sum(bool(named(one, look) - expected(one)) for one in runs), len(runs))


def wrong_findings(runs: Sequence[Examined], look: Look) -> Count:
    """Count the wrong findings among all severe findings."""
    wrong = sum(len(named(one, look) - expected(one)) for one in runs)
    return Count(wrong, sum(len(named(one, look)) for one in runs))


def by_check(runs: Sequence[Examined], look: Look) -> dict[str, Count]:
    """Count the wrong findings of each check among the runs where it should find nothing."""
    wrong: Counter[str] = Counter(c for one in runs for c in named(one, look) - expected(one))
    silent = {check: sum(check not in expected(one) for one in runs) for check in CHECKS}
    return {check: Count(wrong[check], silent[check]) for check in CHECKS}


def of_kind(runs: Sequence[Examined], kind: str) -> list[Examined]:
    """Return the runs of one kind."""
    return [one for one in runs if one.kind == kind]
