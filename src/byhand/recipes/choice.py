"""A name with options, as recipes write it: `"adam"`, or `{ name = "adam", beta1 = 0.8 }`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

from byhand.errors import ArgumentError, unknown_name
from byhand.tables import Table

Maker: TypeAlias = Callable[..., Any]
Makers: TypeAlias = Mapping[str, Maker]


@lru_cache(maxsize=256)
def parameters_of(maker: Maker) -> Mapping[str, inspect.Parameter]:
    """Return the parameters of a maker by name. Inspecting is slow, so they are kept."""
    return inspect.signature(maker).parameters


@dataclass(frozen=True)
class Choice:
    """A choice in a recipe, such as an optimizer, which is created when needed.

    Args:
        name: its name.
        maker: the class or function that creates it.
        options: arguments of the maker.
    """

    name: str
    maker: Maker
    options: Mapping[str, Any] = field(default_factory=dict)

    def make(self, **more: Any) -> Any:
        """Return a new object; `more` replaces options of the recipe."""
        return self.maker(**{**self.options, **more})


def read_choice(
    kind: str, table: Makers, value: object, key: str = "name", default: str | None = None
) -> Choice:
    """Read a choice from a name or a table of a recipe.

    Args:
        kind: what is chosen, such as "optimizer".
        table: the known names and the maker of each.
        value: a name, or a mapping with the name and options.
        key: the key of the name in a mapping.
        default: the name for mappings without one.

    Raises:
        ArgumentError: an unknown name or option; the message has the nearest known one.
    """
    given = {key: value} if isinstance(value, str) else value
    if not isinstance(given, Mapping) or not isinstance(given.get(key, default), str):
        raise ArgumentError(f'expected a name, or a table {{ {key} = "...", ... }}; got {value!r}')
    options = dict(given)
    name = str(options.pop(key, default))
    if isinstance(table, Table):
        return read_options(name, table.find(name), options)
    if name not in table:
        raise unknown_name(kind, name, table)
    return read_options(name, table[name], options)


def read_options(name: str, maker: Maker, value: object) -> Choice:
    """Read a choice with a fixed maker from a table of options."""
    if not isinstance(value, Mapping):
        raise ArgumentError(f"expected a table {{ option = number, ... }}; got {value!r}")
    known = list(parameters_of(maker))
    for option in value:
        if option not in known:
            raise unknown_name(f"option of {name}", option, known)
    return Choice(name, maker, dict(value))
