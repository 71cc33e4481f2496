"""Numbers as people read them."""

from __future__ import annotations

from collections.abc import Sequence


def duration(seconds: float) -> str:
    """Return seconds as text: "0.4 s", "12 s", "3 min 20 s"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def layer_sizes(units: Sequence[int]) -> str:
    """Return the units of each dense layer, the inputs first, as text: "784-300-10"."""
    return "-".join(str(number) for number in units)
