"""Advice: options to change, written as Python arguments or as lines of a recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Change:
    """One option to change.

    Args:
        option: a name from `OPTIONS`.
        value: new value; a mapping for options with fields of their own; None if only the
            direction is known.
        direction: "higher", "lower" or "larger number of", if no value is known.
        was: present value, to be shown beside the new one.
    """

    option: str
    value: Any = None
    direction: str = ""
    was: Any = None


@dataclass(frozen=True)
class Option:
    """How an option is written.

    Args:
        table: the recipe's table that holds it; "" for a field of one layer.
        python: template of a Python argument.
        recipe: template of a line of a recipe.
    """

    table: str = "training"
    python: str = "{name}={value}"
    recipe: str = "{table}.{name} = {value}"


OPTIONS: dict[str, Option] = {
    "epochs": Option(),
    "batch_size": Option(),
    "learning_rate": Option(),
    "l1": Option(),
    "l2": Option(),
    "clip_norm": Option(),
    "clip_value": Option(),
    "class_weight": Option(),
    "early_stopping": Option(python="EarlyStopping({fields})"),
    "augmentation": Option(python="augment=Augmentation({fields})"),
    "monitor": Option(python="EarlyStopping(monitor={value})"),
    "weight_decay": Option(
        python="weight_decay={weight_decay}",
        recipe="{table}.optimizer = {value}",
    ),
    "shuffle": Option(recipe="shuffle = {value}"),  # a recipe always shuffles
    "schedule": Option(),
    "loss": Option("network"),
    "weight_init": Option("network"),
    "bias_init": Option("network"),
    "normalisation": Option("network", python="InputLayer(units, normalisation={value})"),
    "label_smoothing": Option(
        "network",
        python="loss=CategoricalCrossEntropy(label_smoothing={value})",
        recipe='{table}.loss = {{ name = "categorical_cross_entropy", label_smoothing = {value} }}',
    ),
    "dropout": Option("", "DropoutLayer({value})", '{{ kind = "dropout", rate = {value} }}'),
    "batch_norm": Option("", "BatchNormLayer({value})", '{{ kind = "batch_norm", fn = {value} }}'),
    "activation": Option("", "fn={value}", "fn = {value}"),
    "output_activation": Option(
        "", "fn={value} in the last layer", "fn = {value} in the last layer"
    ),
    "units": Option("", "DenseLayer({value})", "units = {value}"),
    "validation": Option("data", python="validation_split={value}"),
}
"""Every option that advice may name."""


def as_python(change: Change) -> str:
    """Return the change as a Python argument, such as `l2=0.0001`."""
    option = OPTIONS[change.option]
    if change.value is None:
        return f"a {change.direction} {change.option}{_was(change)}"
    return option.python.format(**_parts(change)) + _was(change)


def as_recipe(change: Change) -> str:
    """Return the change as a line of a recipe, such as `training.l2 = 0.0001`."""
    option = OPTIONS[change.option]
    if change.value is None:
        name = f"{option.table}.{change.option}" if option.table else change.option
        return f"a {change.direction} {name}{_was(change)}"
    return option.recipe.format(table=option.table, **_parts(change)) + _was(change)


def _parts(change: Change) -> dict[str, Any]:
    parts: dict[str, Any] = {"name": change.option, "value": _literal(change.value)}
    if isinstance(change.value, Mapping):
        literals = {name: _literal(value) for name, value in change.value.items()}
        parts["value"] = "{ " + ", ".join(f"{n} = {v}" for n, v in literals.items()) + " }"
        parts["fields"] = ", ".join(f"{n}={v}" for n, v in literals.items())
        parts |= {name: text for name, text in literals.items() if name != "name"}
    return parts


def _literal(value: Any) -> str:
    """Return a value as both Python and TOML write it, with text in double quotes."""
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _was(change: Change) -> str:
    return "" if change.was is None else f" (it was {change.was})"


@dataclass(frozen=True)
class Advice:
    """What to change.

    Args:
        changes: alternative changes of options, the most promising first.
        text: further advice in a sentence, without options.
    """

    changes: Sequence[Change] = field(default_factory=tuple)
    text: str = ""

    def __str__(self) -> str:
        return self.in_python()

    def in_python(self) -> str:
        """Return the advice with its options as Python arguments."""
        return self._joined([as_python(change) for change in self.changes])

    def in_recipe(self) -> str:
        """Return the advice with its options as lines of a recipe."""
        return self._joined([as_recipe(change) for change in self.changes])

    def _joined(self, options: list[str]) -> str:
        parts = ["; or ".join(options) + "."] if options else []
        return " ".join([*parts, self.text]).strip()
