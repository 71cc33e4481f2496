"""A run in the form used by figures and the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from byhand.data import Part
from byhand.errors import FileError, FormatError
from byhand.evaluation.subject import Subject
from byhand.evaluation.training_statistics import TrainingStatistics
from byhand.figures.canvas import FigureError
from byhand.network.targets import REGRESSION
from byhand.recipes.fields_and_defaults import TrainingSpec
from byhand.runs.folder import RunFolder
from byhand.training import History

if TYPE_CHECKING:
    from byhand.runs.run import Run


def subject_of(run: Run) -> Subject:
    """Return the subject of a run, with its test part, or else its validation or training data.

    A record that is missing or unreadable is left out, because only some figures need it.
    """
    folder, data = run.folder, run.data
    if not folder.model.exists():
        raise FigureError(f"{folder.path} contains no trained network{_why_stopped(folder)}")
    name, part, evaluated_on = _part_to_show(run)
    missing: dict[str, str] = {}
    history, statistics = _history(run, missing), _statistics(folder, missing)
    return Subject(
        run.net,
        part,
        name=name,
        train=data.train,
        unlabelled=data.unlabelled,
        evaluated_on=evaluated_on,
        chose_epoch=evaluated_on == "validation" and _chose_epoch(run.recipe.spec.training),
        history=history,
        statistics=statistics,
        class_names=data.dataset.class_names or _target_name(run),
        column_names=data.dataset.column_names or None,
        missing=missing,
    )


def _part_to_show(run: Run) -> tuple[str, Part, Literal["test", "validation"]]:
    """Return a name for headings, the examples, and the name of their part."""
    data = run.data
    if data.test is not None:
        return data.dataset.name, data.test, "test"
    if data.validation is not None:
        return data.dataset.name, data.validation, "validation"
    run.say("there are no labels for test or validation data: figures show training data.")
    return f"training data of {data.dataset.name}", data.train, "validation"


def _target_name(run: Run) -> tuple[str] | None:
    """Return the label column of a table as the name of the value that the network predicts."""
    label = run.recipe.spec.data.label
    named = run.net.task == REGRESSION and isinstance(label, str) and label != "auto"
    return (str(label),) if named else None


def _chose_epoch(training: TrainingSpec) -> bool:
    """Return whether the validation part decided which weights to keep or when to stop."""
    return training.keep == "best" or training.early_stopping is not None


def _history(run: Run, missing: dict[str, str]) -> History | None:
    """Return the history, or None after recording why it is missing."""
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
    """Return the statistics, or None; if the file is damaged, record why they are missing."""
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
