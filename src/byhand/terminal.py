"""Text for a terminal: control characters in names are shown, not obeyed.

Class names, file names, headings of tables and messages may come from untrusted files. An escape
sequence in one of them could clear the screen, change the title of the window or rewrite earlier
lines. Everything that byhand prints passes through `visible` (`cell` within tables, and
`json_text` for JSON). `has_colour` decides whether output has colour.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from typing import Any, TextIO, TypeAlias

Say: TypeAlias = Callable[[str], None]
"""Receives a message for the user."""

# C0 and C1 control characters, the marks that change the direction of text, and the two Unicode
# line separators. A line feed and a tab are layout.
_UNSAFE = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
_UNSAFE_IN_TEXT = re.compile(f"[{_UNSAFE}]")
_UNSAFE_IN_CELL = re.compile(f"[\t\n{_UNSAFE}]")
# A file name that is not UTF-8 has lone surrogates, which no stream can encode.
_UNSAFE_IN_JSON = re.compile(f"[{_UNSAFE}\ud800-\udfff]")


def visible(text: str) -> str:
    r"""Return a text with its control characters escaped: ESC becomes the four letters `\x1b`."""
    return _UNSAFE_IN_TEXT.sub(_escaped, text)


def cell(text: str) -> str:
    """Return a text for one cell of a table, in which line feeds and tabs are escaped as well."""
    return _UNSAFE_IN_CELL.sub(_escaped, text)


def json_text(value: Any, indent: int | None = None) -> str:
    r"""Return a value as JSON; control characters are `\u001b`, which readers of JSON undo.

    Raises:
        ValueError: a number is NaN or infinite.
    """
    text = json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False)
    return _UNSAFE_IN_JSON.sub(_escaped_in_json, text)  # the line feeds of an indent stay


def to_stderr(text: str) -> None:
    """Print a message on standard error, so that programs that read the output do not see it."""
    if sys.stderr is not None:  # a program without a console has none
        sys.stderr.write(visible(text) + "\n")


def has_colour(stream: TextIO) -> bool:
    """Return whether a stream is a terminal with colour, and NO_COLOR does not refuse it."""
    is_plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return stream.isatty() and not is_plain


def _escaped(found: re.Match[str]) -> str:
    return repr(found[0])[1:-1]


def _escaped_in_json(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
