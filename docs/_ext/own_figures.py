"""Show Matplotlib figures of `byhand.figures` in the gallery, which only knows those of pyplot."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst


def show_last_figure(block: Any, variables: dict[str, Any], settings: dict[str, Any]) -> str:
    """Write the figure that is the value of a block's last line, as a notebook shows it."""
    value = variables["example_globals"].get("___")
    if not isinstance(value, Figure):
        return ""
    path = str(next(variables["image_path_iterator"]))
    value.savefig(path, dpi=110)
    return str(figure_rst([path], settings["src_dir"]))
