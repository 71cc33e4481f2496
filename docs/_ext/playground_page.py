"""Write the playground beside the front page, which shows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from byhand.data import load_dataset
from byhand.playground import write_playground

NAME = "play.html"
"""Its name in the built documentation, where playground.html is the page about it."""


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("builder-inited", write_page)
    return {"parallel_read_safe": True}


def write_page(app: Any) -> None:
    """Write the page into the folder of the built documentation."""
    if app.builder.format == "html":
        Path(app.outdir).mkdir(parents=True, exist_ok=True)
        write_playground(Path(app.outdir) / NAME, [load_dataset("digits")])
