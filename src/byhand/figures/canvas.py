"""The drawing tools of figures: new figures, axes, notes, saving.

Figures are made without pyplot, so nothing global is kept or changed; a notebook shows them when
they are at the end of a cell. Colours and sizes of text are in `style.py`.
"""

from __future__ import annotations

import io
import math
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from byhand.arrays import FloatArray
from byhand.atomic import write_whole
from byhand.errors import ByhandError, FileError, missing_package, unknown_name
from byhand.figures.style import BLACK, DPI, GREY, NORMAL, PALE, SMALL, TINY, TITLE
from byhand.terminal import cell

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("png", "svg")


class FigureError(ByhandError, ValueError):
    """A figure that cannot be drawn; the message gives the reason."""


@cache
def _figure_class() -> type[Figure]:
    """Matplotlib's figure, which notebooks also show when pyplot was never imported."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise missing_package("figures need", "Matplotlib", "figures") from error

    class ByhandFigure(Figure):
        def _repr_png_(self) -> bytes:
            page = io.BytesIO()
            FigureCanvasAgg(self)
            self.savefig(page, format="png", dpi=100)
            return page.getvalue()

    return ByhandFigure


def new_figure(width: float, height: float, title: str, *, arranged: bool = True) -> Figure:
    """Return an empty figure with a title.

    Args:
        width: in inches.
        height: in inches.
        title: heading; after a line break, in the same size, the subject.
        arranged: whether axes are arranged so that no text overlaps; else `place` puts them.
    """
    figure = _figure_class()(figsize=(width, height))
    figure.patch.set_facecolor("white")
    if arranged:
        figure.set_layout_engine("constrained", w_pad=0.08, h_pad=0.06)
        figure.suptitle(title, fontsize=TITLE, color=BLACK)
    else:
        figure.suptitle(title, fontsize=TITLE, color=BLACK, y=1 - 0.12 / height)
    return figure


def save(figure: Figure, path: str | Path) -> Path:
    """Write a figure as PNG or SVG, by its suffix; the same figure gives the same bytes."""
    import matplotlib

    path = Path(path)
    kind = path.suffix.lower().lstrip(".")
    if kind not in FORMATS:
        raise unknown_name("format of a figure", kind, FORMATS)
    # the text of an SVG file remains text, which can be searched, copied and read aloud
    metadata, drawn = {"Date": None} if kind == "svg" else None, io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "byhand", "svg.fonttype": "none"}):
        figure.savefig(drawn, format=kind, dpi=DPI, metadata=metadata)
    if not path.parent.is_dir():
        raise FileError(f"{path} cannot be written: there is no folder {path.parent}.")
    return write_whole(path, drawn.getvalue())  # which replaces a link, and does not follow it


# --- placing ------------------------------------------------------------------------------------


def place(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Return axes at a place in inches from the left and the top edge of the figure."""
    whole_width, whole_height = figure.get_size_inches()
    bottom = whole_height - top - height
    box = (left / whole_width, bottom / whole_height, width / whole_width, height / whole_height)
    return figure.add_axes(box)


def tidy(axes: Axes, x: str = "", y: str = "", title: str = "", grid: str = "") -> Axes:
    """Name the axes, thin the frame, draw a grid along "x", "y" or "both"."""
    axes.set_xlabel(x, fontsize=NORMAL)
    axes.set_ylabel(y, fontsize=NORMAL)
    axes.set_title(title, fontsize=NORMAL + 1, color=BLACK)
    axes.tick_params(which="both", labelsize=SMALL, color=GREY)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if grid:
        axes.grid(visible=True, axis=grid, color=PALE, linewidth=0.6)  # type: ignore[arg-type]
        axes.set_axisbelow(True)
    return axes


def bare(axes: Axes) -> Axes:
    """Remove frame, ticks and labels, for pictures."""
    axes.set_axis_off()
    return axes


def note(axes: Axes, x: float, y: float, text: str, **options: Any) -> None:
    """Write text at data coordinates, small and centred unless options change that."""
    style = {"ha": "center", "va": "top", "fontsize": SMALL, "color": BLACK, **options}
    axes.text(x, y, text, **style)


def bar_of(figure: Figure, image: Any, axes: Any, label: str, **options: Any) -> None:
    """Add a colour bar with a label."""
    from matplotlib.ticker import MaxNLocator

    flat = options.get("location") == "bottom"
    ticks = MaxNLocator(4) if flat else None  # more would overlap
    bar = figure.colorbar(image, ax=axes, **{"ticks": ticks, **options})
    bar.set_label(label, fontsize=NORMAL)
    bar.ax.tick_params(labelsize=SMALL, color=GREY)
    bar.outline.set_visible(False)


def whole_epochs(axes: Axes) -> None:
    """Put ticks of the x axis at whole epochs only."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, min_n_ticks=1))


def logarithmic(axes: Axes, low: float, high: float) -> None:
    """Make the y axis logarithmic, from low to high (both above 0), with plain numbers."""
    from matplotlib.ticker import LogLocator, NullLocator

    axes.set_ylim(low, high)  # first, because a log axis without limits warns if all numbers are 0
    axes.set_yscale("log")
    steps = (1, 2, 5) if high / low < 300 else (1,)
    axes.yaxis.set_major_locator(LogLocator(10, subs=steps, numticks=12))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(lambda number, _: f"{number:g}")


def name_ticks(axes: Axes, which: str, names: list[str], length: float) -> None:
    """Write class names at 0, 1, 2, ... of the "x" or "y" axis, `length` inches long.

    If there are too many, only every few are written; if they are too long, they are vertical below
    the x axis.
    """
    step = _step(names, length)
    places = range(0, len(names), step)
    labels = [short(names[k]) for k in places]
    size = SMALL if len(names) <= 20 else TINY - 1
    upright = which == "x" and are_upright(names, length)
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_ticks(list(places), labels, fontsize=size, rotation=90 if upright else 0)


def _step(names: list[str], length: float) -> int:
    return math.ceil(len(names) * 0.12 / length)


def are_upright(names: list[str], length: float) -> bool:
    """Return whether class names below an x axis of `length` inches must be vertical."""
    labels = [short(name) for name in names[:: _step(names, length)]]
    return 0.09 * max(map(len, labels)) > length / len(labels)


def as_per_cent(fraction: float, _: float | None = None) -> str:
    """Return a fraction as the label of a tick, such as "97.5 %"."""
    return f"{100 * fraction:.3g} %"


def counted(count: int, what: str) -> str:
    """Return a count with its noun: "1 image", "2,000 images"."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def these(count: int, what: str) -> str:
    """Return a count with "this" or "these": "this 1 image", "these 2,000 images"."""
    return f"{'this' if count == 1 else 'these'} {counted(count, what)}"


def short(name: str, length: int = 12) -> str:
    """Return a name that fits below a picture; a longer one keeps its beginning and its end.

    Names of classes are shortened to the same length in all figures.
    """
    ends = (length - 1) // 2
    if len(name) > length:
        name = f"{name[: length - 1 - ends]}…{name[-ends:]}"
    # Names may come from untrusted files: control characters are shown, and $ starts no formula.
    return cell(name).replace("$", r"\$")


# --- pictures side by side ----------------------------------------------------------------------


def mosaic(pictures: FloatArray, columns: int, gap: int = 1) -> FloatArray:
    """Return pictures (n, height, width) as one, row by row, with NaN between and after them."""
    n, height, width = pictures.shape
    rows = -(-n // columns)
    whole = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap), np.nan)
    for k, picture in enumerate(pictures):
        top, left = k // columns * (height + gap), k % columns * (width + gap)
        whole[top : top + height, left : left + width] = picture
    return whole


def grid_of(values: FloatArray) -> FloatArray:
    """Return numbers (n,) as a nearly square grid, row by row, padded with NaN."""
    columns = math.ceil(math.sqrt(len(values)))
    rows = -(-len(values) // columns)
    whole = np.full(rows * columns, np.nan)
    whole[: len(values)] = values
    return whole.reshape(rows, columns)
