"""Trace: one example step by step, with every formula and each gradient checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

from byhand.report.all_sections import ONE_ANSWER, Contents, Section, Values
from byhand.report.penalties import penalties_in_use


def _content(contents: Contents) -> Values:
    return {
        "optimizer": optimizer_config(contents),
        "extras": penalties_in_use(contents.subject.history),
    }


def optimizer_config(contents: Contents) -> dict[str, Any] | None:
    """Return name and settings of the optimizer; None if only its text was recorded."""
    optimizer: Any = contents.options.optimizer
    if optimizer is None:
        optimizer = getattr(contents.subject.history, "record", {}).get("optimizer")
    if isinstance(optimizer, Mapping):
        return dict(optimizer)
    if hasattr(optimizer, "config"):
        return {"name": optimizer.name, **optimizer.config()}
    if is_dataclass(optimizer) and not isinstance(optimizer, type):
        return {"name": getattr(optimizer, "name", ""), **asdict(optimizer)}
    return None


SECTION = Section(
    name="trace",
    place=60,
    title="Trace",
    help="One example through the whole network, with every formula, the shapes and the actual "
    "numbers.",
    content=_content,
    computes=True,
    tasks=ONE_ANSWER,
)
