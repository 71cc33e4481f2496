"""Curves: loss, accuracy, learning rate and time by epoch."""

from __future__ import annotations

from byhand.report.section import Contents, Section, Values


def _content(contents: Contents) -> Values:
    history = contents.subject.history
    best = getattr(history, "best_epoch", None)
    columns = {} if history is None else {name: list(history[name]) for name in history}
    return {"history": {**columns, "best": best - 1 if best else None}}


SECTION = Section(
    name="curves",
    place=30,
    title="Curves",
    help="How training went, epoch by epoch. Point at a curve, or focus it and use the arrow keys, "
    "to read the values.",
    content=_content,
)
