"""Training curves in a notebook; `progress.py` redraws them while a network trains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from byhand.notebook import Html, columns, line_chart
from byhand.readable import percent

PANELS = (("loss", "{:.3g}".format), ("accuracy", percent))
"""Quantities with their own panel, and the labels of their axes."""


def curves(
    history: Mapping[str, Sequence[float]], *, epochs: int | None = None, best: int | None = None
) -> Html:
    """Draw loss and accuracy by epoch, with training and validation in one chart.

    Args:
        history: columns of numbers by epoch, as `History` has them.
        epochs: length of the x axis; by default the epochs of the history.
        best: the best epoch, marked by a dotted line.
    """
    panels = []
    for name, number in PANELS:
        names = {"training": name, "validation": f"val_{name}"}
        lines = {label: history[column] for label, column in names.items() if column in history}
        if lines:
            panels.append(line_chart(name, lines, epochs=epochs, marked=best, number=number))
    return columns(*panels)
