"""`byhand notebook`: the pages about the five sources as Jupyter notebooks."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from byhand.cli import printing
from byhand.cli.options import Option
from byhand.sources.pages import PAGES, write_notebook
from byhand.user_path import user_path

EXAMPLES = (
    "byhand notebook                       list them",
    "byhand notebook fun-mnist             write fun-mnist.ipynb, and open it in Jupyter",
    "byhand notebook l2-search --no-open --out mine.ipynb",
)

JUPYTER = ("jupyterlab", "notebook")
"""The programs that open a notebook, the preferred one first."""

Name = Annotated[
    str | None,
    typer.Argument(metavar="NAME", help="Name of a notebook; without it, all are listed.",
                   show_default=False),
]  # fmt: skip
Out = Annotated[
    Path | None,
    Option("--out", help="The file to write.", show_default="NAME.ipynb in this folder"),
]
NoOpen = Annotated[bool, Option("--no-open", help="Write the notebook without opening it.")]


def notebook(name: Name = None, out: Out = None, no_open: NoOpen = False) -> None:
    """Write a page about one of the five sources as a notebook, and open it in Jupyter.

    Each page does what the source's author did, in the same order. It runs offline, on the digits
    that come with byhand.
    """
    if name is None:
        printing.table(["name", "source"], list(PAGES.items()), left=["name", "source"])
        return
    path = write_notebook(name, user_path(out) if out else Path(f"{name}.ipynb"))
    printing.line(f"wrote {path}")
    if no_open:
        return
    program = next((one for one in JUPYTER if find_spec(one)), None)
    if program is None:
        printing.line(
            "Jupyter is not installed, so it is not opened. Install it with: pip install "
            f"jupyterlab. Then: jupyter lab {path}"
        )
        return
    subprocess.run([sys.executable, "-m", program, str(path)], check=False)
