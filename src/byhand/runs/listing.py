"""All runs as a table: sorted, and filtered by their settings and scores."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from byhand.errors import ArgumentError, ByhandError, unknown_name
from byhand.evaluation.confidence_interval import wilson_interval
from byhand.recipes.fields_and_defaults import DataSpec, NetworkSpec, TrainingSpec
from byhand.runs.folder import RunFolder, all_runs
from byhand.runs.split_dataset import PARTS

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
"""Comparisons of a condition; the longer ones come first, so that ">=" is not read as ">"."""

_CONDITION = re.compile(rf"\s*([\w.]+)\s*({'|'.join(OPERATORS)})\s*(.*?)\s*")

FIELDS = (
    "run",
    "recipe",
    "dataset",
    "network",
    "parameters",
    "seed",
    "status",
    "epochs",
    *PARTS,
    "loss",
    "tested",
    "seconds",
    "started",
)
"""Fields that every run has, besides the fields of its recipe."""

BEST_FIRST = PARTS
"""Fields by which runs are sorted from the largest to the smallest."""


@dataclass(frozen=True)
class Entry:
    """A run in the list.

    Args:
        folder: its folder.
    """

    folder: RunFolder
    _found: dict[str, Any] = field(default_factory=dict, compare=False)

    def value(self, name: str) -> Any:
        """Return a field of `FIELDS`, or of the recipe: "optimizer", "training.optimizer.beta1"."""
        if name not in self._found:
            self._found[name] = self._facts[name] if name in FIELDS else self._of_recipe(name)
        return self._found[name]

    @cached_property
    def _facts(self) -> dict[str, Any]:
        facts = self.folder.facts
        results = facts.results
        parts = {part: (results.get(part) or {}).get("accuracy") for part in PARTS}
        return {
            "run": self.folder.path.name,
            "recipe": facts.recipe,
            "dataset": facts.dataset.name,
            "network": facts.network,
            "parameters": facts.parameters,
            "seed": facts.seed,
            "status": facts.status,
            "epochs": facts.epochs,
            **parts,
            "loss": (results.get("test") or results.get("validation") or {}).get("loss"),
            "tested": self.folder.times_tested(),
            "seconds": facts.seconds,
            "started": facts.started,
        }

    @cached_property
    def _spec(self) -> dict[str, Any]:
        """The tables of the recipe as plain values; empty if it cannot be read."""
        with suppress(ByhandError):
            recipe = self.folder.recipe()
            defaults = {
                "data": _defaults(DataSpec),
                "network": _defaults(NetworkSpec),
                "training": _defaults(TrainingSpec),
            }
            return {name: defaults[name] | dict(recipe.values[name]) for name in defaults}
        return {}

    def _of_recipe(self, name: str) -> Any:
        table, _, rest = name.partition(".")
        if not rest:
            table, rest = (
                next((one for one in RECIPE_FIELDS if name in RECIPE_FIELDS[one]), ""),
                name,
            )
        value: Any = self._spec.get(table, {})
        for word in rest.split("."):
            value = value.get(word) if isinstance(value, dict) else None
        return value.get("name", value) if isinstance(value, dict) else value

    def interval(self, part: str) -> tuple[float, float] | None:
        """Return the 95 % interval of an accuracy (Wilson); None if there is none."""
        scores = self.folder.facts.results.get(part) or {}
        if "accuracy" not in scores or not scores.get("examples"):
            return None
        count = int(scores["examples"])
        return wilson_interval(count - int(scores["wrong"]), count)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            **{name: self.value(name) for name in FIELDS},
            "path": str(self.folder.path),
            "test_interval_95": self.interval("test"),
        }


def _defaults(spec: type[Any]) -> dict[str, Any]:
    fields = spec.model_fields.items()
    return {name: one.default for name, one in fields if not one.is_required()}


RECIPE_FIELDS = {
    "training": tuple(TrainingSpec.model_fields),
    "network": tuple(NetworkSpec.model_fields),
    "data": tuple(DataSpec.model_fields),
}


@dataclass(frozen=True)
class Condition:
    """A condition for runs to be listed: "optimizer=adam", "test>=0.98".

    Args:
        name: a field.
        sign: an entry of `OPERATORS`.
        value: the value to compare with.
    """

    name: str
    sign: str
    value: str

    def holds(self, entry: Entry) -> bool:
        """Return whether a run meets the condition; a run without the field meets only !=."""
        found = entry.value(self.name)
        if found is None:
            return (self.sign == "!=") != (self.value.lower() == "none")
        wanted: Any = self.value
        if isinstance(found, bool):
            return OPERATORS[self.sign](str(found).lower(), wanted.lower())
        if isinstance(found, (int, float)):
            number = _number(wanted)
            return self.sign == "!=" if number is None else OPERATORS[self.sign](found, number)
        return OPERATORS[self.sign](str(found), wanted)


def parse_condition(text: str) -> Condition:
    """Return the condition in a text such as "l2>0.001" or "test>=98%".

    Raises:
        ArgumentError: it is not a condition, or the field is unknown.
    """
    found = _CONDITION.fullmatch(text)
    if found is None or not found[3]:
        raise ArgumentError(
            f"--where takes FIELD=VALUE (or != < > <= >=), such as optimizer=adam or "
            f"test>=0.98; got {text!r}."
        )
    return Condition(check_field(found[1]), found[2], found[3])


def check_field(name: str) -> str:
    """Return the name of a field; raise if there is no such field."""
    table, _, rest = name.partition(".")
    if table in RECIPE_FIELDS and rest.partition(".")[0] in RECIPE_FIELDS[table]:
        return name
    known = [*FIELDS, *(one for names in RECIPE_FIELDS.values() for one in names)]
    if name not in known:
        raise unknown_name("field of a run", name, dict.fromkeys(known))
    return name


def list_runs(
    conditions: Sequence[Condition] = (), sort: str = "started", *, reverse: bool = False
) -> list[Entry]:
    """Return the runs in the folder of runs that meet all conditions.

    Args:
        conditions: the conditions.
        sort: a field; accuracies and start times are sorted from the largest, others from the
            smallest, and runs without the field come last.
        reverse: reverse the order.
    """
    check_field(sort)
    entries = [Entry(folder) for folder in all_runs()]
    entries = [entry for entry in entries if all(one.holds(entry) for one in conditions)]
    having = [entry for entry in entries if entry.value(sort) is not None]
    without = [entry for entry in entries if entry.value(sort) is None]
    largest_first = (sort in (*BEST_FIRST, "started")) != reverse
    having.sort(key=lambda entry: _order(entry.value(sort)), reverse=largest_first)
    return [*having, *without]


def _order(value: Any) -> tuple[bool, Any]:
    """Return a sort key that puts numbers before texts."""
    is_number = isinstance(value, (int, float))
    return not is_number, value if is_number else str(value)


def _number(text: str) -> float | None:
    """Return the number in a text such as "98%" or "0.98"; None if it is not a number."""
    with suppress(ValueError):
        return float(text[:-1]) / 100 if text.endswith("%") else float(text)
    return None


def times_tested(entries: Sequence[Entry]) -> dict[str, tuple[int, int]]:
    """Return for each data set the number of runs scored on its test part, and of scores in all."""
    counts: dict[str, tuple[int, int]] = {}
    for entry in entries:
        times = entry.value("tested")
        if times:
            runs, total = counts.get(entry.value("dataset"), (0, 0))
            counts[entry.value("dataset")] = (runs + 1, total + times)
    return counts
