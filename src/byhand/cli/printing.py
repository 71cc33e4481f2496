"""Prints lines, JSON, and tables that fit a terminal."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import typer

from byhand.terminal import cell, json_text, visible


def line(text: str = "") -> None:
    """Print a line on standard output."""
    typer.echo(visible(text))


def note(text: str) -> None:
    """Print a line on standard error, so that programs can read standard output."""
    typer.echo(visible(text), err=True)


def json_lines(value: object) -> None:
    """Print a value as JSON, in one line for programs; NaN and infinity become null."""
    indent = 2 if sys.stdout.isatty() else None
    typer.echo(json_text(_plain(value), indent))


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
    cells = [["" if value is None else cell(str(value)) for value in row] for row in rows]
    is_left = [heading in left for heading in headings]
    shown = [cell(heading) for heading in headings]  # class names head the columns of a matrix
    if sys.stdout.isatty():
        _rich_table(shown, cells, is_left, [heading in wraps for heading in headings])
        return
    widths = [max(map(len, column)) for column in zip(shown, *cells, strict=True)]
    for row in [shown, *cells]:
        padded = [
            text.ljust(width) if to_left else text.rjust(width)
            for text, width, to_left in zip(row, widths, is_left, strict=True)
        ]
        line("  ".join(padded).rstrip())


def _rich_table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    left: Sequence[bool],
    wraps: Sequence[bool],
) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for heading, to_left, wrap in zip(headings, left, wraps, strict=True):
        justify: Literal["left", "right"] = "left" if to_left else "right"
        drawn.add_column(
            heading, justify=justify, no_wrap=not wrap, overflow="fold" if wrap else "ellipsis"
        )
    for row in rows:
        drawn.add_row(*row)
    # Names are text: neither [markup] nor :emoji: in them means anything.
    Console(highlight=False, markup=False, emoji=False).print(drawn)


def _plain(value: Any) -> Any:
    """Return a value as JSON types."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if hasattr(value, "tolist"):  # NumPy's arrays and numbers, without importing it
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, (str, int, bool)) or value is None else str(value)
