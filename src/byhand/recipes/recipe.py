"""Recipes: small readable TOML files with data, network, training and published figures.

Recipes in `byhand/recipes/*.toml` are known by name; your own are given by path.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ValidationError
from tomli_w import dumps as to_toml

from byhand.data.formats.table import is_table_file
from byhand.data.registry import is_known
from byhand.errors import ArgumentError, FormatError, unknown_name
from byhand.paths import user_path
from byhand.reading import read_bytes
from byhand.recipes.spec import RecipeSpec

BASIC = "basic"
"""The default recipe."""


MOST_BYTES = 64_000
"""Limit of bytes of a recipe; a larger file is something else."""

MOST_MISTAKES = 20
"""Number of mistakes listed in a message."""

MOST_DOTS = 20
"""Limit of dots between the words of a key: the parser's time grows with their square."""

_WORD = r"[\w\"'-]++"  # possessive, so that a long word is scanned only once
_MANY_DOTS = re.compile(rf"(?<![\w\"'-]){_WORD}(?:[ \t]*+\.[ \t]*+{_WORD}){{{MOST_DOTS + 1}}}")


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
        values = tomllib.loads(text)
    except ValueError as error:  # includes numbers with too many digits
        raise FormatError(f"{where} is not TOML: {error}.") from error
    except RecursionError:
        raise FormatError(f"{where} is not a recipe: it is nested too deeply.") from None
    return Recipe(name, values, check(values, where), text, path.parent if path else None)


def check(values: Mapping[str, Any], where: str) -> RecipeSpec:
    """Return the checked fields; an ArgumentError has one line for each field that is wrong."""
    try:
        return RecipeSpec.model_validate(values)
    except ValidationError as error:
        problems = list(dict.fromkeys(_problem(dict(found)) for found in error.errors()))
        if len(problems) == 1:
            raise ArgumentError(f"{where}: {problems[0]}") from None
        listed = "".join(f"\n  * {problem}" for problem in problems[:MOST_MISTAKES])
        listed += "\n  * ..." if len(problems) > MOST_MISTAKES else ""
        raise ArgumentError(f"{where} has {len(problems)} mistakes:{listed}") from None


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


# --- messages -----------------------------------------------------------------------------------


def _problem(error: Mapping[str, Any]) -> str:
    """Return the problem with one field, and what to do."""
    place = [part for part in error["loc"] if not _is_type_name(part)]
    field = ".".join(str(part) for part in place)
    if error["type"] == "extra_forbidden":
        return _unknown_field(place)
    if error["type"] == "missing":
        return f"{field} is missing; it is needed."
    message = error["msg"].removeprefix("Value error, ").rstrip(".")
    if error["type"] == "value_error":
        return f"{field}: {message}." if field else f"{message}."
    return f"{field}: {message[0].lower()}{message[1:]}; got {_shown(error['input'])}."


def _shown(value: object) -> str:
    """Return a value as text, truncated if it is long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits
        return f"a value of type {type(value).__name__}"
    return text if len(text) <= 200 else f"{text[:200]}..."


def _is_type_name(part: object) -> bool:
    """Return whether pydantic added this name of a type to the place: int, "constrained-int"."""
    return isinstance(part, str) and (
        part in {"int", "float", "str", "bool"} or part.startswith(("literal[", "constrained", "["))
    )


def _unknown_field(place: list[Any]) -> str:
    *tables, field = [str(part) for part in place]
    known = list(_model(tables).model_fields)
    nearest = difflib.get_close_matches(field, known, n=1, cutoff=0.5)
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    return f"unknown field {'.'.join([*tables, field])!r}.{hint} Fields: {', '.join(known)}."


def _model(tables: list[str]) -> type[BaseModel]:
    """Return the model of a table by name; without a name, that of the whole recipe."""
    annotation = RecipeSpec.model_fields[tables[0]].annotation if tables else RecipeSpec
    return cast(type[BaseModel], annotation)
