"""The trials of a search by their values: mean and spread over the seeds, and the best trial."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from byhand.evaluation.significance import welch
from byhand.runs.search.trial import Trial

LEVEL = 0.05
"""Probability of a difference by chance below which two means are called different."""


@dataclass(frozen=True)
class Candidate:
    """The trainings with the same values, one for each seed.

    Args:
        trials: the trainings, the first seed first.
    """

    trials: Sequence[Trial]

    @property
    def values(self) -> dict[str, Any]:
        """The values, by setting."""
        return dict(self.trials[0].values)

    @property
    def scores(self) -> list[float]:
        """Score of each training that has one."""
        return [trial.score for trial in self.trials if math.isfinite(trial.score)]

    @property
    def mean(self) -> float:
        """Mean score; minus infinity if a training diverged."""
        scores = [trial.score for trial in self.trials]
        return statistics.fmean(scores) if scores else -math.inf

    @property
    def loss(self) -> float:
        """Mean validation loss; infinite if a training diverged."""
        return statistics.fmean(trial.loss for trial in self.trials)

    @property
    def spread(self) -> float | None:
        """Sample standard deviation over the seeds; None for a single one."""
        return statistics.stdev(self.scores) if len(self.scores) > 1 else None

    @property
    def was_pruned(self) -> bool:
        """Whether a training was stopped early."""
        return any(trial.was_pruned for trial in self.trials)

    def mean_of(self, column: str) -> float | None:
        """Return the mean of a score, such as "loss gap"; None if there is none."""
        found = [trial.row().get(column) for trial in self.trials]
        numbers = [number for number in found if number is not None]
        return statistics.fmean(numbers) if numbers else None


def candidates(trials: Sequence[Trial]) -> list[Candidate]:
    """Group the trainings by their values, in order of first appearance."""
    groups: dict[str, list[Trial]] = {}
    for trial in trials:
        groups.setdefault(repr(sorted(trial.values.items())), []).append(trial)
    return [Candidate(sorted(group, key=lambda trial: trial.seed)) for group in groups.values()]


def merit(one: Candidate) -> tuple[bool, int, float, float]:
    """Return the key by which `max` and `sorted` rank candidates.

    The highest mean score of those trained with the most seeds is best; of equal scores, the one
    with the lower validation loss. Trials that were stopped early come last.
    """
    return not one.was_pruned, len(one.trials), one.mean, -one.loss


def best_of(found: Sequence[Candidate]) -> Candidate:
    """Return the best candidate."""
    return max(found, key=merit)


def chance(one: Candidate, other: Candidate) -> float | None:
    """Return the probability that two means differ by chance (Welch); None for single seeds."""
    if min(len(one.scores), len(other.scores)) < 2:
        return None
    return welch(one.scores, other.scores).p


def is_distinguishable(one: Candidate, other: Candidate) -> bool | None:
    """Return whether two means differ by more than chance explains; None for single seeds."""
    p = chance(one, other)
    return None if p is None else p < LEVEL
