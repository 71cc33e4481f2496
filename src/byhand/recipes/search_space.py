"""The search space: which settings of a recipe vary, and over which values.

A recipe defines it in its table `search`:

    [search]
    l2 = [0.001, 0.0001]                   # these values
    learning_rate = "1e-4..1e-1 log"       # any number between, drawn evenly on a logarithmic scale
    units = "16..512 log"                  # any integer between, because both ends are integers

A setting is a field of `training` or `network`, an option such as `training.optimizer.beta1`, or
one of these, which describe the hidden layers:

    layers       units of each, such as "128-64"; "none" for no hidden layer
    depth        number of hidden layers
    units        units of every hidden layer
    activation   activation of every hidden layer
    dropout      dropout rate after each; 0 for none
"""

from __future__ import annotations

import itertools
import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from byhand.errors import ArgumentError

HIDDEN = ("layers", "depth", "units", "activation", "dropout")
"""Settings of all hidden layers together."""

FRACTIONAL = {"learning_rate", "l1", "l2", "clip_norm", "clip_value", "dropout"}
"""Settings that are not integers, even if both ends of a range are."""

MOST_DEPTH = 100
"""Largest number of hidden layers."""

MOST_COMBINATIONS = 10_000
"""Largest number of combinations of a grid."""

_NUMBER = r"[-+]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"\s*({_NUMBER})\s*\.\.\s*({_NUMBER})\s*(log)?\s*")


@dataclass(frozen=True)
class Choices:
    """Values to choose from.

    Args:
        values: numbers, texts, booleans.
    """

    values: tuple[Any, ...]

    @property
    def examples(self) -> tuple[Any, ...]:
        """All values, each of which a recipe must accept."""
        return self.values


@dataclass(frozen=True)
class Range:
    """All numbers between two ends, inclusive.

    Args:
        low: smaller end.
        high: larger end.
        log: whether numbers are drawn evenly on a logarithmic scale.
        whole: whether they are integers.
    """

    low: float
    high: float
    log: bool = False
    whole: bool = False

    @property
    def examples(self) -> tuple[Any, ...]:
        """Both ends, which a recipe must accept."""
        return self.low, self.high


Dimension: TypeAlias = Choices | Range
Space: TypeAlias = Mapping[str, Dimension]


def read_dimension(setting: str, value: object) -> Dimension:
    """Return the values of a setting from a list, or from a text such as "1e-4..1e-1 log".

    Raises:
        ArgumentError: the list is empty, or the text is not a range.
    """
    if isinstance(value, (list, tuple)):
        if not value:
            raise ArgumentError(f"search.{setting} needs at least one value")
        return Choices(tuple(value))
    found = _RANGE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ArgumentError(
            f'search.{setting} takes a list of values, or a range such as "1e-4..1e-1 log"; got '
            f"{str(value)[:80]!r}"
        )
    return _range(setting, found)


def parse_dimension(option: str, text: str) -> tuple[str, Dimension]:
    """Return setting and values of an option: "l2=0.001,0.0001" or "units=16..512 log".

    Args:
        option: name of the option, for messages.
        text: the text that was given.
    """
    setting, sign, values = (part.strip() for part in text.partition("="))
    if not sign or not setting or not values:
        raise ArgumentError(
            f"{option} takes NAME=VALUES, as in l2=0.001,0.0001 or learning_rate=1e-4..1e-1 log; "
            f"got {text!r}."
        )
    if ".." in values:
        return setting, read_dimension(setting, values)
    words = [word.strip() for word in values.split(",")]
    return setting, Choices(tuple(_value(setting, word) for word in words if word))


def as_toml(dimension: Dimension) -> list[Any] | str:
    """Return a dimension in the form of the table `search` of a recipe."""
    if isinstance(dimension, Choices):
        return list(dimension.values)
    return f"{dimension.low!r}..{dimension.high!r}{' log' if dimension.log else ''}"


def is_grid(space: Space) -> bool:
    """Return whether all settings have lists of values and so form combinations."""
    return all(isinstance(dimension, Choices) for dimension in space.values())


def combinations(space: Space) -> Iterator[dict[str, Any]]:
    """Yield every combination of the values of a grid, the last setting varying fastest.

    Raises:
        ArgumentError: a setting has a range, or there are too many combinations.
    """
    lists = [dimension.examples for dimension in space.values()]
    if not is_grid(space):
        raise ArgumentError("a range has no combinations; draw values from it, as with --trials.")
    if math.prod(map(len, lists)) > MOST_COMBINATIONS:
        raise ArgumentError(
            f"the grid has {math.prod(map(len, lists)):,} combinations, and at most "
            f"{MOST_COMBINATIONS:,} are trained. Draw some of them with --over and --trials."
        )
    for values in itertools.product(*lists):
        yield dict(zip(space, values, strict=True))


def _range(setting: str, found: re.Match[str]) -> Range:
    ends = [_number(found[1]), _number(found[2])]
    low, high = ends
    is_whole = all(isinstance(end, int) for end in ends)
    whole = is_whole and setting.removeprefix("training.") not in FRACTIONAL
    if not all(math.isfinite(end) for end in ends) or not low < high:
        raise ArgumentError(f"search.{setting}: {found[0].strip()!r} does not go up.")
    if found[3] and low <= 0:
        raise ArgumentError(f"search.{setting}: a logarithmic range begins above 0; got {low}.")
    if setting in ("layers", "activation"):
        raise ArgumentError(f"search.{setting} takes a list of values, and has no range.")
    return Range(low, high, bool(found[3]), whole)


def _value(setting: str, word: str) -> Any:
    """Return a value as in TOML, so that 0.1 is a number and relu a text."""
    if setting == "layers":
        return word
    try:
        return tomllib.loads(f"value = {word}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        number = re.fullmatch(_NUMBER, word)  # 5e-5 is TOML; .5 and 5. are not
        return _number(word) if number else word


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)
