"""The figures of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from byhand.figures.table import Drawn, draw_figures

if TYPE_CHECKING:
    from byhand.runs.run import Run

WITHOUT_CLASSES = (
    "training_curves",
    "first_layer_weights",
    "activation_histograms",
    "gradient_histograms",
    "update_ratios",
)
"""Figures that need no classes: those of a run that predicts values."""


def draw_run_figures(
    run: Run,
    folder: str | Path | None = None,
    *,
    only: Iterable[str] | None = None,
    format: str = "png",  # noqa: A002 - what it is called everywhere
    on_file: Callable[[Path], None] | None = None,
) -> Drawn:
    """Draw figures of a run into a folder; figures/ in the run's folder unless given."""
    if only is None and run.data.is_regression:
        only = WITHOUT_CLASSES
    target = folder or run.path / "figures"
    return draw_figures(run.subject, target, only=only, format=format, on_file=on_file)
