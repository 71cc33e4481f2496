"""Writes the playground: one file with the program, the styles and the images to learn from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from byhand.atomic import write_whole
from byhand.data.dataset import Dataset
from byhand.network import Network
from byhand.playground.contents import collect
from byhand.playground.modules import script, source
from byhand.report.page import source as report_source
from byhand.report.page import source_hash
from byhand.report.payload import pack


def write_playground(
    path: str | Path, data: Sequence[Dataset], network: Network | None = None
) -> Path:
    """Write the one-file page and return its path.

    Args:
        path: the file, or a folder in which `playground.html` is written.
        data: the data sets that the page carries; the first 6,000 training images of each.
        network: a trained network that the page begins with; it fits the first data set.

    Raises:
        ArgumentError: data without labels, or a network that the page cannot continue.
        FileError: a path that cannot be written.
    """
    header, arrays = collect(data, network)
    path = Path(path).expanduser()
    path = path / "playground.html" if path.is_dir() else path
    return write_whole(path, assemble(pack(header, arrays)).encode())


def assemble(payload: str) -> str:
    """Return the whole page around its payload."""
    program = script()
    style = report_source("page/page.css") + "\n" + source("playground.css")
    filling = {
        "style": style,
        "style_hash": source_hash(style),
        "script_hash": source_hash(program),
        "payload": payload,
        "script": program,
    }
    return re.sub(
        r"%(style|style_hash|script_hash|payload|script)%",
        lambda found: filling[found[1]],
        source("playground.html"),
    )
