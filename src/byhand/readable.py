"""Numbers as people read them."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Return seconds as text: "0.4 s", "12 s", "3 min 20 s"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
