"""Tables of named choices, and objects that can be described as plain values and rebuilt.

Every choice a user makes by name (an activation, a loss, an optimizer, ...) is an entry of one
table. Messages, recipes, the command line, model files, tests and documentation read the tables,
so a new entry is available everywhere at once; `byhand.register` adds your own entries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, ClassVar, Generic, TypeVar

from byhand.errors import ArgumentError, unknown_name

T = TypeVar("T")


class Table(dict[str, T], Generic[T]):
    """Entries by name, with aliases for some of them.

    Args:
        kind: word for an entry in messages, such as "activation".
        entries: name -> entry.
        aliases: alias -> name.
        others: names that are handled elsewhere but belong in messages.
    """

    def __init__(
        self,
        kind: str,
        entries: Mapping[str, T],
        aliases: Mapping[str, str] | None = None,
        others: tuple[str, ...] = (),
    ) -> None:
        super().__init__(entries)
        self.kind, self.others = kind, others
        self.aliases = dict(aliases or {})

    def find(self, name: str) -> T:
        """Return the entry of a name or alias, ignoring case; raise ArgumentError if unknown."""
        key = self._keys().get(name.lower())
        if key is None:
            raise unknown_name(self.kind, name, [*self, *self.aliases, *self.others])
        return self[key]

    def names_of(self, name: str) -> list[str]:
        """Return the name of an entry and its aliases."""
        return [name, *(alias for alias, own in self.aliases.items() if own == name)]

    def add(self, name: str, entry: T) -> None:
        """Add an entry under a new name; raise ArgumentError if the name is taken.

        Defining an entry again, for example in a notebook, replaces the older one.
        """
        key = self._keys().get(name.lower())
        is_redefined = key == name and _origin(self[key]) == _origin(entry)
        if (key is not None and not is_redefined) or name.lower() in self.others:
            raise ArgumentError(f"the {self.kind} name {name!r} is taken; choose another name.")
        self[name] = entry

    def _keys(self) -> dict[str, str]:
        """Return the key for every name and alias in lower case."""
        return self.aliases | {key.lower(): key for key in self}


def _origin(entry: Any) -> tuple[str, str]:
    """Return the module and the name under which a class or function was defined."""
    source = getattr(entry, "function", entry)  # an activation is identified by its function
    return getattr(source, "__module__", ""), getattr(source, "__qualname__", repr(source))


class Described:
    """A base class for dataclasses that describe themselves by a name and plain values."""

    name: ClassVar[str]

    def config(self) -> dict[str, Any]:
        """Return the name and all settings, ready for JSON: {"name": "adam", "beta1": 0.9, ...}."""
        settings = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        return {"name": self.name, **{key: _plain(value) for key, value in settings.items()}}


def forget_inherited(cls: type, methods: set[str], **defaults: Any) -> None:
    """Reset inherited attributes, such as a formula, if a class redefines one of these methods."""
    if not methods.isdisjoint(vars(cls)):
        for name, default in defaults.items():
            if name not in vars(cls):
                setattr(cls, name, default)


def build(table: Table[Any], config: Mapping[str, Any]) -> Any:
    """Rebuild the object described by `config()`."""
    settings = dict(config)
    return table.find(settings.pop("name"))(**settings)


def _plain(value: Any) -> Any:
    """Return the config of a nested object, the name of a function, or the value itself."""
    if isinstance(value, Described):
        return value.config()
    return getattr(value, "__name__", repr(value)) if callable(value) else value
