"""Words and numbers in the form of source code.

Names of classes, recipes and data may come from untrusted files: nothing in them may end a string
or a comment of the file.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping

import numpy as np

from byhand.arrays import Array
from byhand.errors import ArgumentError
from byhand.network.activations import Activation

WIDTH = 96
"""Characters in a line of numbers."""


def remark(text: str) -> str:
    """Return a text that is safe in a comment or docstring: printable ASCII, no quotes or */."""
    plain = text.encode("ascii", "replace").decode()
    plain = re.sub(r"[^\x20-\x7e]", "?", plain)
    return plain.replace("*/", "* /").replace('"', "'").replace("\\", "/")


def quoted(text: str) -> str:
    r"""Return a text as a string in double quotes, for Python, JavaScript and Rust's concat."""
    return json.dumps(text)  # ASCII: everything else is escaped


def base64_lines(array: Array) -> str:
    """Return the bytes of an array, little-endian, as lines of base64."""
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    text = base64.b64encode(little.tobytes()).decode()
    return "\n".join(text[start : start + WIDTH] for start in range(0, len(text), WIDTH))


def number_lines(values: Array, suffix: str = "") -> str:
    """Return numbers separated by commas, in lines; each reads back as the same bits.

    Args:
        values: the numbers, of any shape.
        suffix: written after each fraction, such as "f" in C.
    """
    return _wrapped(_numbers(values, suffix))


def _numbers(values: Array, suffix: str) -> Iterable[str]:
    if values.dtype.kind in "iu":
        yield from map(str, values.ravel().tolist())
        return
    digits = 9 if values.dtype == np.float32 else 17
    for value in values.ravel().tolist():
        text = f"{value:.{digits}g}"
        yield (text if "." in text or "e" in text else text + ".0") + suffix


def _wrapped(words: Iterable[str]) -> str:
    lines: list[str] = []
    line: list[str] = []
    length = 4
    for word in words:
        if length + len(word) + 2 > WIDTH:
            lines.append("    " + ", ".join(line) + ",")
            line, length = [], 4
        line.append(word)
        length += len(word) + 2
    return "\n".join([*lines, "    " + ", ".join(line)])


def identifier(stem: str) -> str:
    """Return the stem of a file's name as an identifier: my-net 2 becomes my_net_2."""
    name = re.sub(r"\W+", "_", stem, flags=re.ASCII).strip("_")
    return name if name[:1].isalpha() else f"net_{name}".rstrip("_")


def known_activations(
    language: str, used: Mapping[str, Activation], known: Mapping[str, str]
) -> dict[str, Activation]:
    """Return the activations in use; raise if a language has no formula for one.

    Args:
        language: its name, for the message.
        used: the activations of the program by name.
        known: the formulas of the language by name of the activation.
    """
    for name in used:
        if name not in known:
            raise ArgumentError(
                f"{language} has no formula for the activation {name!r}; it knows "
                f"{', '.join(known)}."
            )
    return dict(used)
