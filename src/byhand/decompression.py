"""Limits on the expansion of compressed data: enough for every data set, too little for a bomb."""

from __future__ import annotations

from byhand.errors import FormatError

FREE = 16 << 20
"""Number of bytes that any compressed data may expand to."""

MOST_EXPANSION = 100
"""Beyond `FREE`, compressed data may expand to this many times their size."""


def check_expansion(compressed: int, expanded: int, name: object) -> None:
    """Raise a FormatError if data expand further than a data set would."""
    if expanded > max(FREE, MOST_EXPANSION * compressed):
        raise FormatError(
            f"{name}: {compressed:,} compressed bytes expand to more than "
            f"{max(FREE, MOST_EXPANSION * compressed):,}, over {MOST_EXPANSION} times their size. "
            "If you trust the file, decompress it first."
        )
