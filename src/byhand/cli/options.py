"""Options that several verbs share, described once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Option = typer.Option

RunName = Annotated[
    str | None,
    typer.Argument(
        metavar="RUN",
        help="A run folder, its name in runs/, or a model file; the latest run unless given.",
        show_default=False,
    ),
]
RunOnly = Annotated[
    str | None,
    typer.Argument(
        metavar="RUN",
        help="A run folder, or its name in runs/; the latest run unless given.",
        show_default=False,
    ),
]
DatasetName = Annotated[
    str | None,
    Option(
        "--dataset",
        "-dataset",
        help="mnist, fashion-mnist, kmnist, emnist-..., digits, or a file or folder of your own.",
        show_default=False,
    ),
]
DataDir = Annotated[
    Path | None,
    Option("--data-dir", help="A folder of data sets, looked into first.", show_default=False),
]
Offline = Annotated[bool, Option("--offline", help="Never download; BYHAND_OFFLINE=1 does too.")]
Threads = Annotated[
    int | None,
    Option("--threads", help="Threads of the matrix products.", show_default="by size"),
]
AsJson = Annotated[bool, Option("--json", help="JSON on standard output, for programs.")]
Seed = Annotated[int, Option("--seed", help="Of everything random: same seed, same bits.", min=0)]
