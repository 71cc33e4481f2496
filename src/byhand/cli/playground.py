"""`byhand playground`: a page in the browser where you train a network."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from byhand.cli import printing
from byhand.cli.options import AsJson, DataDir, DatasetName, Offline, Option
from byhand.data import load_dataset
from byhand.data.dataset import Dataset
from byhand.network import Network
from byhand.playground import write_playground
from byhand.runs import Run
from byhand.user_path import user_path

EXAMPLES = (
    "byhand playground                               points, digits, your own handwriting",
    "byhand playground --dataset mnist               several thousand images of MNIST as well",
    "byhand playground basic-1                       continue with the network of a run",
    "byhand playground --no-open --out play.html",
)

Trained = Annotated[
    str | None,
    typer.Argument(metavar="RUN", help="A run whose network to train further.", show_default=False),
]
Out = Annotated[Path, Option("--out", help="File for the page, or a folder.")]
Open = Annotated[bool, Option("--open/--no-open", help="Open the page in the browser.")]


def playground(
    *,
    run: Trained = None,
    dataset: DatasetName = None,
    out: Out = Path("playground.html"),
    open_page: Open = True,
    data_dir: DataDir = None,
    offline: Offline = False,
    as_json: AsJson = False,
) -> None:
    """Write and open a page where anyone can train a network.

    It is a single file that needs no installation, no server and no internet connection.
    """
    data, network = _content(run, dataset, data_dir, offline)
    page = write_playground(user_path(out), data, network)
    if as_json:
        printing.json_lines({"playground": page})
    else:
        printing.line(str(page))
    if open_page and not webbrowser.open(page.resolve().as_uri()):
        printing.note("No browser was found; open the file yourself.")


def _content(
    run: str | None, dataset: str | None, data_dir: Path | None, offline: bool
) -> tuple[list[Dataset], Network | None]:
    """Return the data sets of the page, the initial one first, and the network of a run."""
    digits = load_dataset("digits")
    network = None
    if run is not None:
        found = Run(run, dataset=dataset, data_dir=data_dir, offline=offline or None)
        first, network = found.data.dataset, found.net
    elif dataset is None:
        return [digits], None
    else:
        first = load_dataset(dataset, data_dir=data_dir, offline=offline or None, say=printing.note)
    return [first] if first.name == digits.name else [first, digits], network
