"""The table of all figures, and a function that draws them; `runs/figures.py` picks for a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from byhand.arrays import Array
from byhand.errors import FileError, unknown_name
from byhand.evaluation.subject import Subject
from byhand.figures.activation_grids import (
    activations_correct,
    activations_of_set,
    activations_wrong,
)
from byhand.figures.canvas import FORMATS, FigureError, save
from byhand.figures.confusion import class_scores, confusion_matrix
from byhand.figures.curves import training_curves
from byhand.figures.galleries import random_predictions, worst_mistakes
from byhand.figures.histograms import activation_histograms, gradient_histograms, update_ratios
from byhand.figures.pixel_maps import occlusion_maps, saliency_maps
from byhand.figures.projections import layer_map_pca, layer_map_tsne
from byhand.figures.reliability import calibration
from byhand.figures.source import Examples, Source, subject_of
from byhand.figures.unlabelled import unlabelled_predictions
from byhand.figures.weights import class_averages, first_layer_weights, unit_images

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Draw: TypeAlias = "Callable[..., Figure]"

FIGURES: dict[str, Draw] = {
    function.__name__: function
    for function in (
        training_curves,
        confusion_matrix,
        class_scores,
        random_predictions,
        unlabelled_predictions,
        worst_mistakes,
        first_layer_weights,
        unit_images,
        class_averages,
        activations_of_set,
        activations_correct,
        activations_wrong,
        activation_histograms,
        gradient_histograms,
        update_ratios,
        calibration,
        saliency_maps,
        occlusion_maps,
        layer_map_pca,
        layer_map_tsne,
    )
}
"""Every figure by name, in the order of a first look. Each takes a run."""


@dataclass(frozen=True)
class Drawn:
    """The outcome of drawing many figures.

    Args:
        written: the file of each figure by its name.
        skipped: why the others could not be drawn, by name.
    """

    written: dict[str, Path]
    skipped: dict[str, str]


def draw_figures(
    source: Source,
    folder: str | Path,
    x: Examples | None = None,
    y: Array | None = None,
    *,
    only: Iterable[str] | None = None,
    format: str = "png",  # noqa: A002 - what it is called everywhere
    on_file: Callable[[Path], None] | None = None,
) -> Drawn:
    """Draw figures into a folder, one file each; those that cannot be drawn are skipped.

    Args:
        source: a run, or a network.
        folder: made if missing.
        x: for a network: raw inputs (n, ...), or a data set's part, such as `digits.test`.
        y: the labels of x, where x is an array.
        only: names from `FIGURES`; all unless given.
        format: "png" or "svg".
        on_file: called with the path of each file once it is written.
    """
    names = None if only is None else list(only)
    for name in names or ():
        if name not in FIGURES:
            raise unknown_name("figure", name, FIGURES)
    if format not in FORMATS:
        raise unknown_name("format of a figure", format, FORMATS)
    subject = subject_of(source, x, y)
    names = _all_figures(subject) if names is None else names
    folder = _made(Path(folder))
    drawn = Drawn({}, {})
    for name in names:
        try:
            figure = FIGURES[name](subject)
        except FigureError as reason:
            drawn.skipped[name] = str(reason)
            continue
        drawn.written[name] = save(figure, folder / f"{name}.{format}")
        if on_file is not None:
            on_file(drawn.written[name])
    return drawn


def _all_figures(subject: Subject) -> list[str]:
    """Every figure; the one for images without labels only if there are some."""
    if subject.unlabelled is not None:
        return list(FIGURES)
    return [name for name in FIGURES if name != unlabelled_predictions.__name__]


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise FileError(
            f"figures cannot be written to {folder}: {_file_in_the_way(folder)} is a file, but a "
            "folder is expected. Name another."
        ) from error
    except OSError as error:
        raise FileError(f"figures cannot be written to {folder}: {error.strerror}.") from error
    return folder


def _file_in_the_way(folder: Path) -> Path:
    """Return the folder itself, or the nearest parent that is a file."""
    return next((path for path in (folder, *folder.parents) if path.is_file()), folder)
