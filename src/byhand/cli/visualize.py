"""`byhand visualize`: figures of a run, one file each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from byhand.cli import printing, shell_completion
from byhand.cli.options import AsJson, DataDir, DatasetName, Offline, Option, RunOnly
from byhand.data.known_datasets import DATASETS, is_known
from byhand.errors import ArgumentError, FileError, unknown_name
from byhand.figures.all_figures import FIGURES
from byhand.figures.canvas import FigureError
from byhand.figures.projections import layer_map_tsne, tsne_seconds
from byhand.readable import duration
from byhand.runs import Run
from byhand.runs.folder import LATEST, all_runs
from byhand.user_path import user_path

EXAMPLES = (
    "byhand visualize                                all figures of the latest run",
    "byhand visualize basic-1 --format svg           of a run by its name",
    "byhand visualize -dataset mnist                 of the latest run on these data",
    "byhand visualize --only worst_mistakes,calibration --out pictures",
)

TSNE = layer_map_tsne.__name__

Only = Annotated[
    list[str] | None,
    Option(
        "--only",
        help=f"Names of figures, with commas or repeated: {', '.join(FIGURES)}.",
        show_default="all",
        autocompletion=shell_completion.figures,
    ),
]
Format = Annotated[str, Option("--format", help="png or svg.")]
Out = Annotated[
    Path | None,
    Option("--out", help="Folder for the figures.", show_default="figures in the run's folder"),
]


def visualize(
    *,
    run: RunOnly = None,
    dataset: DatasetName = None,
    only: Only = None,
    format: Format = "png",  # noqa: A002 - the option's name
    out: Out = None,
    data_dir: DataDir = None,
    offline: Offline = False,
    as_json: AsJson = False,
) -> None:
    """Draw figures of a run: its training, its predictions, its units and its layers.

    Each figure is a separate file. Figures that the run cannot have, such as images of a table,
    are skipped with the reason.
    """
    names = None if only is None else _names_in(only)
    if out is not None and out.is_file():
        raise FileError(f"--out {out} is a file, but a folder is expected. Name another.")
    if dataset is not None and str(run or LATEST) == LATEST:
        _check_dataset(dataset)
    found = Run(run, dataset=dataset, data_dir=data_dir, offline=offline or None)
    if (names is None or TSNE in names) and not found.data.is_regression:
        seconds = duration(tsne_seconds(found.subject))
        printing.note(f"{TSNE} takes about {seconds}.")
    drawn = found.figures(
        out,
        only=names,
        format=format,
        on_file=None if as_json else lambda path: printing.line(str(path)),
    )
    if as_json:
        printing.json_lines({"run": found.path, "written": drawn.written, "skipped": drawn.skipped})
    else:
        for name, reason in drawn.skipped.items():
            printing.note(f"skipped {name}: {reason}")
    if not drawn.written:
        raise FigureError(f"none of the figures can be drawn: {'; '.join(drawn.skipped.values())}")


def _names_in(only: list[str]) -> list[str]:
    """Return the names of figures in all --only options; each may list several, with commas."""
    names = [name.strip() for names in only for name in names.split(",") if name.strip()]
    if not names:
        raise ArgumentError(f"--only names no figure. There are: {', '.join(FIGURES)}.")
    return names


def _check_dataset(name: str) -> None:
    """Raise unless this is a name of data, a path, or the data of some run."""
    known = is_known(name) or user_path(name).exists()
    if not known and not any(run.is_on(name) for run in all_runs()):
        raise unknown_name("data set", name, DATASETS)
