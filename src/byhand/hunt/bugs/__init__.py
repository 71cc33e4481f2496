"""The mistakes of the hunt: a TOML file for each kind; a new mistake is an entry in one of them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib import resources
from typing import Any

from byhand.hunt.bug import Bug as Bug

KINDS = {
    "mathematics": "network",
    "data": "data",
    "training": "train",
    "evaluation": "evaluate",
}
"""The module that each kind of mistake is planted into."""


def _read(kind: str, module: str) -> Iterator[Bug]:
    text = resources.files("byhand.hunt.bugs").joinpath(f"{kind}.toml").read_text("utf-8")
    for name, entry in tomllib.loads(text).items():
        words = {key: _joined(entry[key]) for key in ("hint", "explanation", "case")}
        changes = tuple((right, wrong) for right, wrong in entry["changes"])
        yield Bug(name, kind, entry["level"], module, changes, **words)


def _joined(text: Any) -> str:
    """Return a text of several lines as one."""
    return " ".join(str(text).split())


BUGS: dict[str, Bug] = {
    bug.name: bug for kind, module in KINDS.items() for bug in _read(kind, module)
}
"""Every mistake by its name."""
