"""Recipes: small readable TOML files with data, network, training and published figures.

Recipes in `byhand/recipes/*.toml` are known by name; your own are given by path. `byhand train`
without a name trains `basic.toml`, which has its layers and rate. The fields of recipes and their
defaults are in `fields_and_defaults.py`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from tomli_w import dumps as to_toml

from byhand.data.formats.table import is_table_file
from byhand.data.known_datasets import is_known
from byhand.errors import ArgumentError, FormatError, unknown_name
from byhand.recipes.check import check
from byhand.recipes.fields_and_defaults import RecipeSpec
from byhand.untrusted_files import check_nesting, read_bytes
from byhand.user_path import user_path

BASIC = "basic"
"""The recipe that `byhand train` trains by default: layers, epochs and rate are in basic.toml."""


MOST_BYTES = 64_000
"""Largest size in bytes of a recipe; a larger file is another kind of file."""

MOST_DOTS = 20
"""Largest number of dots between the words of a key: the parser's time grows with their square."""

_WORD = r"[\w\"'-]++"  # possessive, so that a long word is scanned only once
_MANY_DOTS = re.compile(rf"(?<![\w\"'-]){_WORD}(?:[ \t]*+\.[ \t]*+{_WORD}){{{MOST_DOTS + 1}}}")
_LONG_NUMBER = re.compile(r"0[xob][0-9a-fA-F_]{1001}")


@dataclass(frozen=True)
class Recipe:
    """A recipe that has been read and checked.

    Args:
        name: name of the file without its extension.
        values: the content of the file as plain values.
        spec: the same, checked and with defaults.
        text: the text of the file, with comments.
        folder: folder of the file; relative paths to data may start there.
    """

    name: str
    values: Mapping[str, Any]
    spec: RecipeSpec
    text: str
    folder: Path | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """Every setting of data, network and training: {"training.epochs": 20, ...}."""
        found: dict[str, Any] = {}
        for table in ("data", "network", "training"):
            fields = type(getattr(self.spec, table)).model_fields
            defaults = {name: one.default for name, one in fields.items() if not one.is_required()}
            values = defaults | dict(self.values.get(table, {}))
            found |= {f"{table}.{name}": value for name, value in values.items()}
        return found

    def changed(self, changes: Mapping[str, Any]) -> Recipe:
        """Return the recipe with other values, checked again.

        Args:
            changes: {"training.epochs": 5, "data.dataset": "digits"}; None removes a field.
        """
        values = deepcopy(dict(self.values))
        for place, value in changes.items():
            table, _, field = place.rpartition(".")
            target = values.setdefault(table, {}) if table else values
            if value is None:
                target.pop(field, None)
            else:
                target[field] = value
        spec = check(values, f"recipe {self.name}")
        return Recipe(self.name, values, spec, to_toml(values), self.folder)

    def to_toml(self, heading: str = "") -> str:
        """Return the values as TOML, without the comments of the file.

        Args:
            heading: comment for the first line.
        """
        return f"# {heading}\n\n{to_toml(self.values)}" if heading else to_toml(self.values)


@cache
def shipped_recipes() -> tuple[str, ...]:
    """Return the names of the recipes that come with byhand, by their field `order`."""
    found = [read_recipe(name) for name in _shipped_files()]
    return tuple(recipe.name for recipe in sorted(found, key=lambda r: (r.spec.order, r.name)))


def is_shipped(name: str | Path | None) -> bool:
    """Return whether this is the name of a recipe that comes with byhand."""
    return str(name) in _shipped_files()


def published_recipes() -> list[str]:
    """Return the names of the recipes that reproduce published work."""
    return [name for name in shipped_recipes() if read_recipe(name).spec.source]


def read_recipe(name: str | Path) -> Recipe:
    """Read a recipe by name, or your own by path.

    Raises:
        ArgumentError: an unknown name, or a field that is unknown, missing or wrong.
        FileError: there is no such file.
        FormatError: the file is not TOML.
    """
    if is_shipped(name):
        return parse_recipe(_shipped_files()[str(name)].read_text("utf-8"), str(name))
    path = user_path(name)
    is_there = path.exists()
    is_table = is_table_file(path) and path.suffix != ".txt"  # a recipe may end so
    if is_table or (not is_there and is_known(str(name))):
        raise ArgumentError(
            f"{name} is a data set, not a recipe. Train on it with: byhand train --dataset {name}"
        )
    if path.suffix != ".toml" and not is_there:
        raise unknown_name("recipe", str(name), shipped_recipes())
    return parse_recipe(recipe_text(path), path.stem, path)


def parse_recipe(text: str, name: str, path: Path | None = None) -> Recipe:
    """Read a recipe from a text; `name` and `path` are for messages and relative paths."""
    where = f"recipe {path or name}"
    try:
        if _MANY_DOTS.search(text):
            raise ValueError(f"a key has more than {MOST_DOTS} dots")
        if _LONG_NUMBER.search(text):  # Python limits only decimal digits
            raise ValueError("a number has more than 1,000 digits")
        values = tomllib.loads(text)
        check_nesting(values)
    except ValueError as error:  # includes numbers with too many digits
        raise FormatError(f"{where} is not TOML: {error}.") from error
    except RecursionError:
        raise FormatError(f"{where} is not a recipe: it is nested too deeply.") from None
    return Recipe(name, values, check(values, where), text, path.parent if path else None)


def recipe_text(path: Path) -> str:
    """Return the text of a recipe.

    Raises:
        FileError: the file cannot be read or is not a regular file.
        FormatError: it is too large, or not text in UTF-8.
    """
    try:
        return read_bytes(path, MOST_BYTES, "the recipe").decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(f"{path} is not a recipe: it is not text in UTF-8.") from error


@cache
def _shipped_files() -> dict[str, Traversable]:
    """Return the files of the recipes that come with byhand, by their names."""
    files = resources.files(__package__).iterdir()
    return {file.name.removesuffix(".toml"): file for file in files if file.name.endswith(".toml")}
