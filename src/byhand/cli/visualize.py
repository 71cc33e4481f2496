"""`byhand visualize`: pictures of a run, what it learnt and where it is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from byhand.cli import printing
from byhand.cli.options import AsJson, DataDir, DatasetName, Offline, Option, RunOnly
from byhand.data import Part
from byhand.data.registry import DATASETS, is_known
from byhand.errors import (
    ArgumentError,
    DataError,
    FileError,
    FormatError,
    unknown_name,
)
from byhand.evaluation.record import TrainingStatistics
from byhand.evaluation.subject import Subject
from byhand.figures.canvas import FigureError
from byhand.figures.table import FIGURES, draw_figures
from byhand.network import MultiLayerPerceptron
from byhand.recipes.folders import LATEST, RunFolder, all_runs, find_run
from byhand.recipes.material import Places
from byhand.recipes.runner import old_material
from byhand.training import History

EXAMPLES = (
    "byhand visualize                                all figures of the latest run",
    "byhand visualize basic-1 --format svg           of a run by its name",
    "byhand visualize -dataset mnist                 of the latest run on these data",
    "byhand visualize --only worst_mistakes,calibration --out pictures",
)

Only = Annotated[
    list[str] | None,
    Option(
        "--only",
        help=f"Names of figures, with commas or repeated: {', '.join(FIGURES)}.",
        show_default="all",
    ),
]
Format = Annotated[str, Option("--format", help="png or svg.")]
Out = Annotated[
    Path | None,
    Option("--out", help="A folder for the figures.", show_default="figures in the run's folder"),
]


def visualize(
    run: RunOnly = None,
    dataset: DatasetName = None,
    only: Only = None,
    format: Format = "png",  # noqa: A002 - the option's name
    out: Out = None,
    data_dir: DataDir = None,
    offline: Offline = False,
    as_json: AsJson = False,
) -> None:
    """Draw figures of a run: its training, its answers, its units and its layers.

    Each goes into a file of its own. Figures that the run cannot fill, such as images for a
    table, are skipped with the reason.
    """
    names = None if only is None else _names_in(only)
    if out is not None and out.is_file():
        raise FileError(f"--out {out} is a file, and a folder is expected. Name another.")
    if dataset is not None and str(run or LATEST) == LATEST:
        _check_dataset(dataset)
    folder = find_run(run, dataset)
    subject = subject_of_run(folder, Places(data_dir, offline or None))
    drawn = draw_figures(
        subject,
        out or folder.path / "figures",
        only=names,
        format=format,
        on_file=None if as_json else lambda path: printing.line(str(path)),
    )
    if as_json:
        printing.json_lines(
            {"run": folder.path, "written": drawn.written, "skipped": drawn.skipped}
        )
    else:
        for name, reason in drawn.skipped.items():
            printing.note(f"skipped {name}: {reason}")
    if not drawn.written:
        raise FigureError(f"none of the figures can be drawn: {'; '.join(drawn.skipped.values())}")


def _names_in(only: list[str]) -> list[str]:
    """Names of figures from all --only, each perhaps several with commas."""
    names = [name.strip() for part in only for name in part.split(",") if name.strip()]
    if not names:
        raise ArgumentError(f"--only names no figure. There are: {', '.join(FIGURES)}.")
    return names


def _check_dataset(name: str) -> None:
    """Raise if this is neither the name of data, nor a path, nor what some run was trained on."""
    known = is_known(name) or Path(name).expanduser().exists()
    if not known and not any(run.is_on(name) for run in all_runs()):
        raise unknown_name("data set", name, DATASETS)


def subject_of_run(folder: RunFolder, places: Places) -> Subject:
    """A run as figures see it, judged on its test images, or on those held out.

    What was not recorded, or cannot be read, is left out: only some figures need it.
    """
    if not folder.model.exists():
        raise FigureError(f"{folder.path} holds no trained network{_why_stopped(folder)}")
    material = old_material(folder, places, printing.note)
    test = material.part("test")
    part = test or material.part("validation")
    if part is None:
        raise DataError(
            f"{folder.path} has neither test nor held-out images with labels; figures need some "
            "that the network did not learn from. Train with --validation 0.1."
        )
    missing: dict[str, str] = {}
    history, statistics = _history(folder, missing), _statistics(folder, missing)
    return Subject(
        MultiLayerPerceptron.load(folder.model),
        Part(*part),
        evaluated_on="test" if test else "validation",
        history=history,
        statistics=statistics,
        class_names=material.dataset.class_names,
        name=folder.dataset,
        column_names=material.column_names(folder.recipe().spec.data.label) or None,
        missing=missing,
    )


def _history(folder: RunFolder, missing: dict[str, str]) -> History | None:
    """The history, or None with the reason among those missing."""
    if not folder.history_file.exists():
        missing["history"] = f"the run has no {folder.history_file.name}{_why_stopped(folder)}"
        return None
    try:
        return folder.history()
    except (FileError, FormatError) as error:
        missing["history"] = str(error)
        return None


def _statistics(folder: RunFolder, missing: dict[str, str]) -> TrainingStatistics | None:
    """What was recorded, or None; the reason is among those missing where there is a special."""
    if not folder.statistics_file.exists():
        return None
    try:
        return TrainingStatistics.load(folder.statistics_file)
    except (FileError, FormatError) as error:
        missing["statistics"] = str(error)
        return None


def _why_stopped(folder: RunFolder) -> str:
    """As in ": training left the finite numbers in epoch 1 ..."; nothing for one that went well."""
    stopped = folder.facts.get("stopped")
    return f": {stopped}" if stopped and folder.facts.get("status") != "finished" else ""
