"""The figures of a run, and which of them a regression gets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from byhand.figures.all_figures import FIGURES, Drawn, draw_figures

if TYPE_CHECKING:
    from byhand.runs.run import Run

WITHOUT_CLASSES = (
    "training_curves",
    "first_layer_weights",
    "activation_histograms",
    "gradient_histograms",
    "update_ratios",
)
"""Figures that need no classes, for runs that predict values."""


def draw_run_figures(
    run: Run,
    folder: str | Path | None = None,
    *,
    only: Iterable[str] | None = None,
    format: str = "png",  # noqa: A002 - what it is called everywhere
    on_file: Callable[[Path], None] | None = None,
) -> Drawn:
    """Draw figures of a run into a folder, by default figures/ in the run's folder."""
    names = None if only is None else list(only)
    unsuitable: list[str] = []
    if run.data.is_regression:
        names = list(WITHOUT_CLASSES) if names is None else names
        unsuitable = [name for name in names if name in FIGURES and name not in WITHOUT_CLASSES]
        names = [name for name in names if name not in unsuitable]
    target = folder or run.folder.file("figures")
    drawn = draw_figures(run.subject, target, only=names, format=format, on_file=on_file)
    drawn.skipped.update(dict.fromkeys(unsuitable, "the network predicts values, not classes"))
    return drawn
