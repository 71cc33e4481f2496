"""Checks the values of a recipe; the message has one line for each field that is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from byhand.errors import ArgumentError, did_you_mean
from byhand.recipes.fields_and_defaults import RecipeSpec

MOST_MISTAKES = 20
"""Number of mistakes listed in a message."""


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
    hint = did_you_mean(field, known)
    return f"unknown field {'.'.join([*tables, field])!r}.{hint} Fields: {', '.join(known)}."


def _model(tables: list[str]) -> type[BaseModel]:
    """Return the model of a table by name; without a name, that of the whole recipe."""
    annotation = RecipeSpec.model_fields[tables[0]].annotation if tables else RecipeSpec
    return cast(type[BaseModel], annotation)
