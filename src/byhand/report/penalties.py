"""Penalties and clipping used in training, as recorded in the history."""

from __future__ import annotations

from collections.abc import Mapping

PENALTIES = {
    "l1": "L1",
    "l2": "L2",
    "clip_norm": "clipping by norm",
    "clip_value": "clipping by value",
    "max_norm": "max-norm",
}
"""The field of a recipe, and its name in print."""


def penalties_in_use(history: object) -> dict[str, object]:
    """Return the penalties and the clipping of a training, by their fields."""
    record: Mapping[str, object] = getattr(history, "record", {})
    return {name: record[name] for name in PENALTIES if record.get(name)}
