"""`byhand visualize`: pictures of a run, what it learnt and where it is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from byhand.cli import printing
from byhand.cli.options import AsJson, DataDir, DatasetName, Offline, Option, RunOnly
from byhand.errors import DataError
from byhand.evaluation.record import TrainingStatistics
from byhand.figures.canvas import FigureError
from byhand.figures.subject import Subject
from byhand.figures.table import FIGURES, draw_figures
from byhand.network import MultiLayerPerceptron
from byhand.recipes.folders import RunFolder, find_run
from byhand.recipes.material import Places
from byhand.recipes.runner import old_material

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
    folder = find_run(run, dataset)
    subject = subject_of_run(folder, Places(data_dir, offline or None))
    names = [name.strip() for part in only for name in part.split(",")] if only else None
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


def subject_of_run(folder: RunFolder, places: Places) -> Subject:
    """A run as figures see it, judged on its test images, or on those held out."""
    material = old_material(folder, places, printing.note)
    part = material.part("test") or material.part("validation")
    if part is None:
        raise DataError(
            f"{folder.path} has neither test nor held-out images with labels; figures need some "
            "that the network did not learn from. Train with --validation 0.1."
        )
    history = folder.history()
    history.best_epoch = folder.facts.get("best_epoch")
    record = folder.statistics_file
    return Subject(
        MultiLayerPerceptron.load(folder.model),
        *part,
        history=history,
        statistics=TrainingStatistics.load(record) if record.exists() else None,
        class_names=material.dataset.class_names,
        name=folder.dataset,
    )
