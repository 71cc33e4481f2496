"""Runs side by side: what differs in their recipes and results, and whether chance explains it."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from byhand.arrays import Array
from byhand.data import Part
from byhand.errors import ArgumentError, ByhandError
from byhand.evaluation.predictions import predictions
from byhand.evaluation.significance import McNemar, Welch, mcnemar, welch
from byhand.runs.run import Run
from byhand.runs.split_dataset import labelled

LEVEL = 0.05
"""Probability of a difference by chance below which two runs are called different."""


@dataclass(frozen=True)
class Pair:
    """Two runs on the same examples.

    Args:
        first: name of a run.
        second: name of another.
        part: the part that both were tested on; empty if there is none.
        test: McNemar's test; None if they cannot be compared.
        reason: why they cannot be compared.
    """

    first: str
    second: str
    part: str = ""
    test: McNemar | None = None
    reason: str = ""

    def words(self) -> str:
        """Return what the test means."""
        if self.test is None:
            return f"{self.first} and {self.second} cannot be tested: {self.reason}."
        b, c, p = self.test.only_first, self.test.only_second, self.test.p
        if b + c == 0:
            return f"{self.first} and {self.second} get the same {self.part} examples right."
        examples = f"{b + c:,} {self.part} example{'s' * (b + c != 1)}"
        where = f"of the {examples} that only one of them gets right"
        kind = "exact" if self.test.exact else "approximate"
        chance = f"{_per_cent(p)} of the time (McNemar's {kind} test)"
        if p < LEVEL:
            better, worse = (self.first, self.second) if b > c else (self.second, self.first)
            return (
                f"{better} is better than {worse}: {where}, it has {max(b, c):,} and the other "
                f"{min(b, c):,}. Equally good networks differ this much {chance}."
            )
        return (
            f"{self.first} and {self.second} cannot be told apart: {where}, {self.first} has {b:,} "
            f"and {self.second} has {c:,}. Equally good networks differ this much {chance}."
        )


@dataclass(frozen=True)
class Group:
    """Runs of the same recipe with several seeds.

    Args:
        runs: the runs.
        part: the part whose accuracy is compared.
    """

    runs: Sequence[Run]
    part: str

    @property
    def name(self) -> str:
        """The name of its first run, and the number of others."""
        more = len(self.runs) - 1
        return self.runs[0].path.name + (f" (+{more})" if more else "")

    @property
    def scores(self) -> list[float]:
        """Accuracy of each run that has one."""
        found = [(run.results.get(self.part) or {}).get("accuracy") for run in self.runs]
        return [float(score) for score in found if score is not None]

    @property
    def mean(self) -> float | None:
        """Mean accuracy."""
        return statistics.fmean(self.scores) if self.scores else None

    @property
    def spread(self) -> float | None:
        """Sample standard deviation; None for a single run."""
        return statistics.stdev(self.scores) if len(self.scores) > 1 else None


@dataclass(frozen=True)
class GroupTest:
    """Welch's t-test of two recipes, each with several seeds."""

    first: Group
    second: Group
    test: Welch

    def words(self) -> str:
        """Return what the test means."""
        points = f"{100 * abs(self.test.difference):.2f} points"
        t = f"Welch's t = {self.test.t:.2f}, {self.test.degrees:.1f} degrees of freedom"
        chance = f"{_per_cent(self.test.p)} of the time ({t})"
        first, second = self.first.name, self.second.name
        if self.test.p < LEVEL:
            better, worse = (first, second) if self.test.difference > 0 else (second, first)
            return (
                f"{better} is better than {worse} by {points} in the mean. Equally good recipes "
                f"differ this much {chance}."
            )
        return (
            f"{first} and {second} cannot be told apart by these seeds: their means differ by "
            f"{points}. Equally good recipes differ this much {chance}."
        )


@dataclass(frozen=True)
class Comparison:
    """Runs side by side.

    Args:
        runs: the runs, with distinct names.
    """

    runs: Sequence[Run]

    @property
    def names(self) -> list[str]:
        """Names of the runs."""
        return [run.path.name for run in self.runs]

    @cached_property
    def differences(self) -> dict[str, list[Any]]:
        """Settings that differ, with the value of each run."""
        every = [_settings(run) for run in self.runs]
        names = dict.fromkeys(name for one in every for name in one)
        rows = {name: [one.get(name) for one in every] for name in names}
        return {name: row for name, row in rows.items() if any(one != row[0] for one in row)}

    @cached_property
    def groups(self) -> list[Group]:
        """Runs of the same recipe and data, in groups."""
        found: dict[str, list[Run]] = {}
        for run in self.runs:
            settings = {key: one for key, one in _settings(run).items() if key != "seed"}
            found.setdefault(repr(settings), []).append(run)
        has_test = all("accuracy" in (run.results.get("test") or {}) for run in self.runs)
        return [Group(runs, "test" if has_test else "validation") for runs in found.values()]

    @cached_property
    def group_tests(self) -> list[GroupTest]:
        """The first recipe against each of the others, if both have several seeds."""
        first, *others = self.groups
        return [
            GroupTest(first, other, welch(first.scores, other.scores))
            for other in others
            if min(len(first.scores), len(other.scores)) > 1
        ]

    @cached_property
    def pairs(self) -> list[Pair]:
        """The first run against each of the others, on the same examples."""
        first, *others = self.runs
        return [_pair(first, other) for other in others]


def compare(runs: Iterable[Run]) -> Comparison:
    """Return runs side by side.

    Raises:
        ArgumentError: fewer than two different runs.
    """
    found = list({run.path.resolve(): run for run in runs}.values())
    if len(found) < 2:
        raise ArgumentError("name at least two different runs to compare.")
    return Comparison(found)


# --- recipes ------------------------------------------------------------------------------------


def _settings(run: Run) -> dict[str, Any]:
    """Return the settings of a run by name, with defaults filled in."""
    facts = run.facts
    settings: dict[str, Any] = {"data set": f"{facts.dataset.name} {facts.dataset.sha256[:8]}"}
    settings |= {name: _text(name, value) for name, value in run.recipe.settings.items()}
    return {**settings, "seed": facts.seed}


def _text(name: str, value: Any) -> Any:
    """Return a setting as text for tables: layers as "300 relu, 10 softmax"."""
    if name == "network.layers":
        return ", ".join(_layer_text(layer) for layer in value)
    if isinstance(value, Mapping):
        kind = [str(value["name"])] if "name" in value else []
        return " ".join([*kind, *(f"{key}={one}" for key, one in value.items() if key != "name")])
    return value


def _layer_text(layer: Any) -> str:
    return " ".join(map(str, layer.values())) if isinstance(layer, Mapping) else str(layer)


# --- the paired test ----------------------------------------------------------------------------


def _pair(first: Run, second: Run) -> Pair:
    names = first.path.name, second.path.name
    try:
        part = _shared_part(first, second)
        if part is None:
            return Pair(*names, reason="they have no test or validation examples in common")
        right = [_right(run, part) for run in (first, second)]
    except ByhandError as error:
        return Pair(*names, reason=str(error).rstrip("."))
    return Pair(*names, part=part, test=mcnemar(*right))


def _shared_part(first: Run, second: Run) -> str | None:
    """Return the name of a part with the same examples in both runs, test before validation."""
    if first.data.is_regression or second.data.is_regression:
        raise ArgumentError(
            "they predict values, and the test compares right and wrong predictions"
        )
    for name in ("test", "validation"):
        parts = [labelled(run.data.part(name)) for run in (first, second)]
        if all(part is not None for part in parts):
            (x, y), (others, labels) = (part for part in parts if part is not None)
            if np.array_equal(x, others) and np.array_equal(y, labels):
                return name
    return None


def _right(run: Run, name: str) -> Array:
    """Return whether a run's network is correct on each example of a part (n,)."""
    part = run.data.part(name)
    assert isinstance(part, Part)  # noqa: S101 - `_shared_part` has found it
    assert part.labels is not None  # noqa: S101
    if name == "test":
        run.folder.note_test_scores("compare")
    return predictions(run.net, part.images, part.labels).correct


def _per_cent(fraction: float) -> str:
    if fraction < 0.0001:
        return "less than 0.01 %"
    return f"{100 * fraction:.0f} %" if fraction >= 0.1 else f"{100 * fraction:.2g} %"
