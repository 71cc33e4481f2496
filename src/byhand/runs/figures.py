"""The figures of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from byhand.errors import FileError, FormatError
from byhand.evaluation.record import TrainingStatistics
from byhand.figures.canvas import FigureError
from byhand.figures.subject import Subject
from byhand.figures.table import Drawn, draw_figures
from byhand.runs.folder import RunFolder
from byhand.training import History

if TYPE_CHECKING:
    from byhand.runs.run import Run


def draw_run_figures(
    run: Run,
    folder: str | Path | None = None,
    *,
    only: Iterable[str] | None = None,
    format: str = "png",  # noqa: A002 - what it is called everywhere
    on_file: Callable[[Path], None] | None = None,
) -> Drawn:
    """Draw figures of a run into a folder; figures/ in the run's folder unless given."""
    target = folder or run.path / "figures"
    return draw_figures(subject_of(run), target, only=only, format=format, on_file=on_file)


def subject_of(run: Run) -> Subject:
    """Return a run as figures take it, evaluated on its test part or else on validation.

    A record that is missing or cannot be read is left out: only some figures need it.
    """
    folder = run.folder
    if not folder.model.exists():
        raise FigureError(f"{folder.path} holds no trained network{_why_stopped(folder)}")
    if run.data.is_regression:
        raise FigureError("figures show classes, and this run predicts values")
    _, part = run.data.unseen()
    assert part.labels is not None  # noqa: S101 - a part to evaluate with has labels
    missing: dict[str, str] = {}
    history, statistics = _history(run, missing), _statistics(folder, missing)
    return Subject(
        run.net,
        part.images,
        part.labels,
        history=history,
        statistics=statistics,
        class_names=run.data.dataset.class_names,
        name=folder.dataset,
        column_names=run.data.column_names(run.recipe.spec.data.label) or None,
        missing=missing,
    )


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
