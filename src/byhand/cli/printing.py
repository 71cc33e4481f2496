"""Prints lines, JSON, and tables that fit a terminal."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import typer

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def visible(text: str) -> str:
    """Return a text whose control characters are escaped, so that names cannot steer a terminal."""
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)


def line(text: str = "") -> None:
    """Print a line on standard output."""
    typer.echo(visible(text))


def note(text: str) -> None:
    """Print a line on standard error, out of the way of programs that read the output."""
    typer.echo(visible(text), err=True)


def json_lines(value: object) -> None:
    """Print a value as JSON, in one line for programs; NaN and infinity become null."""
    indent = 2 if sys.stdout.isatty() else None
    typer.echo(json.dumps(_plain(value), indent=indent, ensure_ascii=False, allow_nan=False))


def facts(pairs: Mapping[str, object]) -> None:
    """Print names and values in two columns."""
    width = max((len(name) for name in pairs), default=0)
    for name, value in pairs.items():
        line(f"{name:<{width}}  {value}")


def table(
    headings: Sequence[str],
    rows: Sequence[Sequence[object]],
    left: Sequence[str] = (),
    wraps: Sequence[str] = (),
) -> None:
    """Print a table.

    Args:
        headings: headings of the columns.
        rows: cells of each row; they are aligned to the right.
        left: headings of the columns that are aligned to the left.
        wraps: headings of the columns that may wrap on a narrow terminal.
    """
    cells = [["" if cell is None else visible(str(cell)) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _rich_table(headings, cells, left, wraps)
        return
    widths = [max(len(row[i]) for row in [headings, *cells]) for i in range(len(headings))]
    for row in [headings, *cells]:
        padded = [
            cell.ljust(width) if heading in left else cell.rjust(width)
            for cell, width, heading in zip(row, widths, headings, strict=True)
        ]
        line("  ".join(padded).rstrip())


def _rich_table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    left: Sequence[str],
    wraps: Sequence[str],
) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for heading in headings:
        justify: Literal["left", "right"] = "left" if heading in left else "right"
        wrap = heading in wraps
        drawn.add_column(
            heading, justify=justify, no_wrap=not wrap, overflow="fold" if wrap else "ellipsis"
        )
    for row in rows:
        drawn.add_row(*row)
    Console(highlight=False, markup=False).print(drawn)


def _plain(value: Any) -> Any:
    """Return a value in the types of JSON."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if hasattr(value, "tolist"):  # NumPy's arrays and numbers, without importing it
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, (str, int, bool)) or value is None else str(value)
