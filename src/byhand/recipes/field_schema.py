"""JSON Schemas of the fields of a recipe: names from tables, arguments of classes, texts.

Names and options are read from the tables when the schema is requested, so it includes your own
registered entries.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema

from byhand.recipes.choice import Maker, Makers
from byhand.tables import Table

Schema: TypeAlias = dict[str, Any]

_TYPES: dict[type, str] = {bool: "boolean", int: "integer", float: "number", str: "string"}
_ARGUMENT = re.compile(r"^    (\w+): (.*(?:\n        .*)*)", re.MULTILINE)


@dataclass(frozen=True)
class JsonSchema:
    """Metadata of an annotated field: its JSON Schema, created on request.

    Args:
        make: returns the schema.
    """

    make: Callable[[], Schema]

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> Schema:
        """Return the schema instead of that of the Python type."""
        return self.make()


def names_schema(table: Mapping[str, Any]) -> Schema:
    """Return the schema of a name of a table, or one of its aliases."""
    return {"enum": [name for entry in table for name in _names_of(table, entry)]}


def choice_schema(makers: Makers, key: str = "name", default: str | None = None) -> Schema:
    """Return the schema of a choice: a name, or a table with the name and options."""
    tables = [
        options_schema(
            maker,
            {key: {"enum": _names_of(makers, name)}},
            required=[] if name == default else [key],
        )
        for name, maker in makers.items()
    ]
    return {"anyOf": [names_schema(makers), *tables]}


def _names_of(table: Mapping[str, Any], name: str) -> list[str]:
    return table.names_of(name) if isinstance(table, Table) else [name]


def options_schema(
    maker: Maker, fixed: Mapping[str, Schema] | None = None, required: list[str] | None = None
) -> Schema:
    """Return the schema of a table with the arguments of a class or function."""
    described = argument_texts(inspect.getdoc(maker) or "")
    properties, needed = dict(fixed or {}), list(required or [])
    for name, parameter in inspect.signature(maker).parameters.items():
        properties[name] = _value_schema(parameter)
        if name in described:
            properties[name]["description"] = described[name]
        if parameter.default is parameter.empty:
            needed.append(name)
    return {
        "type": "object",
        "properties": properties,
        "required": needed,
        "additionalProperties": False,
    }


def argument_texts(docstring: str) -> dict[str, str]:
    """Return the text of each argument in the "Args:" section of a docstring, each in one line."""
    _, _, section = inspect.cleandoc(docstring).partition("Args:\n")
    section = re.split(r"^\w+:\n", section, maxsplit=1, flags=re.MULTILINE)[0]
    return {name: " ".join(text.split()) for name, text in _ARGUMENT.findall(section)}


def describe_table(schema: Schema, docstring: str) -> Schema:
    """Return the schema of a recipe's table with the docstring's texts of the table and its fields.

    TOML has no null, so a field that may be None is a field that may be left out.
    """
    texts = argument_texts(docstring)
    properties = {
        name: _without_null(field) | ({"description": texts[name]} if name in texts else {})
        for name, field in schema["properties"].items()
    }
    summary = inspect.cleandoc(docstring).partition("\n\n")[0]
    schema = {key: value for key, value in schema.items() if key != "title"}
    return schema | {"description": " ".join(summary.split()), "properties": properties}


def _without_null(field: Schema) -> Schema:
    """Return the schema of a field without its made-up title, and without null as a value."""
    field = {key: value for key, value in field.items() if key != "title"}
    if field.get("default", ...) is None:
        del field["default"]
    kinds = [kind for kind in field.get("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) == 1:
        del field["anyOf"]
        return {**field, **kinds[0]}
    return {**field, "anyOf": kinds} if kinds else field


def _value_schema(parameter: inspect.Parameter) -> Schema:
    """Return the type of an argument from its default; nothing if the default does not show it."""
    kind = _TYPES.get(type(parameter.default))
    if kind is None:
        return {}
    if kind == "integer" and "float" in str(parameter.annotation):
        kind = "number"
    return {"type": kind, "default": parameter.default}
