"""Says how far slow work over many files has come."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

from byhand.terminal import Say

PATIENCE = 4.0
"""Seconds without a word; work that takes less says nothing."""

Item = TypeVar("Item")


def counted(items: Sequence[Item], what: str, say: Say) -> Iterator[Item]:
    """Yield the items, and say "what: 1,200 of 5,000" every few seconds.

    Args:
        items: the work.
        what: what is being done, such as "reading images".
        say: receives the messages.
    """
    due = time.monotonic() + PATIENCE
    for number, item in enumerate(items):
        now = time.monotonic()
        if now >= due:
            due = now + PATIENCE
            say(f"{what}: {number:,} of {len(items):,}")
        yield item
