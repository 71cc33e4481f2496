"""Recipes: small readable TOML files with data, network, training and published figures.

Those that come with byhand are `byhand/recipes/*.toml`; your own are named by their path.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from byhand.data.registry import is_known
from byhand.errors import ArgumentError, FileError, FormatError, unknown_name
from byhand.recipes.spec import RecipeSpec
from byhand.recipes.toml import to_toml

BASIC = "basic"
"""The recipe that is trained where none is named."""

SHIPPED = (
    BASIC,
    "mini-batches",
    "full-batch",
    "full-batch-fashion",
    "augmentation",
    "leaky-relu",
    "deeper",
    "momentum",
    "adam",
    "adam-deeper",
    "l2-search",
)
"""The recipes that come with byhand, in an order to learn from."""


@dataclass(frozen=True)
class Recipe:
    """A recipe that has been read and checked.

    Args:
        name: of the file, without its ending.
        values: what the file says, as plain values.
        spec: the same, checked and with defaults.
        text: the file itself, comments included.
        folder: where it lies; paths to data may be meant from there.
    """

    name: str
    values: Mapping[str, Any]
    spec: RecipeSpec
    text: str
    folder: Path | None = None

    def changed(self, changes: Mapping[str, Any]) -> Recipe:
        """The recipe with other values, checked anew.

        Args:
            changes: {"training.epochs": 5, "data.dataset": "digits"}; None takes a field away.
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
        """The values as TOML, without the comments of the file."""
        return to_toml(self.values, heading)


def published_recipes() -> list[str]:
    """Those of them that reproduce somebody's published work."""
    return [name for name in SHIPPED if read_recipe(name).spec.source]


def read_recipe(name: str | Path) -> Recipe:
    """A recipe by its name, or your own by the path of its file.

    Raises:
        ArgumentError: an unknown name, or a field that is unknown, missing or wrong.
        FileError: there is no such file.
        FormatError: the file is not TOML.
    """
    if str(name) in SHIPPED:
        file = resources.files(__package__) / f"{name}.toml"
        return parse_recipe(file.read_text("utf-8"), str(name))
    path = Path(name).expanduser()
    if path.suffix != ".toml" and not path.exists():
        if is_known(str(name)):
            raise ArgumentError(
                f"{name} is a data set, not a recipe. Train on it with: "
                f"byhand train --dataset {name}"
            )
        raise unknown_name("recipe", str(name), SHIPPED)
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(f"{path} is not a recipe: it is not text in UTF-8.") from error
    except OSError as error:
        raise FileError(f"the recipe {path} cannot be read: {error.strerror}.") from error
    return parse_recipe(text, path.stem, path)


def parse_recipe(text: str, name: str, path: Path | None = None) -> Recipe:
    """The recipe that a text holds; `name` and `path` are for messages and relative paths."""
    where = f"recipe {path or name}"
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FormatError(f"{where} is not TOML: {error}.") from error
    return Recipe(name, values, check(values, where), text, path.parent if path else None)


def check(values: Mapping[str, Any], where: str) -> RecipeSpec:
    """The checked fields; raises ArgumentError with one line for each field that is wrong."""
    try:
        return RecipeSpec.model_validate(values)
    except ValidationError as error:
        problems = list(dict.fromkeys(_problem(dict(found)) for found in error.errors()))
        if len(problems) == 1:
            raise ArgumentError(f"{where}: {problems[0]}") from None
        listed = "".join(f"\n  * {problem}" for problem in problems)
        raise ArgumentError(f"{where} has {len(problems)} mistakes:{listed}") from None


# --- messages -----------------------------------------------------------------------------------


def _problem(error: Mapping[str, Any]) -> str:
    """What is wrong with one field, and what to do."""
    place = [part for part in error["loc"] if not _is_type_name(part)]
    field = ".".join(str(part) for part in place)
    if error["type"] == "extra_forbidden":
        return _unknown_field(place)
    if error["type"] == "missing":
        return f"{field} is missing; it is needed."
    message = error["msg"].removeprefix("Value error, ").rstrip(".")
    if error["type"] == "value_error":
        return f"{field}: {message}." if field else f"{message}."
    return f"{field}: {message[0].lower()}{message[1:]}; got {error['input']!r}."


def _is_type_name(part: object) -> bool:
    """pydantic adds the member of a union to the place: int, str, "constrained-int", ..."""
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
    """The model of a table by its name; of the whole recipe for none."""
    annotation = RecipeSpec.model_fields[tables[0]].annotation if tables else RecipeSpec
    return cast(type[BaseModel], annotation)
