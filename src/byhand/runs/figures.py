"""The figures of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from byhand.arrays import Array
from byhand.errors import FileError, FormatError
from byhand.evaluation.record import TrainingStatistics
from byhand.figures.canvas import FigureError
from byhand.figures.subject import Subject
from byhand.figures.table import Drawn, draw_figures
from byhand.runs.folder import RunFolder
from byhand.runs.split_dataset import labelled
from byhand.training import History

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
    subject = subject_of(run)
    if only is None and run.data.is_regression:
        only = WITHOUT_CLASSES
    target = folder or run.path / "figures"
    return draw_figures(subject, target, only=only, format=format, on_file=on_file)


def subject_of(run: Run) -> Subject:
    """Return a run as figures take it: with its test part, else validation, else training data.

    A record that is missing or cannot be read is left out: only some figures need it.
    """
    folder = run.folder
    if not folder.model.exists():
        raise FigureError(f"{folder.path} holds no trained network{_why_stopped(folder)}")
    name, part = _part_to_show(run)
    missing: dict[str, str] = {}
    history, statistics = _history(run, missing), _statistics(folder, missing)
    return Subject(
        run.net,
        *part,
        history=history,
        statistics=statistics,
        class_names=run.data.dataset.class_names,
        name=name,
        column_names=run.data.column_names(run.recipe.spec.data.label) or None,
        missing=missing,
    )


def _part_to_show(run: Run) -> tuple[str, tuple[Array, Array]]:
    """Return a name for headings, and images and labels for the figures."""
    data = run.data
    for part in (data.test, data.validation):
        found = labelled(part)
        if found is not None:
            return data.dataset.name, found
    run.say("there are no labels for test or validation data: figures show training data.")
    return f"training data of {data.dataset.name}", labelled(data.train) or (data.x, data.y)


def _history(run: Run, missing: dict[str, str]) -> History | None:
    """Return the history, or None and note why it is missing."""
    folder = run.folder
    if not folder.history_file.exists():
        missing["history"] = f"the run has no {folder.history_file.name}{_why_stopped(folder)}"
        return None
    try:
        return run.history
    except (FileError, FormatError) as error:
        missing["history"] = str(error)
        return None


def _statistics(folder: RunFolder, missing: dict[str, str]) -> TrainingStatistics | None:
    """Return the statistics, or None; note why they are missing if the file is damaged."""
    if not folder.statistics_file.exists():
        return None
    try:
        return TrainingStatistics.load(folder.statistics_file)
    except (FileError, FormatError) as error:
        missing["statistics"] = str(error)
        return None


def _why_stopped(folder: RunFolder) -> str:
    """Return ": training diverged ..." or the like; nothing for a run that finished."""
    facts = folder.facts
    return f": {facts.stopped}" if facts.stopped and facts.status != "finished" else ""
