"""Curves: loss, accuracy, learning rate and time by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from byhand.report.all_sections import ALL_TASKS, Contents, Section, Values


def _content(contents: Contents) -> Values:
    rival = contents.options.rival
    return {
        "history": _columns(contents.subject.history),
        "rival": None if rival is None else _columns(rival.subject.history),
        "names": [] if rival is None else [rival.own_name, rival.name],
    }


def _columns(history: Mapping[str, Sequence[float]] | None) -> Values:
    best = getattr(history, "best_epoch", None)
    columns = {} if history is None else {name: list(history[name]) for name in history}
    return {**columns, "best": best - 1 if best else None}


SECTION = Section(
    name="curves",
    place=30,
    title="Curves",
    help="How training went, epoch by epoch. Point at a curve to read the values of all.",
    content=_content,
    tasks=ALL_TASKS,
)
