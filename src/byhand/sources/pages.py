"""The pages, by name, and their notebooks."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

from byhand.atomic import write_whole
from byhand.errors import FileError, unknown_name
from byhand.sources.cells import Cell, cells

PAGES = {
    "fun-mnist": "fun-MNIST",
    "kaggle-digits": "Kaggle digit recognizer",
    "leaky-relu": "MNIST-Prediction-Model-Using-Numpy",
    "objects": "Neural-Network-from-Scratch",
    "l2-search": "MNIST Neural Network From Scratch",
}
"""Title of the source of each page; its script in `scripts/` has the same name with underscores."""


def script(name: str) -> str:
    """Return the script of a page; raise ArgumentError for an unknown name."""
    if name not in PAGES:
        raise unknown_name("notebook", name, PAGES)
    folder = resources.files("byhand.sources").joinpath("scripts")
    return folder.joinpath(f"{name.replace('-', '_')}.py").read_text("utf-8")


def notebook(name: str) -> str:
    """Return a page as a Jupyter notebook: JSON in format 4.5, without outputs."""
    document = {
        "cells": [_cell(number, cell) for number, cell in enumerate(cells(script(name)))],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def write_notebook(name: str, path: Path) -> Path:
    """Write a page as a notebook.

    Raises:
        ArgumentError: there is no such page.
        FileError: the file exists already, perhaps with the user's work, or cannot be written.
    """
    text = notebook(name)
    if path.exists():
        raise FileError(
            f"{path} exists already. Open it in Jupyter, or write another one with --out FILE."
        )
    return write_whole(path, text.encode("utf-8"))


def _cell(number: int, cell: Cell) -> dict[str, object]:
    lines = cell.text.splitlines(keepends=True)
    own: dict[str, object] = {"outputs": [], "execution_count": None} if cell.kind == "code" else {}
    return {
        "cell_type": cell.kind,
        "id": f"cell-{number}",
        "metadata": {},
        "source": lines,
        **own,
    }
