"""Writing recipes as TOML; Python's own library only reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

WIDTH = 90
"""Lists longer than this get a line for each entry."""


def to_toml(values: Mapping[str, Any], heading: str = "") -> str:
    """Plain values as TOML: single values first, then a section for each table.

    Args:
        values: strings, numbers, truth values, lists and tables.
        heading: a comment for the first lines.
    """
    lines = [f"# {line}".rstrip() for line in heading.splitlines()]
    if lines:
        lines.append("")
    lines += [f"{key} = {_value(value)}" for key, value in values.items() if not _is_table(value)]
    for key, table in values.items():
        if _is_table(table):
            lines += ["", f"[{key}]"]
            lines += [f"{name} = {_value(value)}" for name, value in table.items()]
    return "\n".join(lines).strip() + "\n"


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping)


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)  # JSON's escapes are TOML's too
    if isinstance(value, Sequence):
        return _list([_value(inner) for inner in value])
    return json.dumps(value)  # true, 20, 0.001, 1e-05


def _list(cells: list[str]) -> str:
    line = f"[{', '.join(cells)}]"
    if len(line) <= WIDTH:
        return line
    return "[\n" + "".join(f"  {cell},\n" for cell in cells) + "]"
