"""A name with options, as recipes write it: `"adam"`, or `{ name = "adam", beta1 = 0.8 }`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from byhand.errors import ArgumentError, unknown_name

Maker: TypeAlias = Callable[..., Any]
Makers: TypeAlias = Mapping[str, Maker]


@dataclass(frozen=True)
class Choice:
    """Something that a recipe chooses, made when it is needed.

    Args:
        name: what it is called.
        maker: what makes it.
        options: arguments of the maker.
    """

    name: str
    maker: Maker
    options: Mapping[str, Any] = field(default_factory=dict)

    def make(self, **more: Any) -> Any:
        """The object; more arguments take the place of those in the recipe."""
        return self.maker(**{**self.options, **more})


def read_choice(
    kind: str, table: Makers, value: object, key: str = "name", default: str | None = None
) -> Choice:
    """The choice that a name or a table of a recipe means.

    Args:
        kind: what is chosen, as in "optimizer".
        table: the names there are, and what makes each.
        value: a name, or a mapping with the name and options.
        key: under which key a mapping holds the name.
        default: the name of mappings that give none.

    Raises:
        ArgumentError: an unknown name or option, with the nearest right one.
    """
    given = {key: value} if isinstance(value, str) else value
    if not isinstance(given, Mapping) or not isinstance(given.get(key, default), str):
        raise ArgumentError(f'expected a name, or a table {{ {key} = "...", ... }}; got {value!r}')
    options = dict(given)
    name = options.pop(key, default)
    if name not in table:
        raise unknown_name(kind, name, table)
    return read_options(name, table[name], options)


def read_options(name: str, maker: Maker, value: object) -> Choice:
    """The choice of a maker with the options in a table of a recipe."""
    if not isinstance(value, Mapping):
        raise ArgumentError(f"expected a table {{ option = number, ... }}; got {value!r}")
    known = list(inspect.signature(maker).parameters)
    for option in value:
        if option not in known:
            raise unknown_name(f"option of {name}", option, known)
    return Choice(name, maker, dict(value))
