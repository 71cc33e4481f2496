"""`byhand report`: the one-file page about a run, also written at the end of training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from byhand.cli import printing
from byhand.cli.options import AsJson, DataDir, DatasetName, Offline, Option, RunOnly
from byhand.runs import Run

EXAMPLES = (
    "byhand report                                   the latest run",
    "byhand report basic-1                           a run by its name",
    "byhand report basic-1 wider-1                   two runs side by side",
    "byhand report -dataset mnist                    the latest run on these data",
    "byhand report --out page.html",
)

Other = Annotated[
    str | None,
    typer.Argument(metavar="OTHER", help="Another run to compare it with.", show_default="none"),
]
Out = Annotated[
    Path | None,
    Option("--out", help="File for the page.", show_default="report.html in the run's folder"),
]


def report(
    *,
    run: RunOnly = None,
    other: Other = None,
    dataset: DatasetName = None,
    out: Out = None,
    data_dir: DataDir = None,
    offline: Offline = False,
    as_json: AsJson = False,
) -> None:
    """Write one page to explore a run: curves, mistakes, units, a drawing box, a trace.

    It is a single file that needs no server and no internet connection. For two runs it shows the
    curves of both in one chart, what differs, and the examples on which they disagree.
    """
    found = Run(run, dataset=dataset, data_dir=data_dir, offline=offline or None)
    rival = None if other is None else Run(other, data_dir=data_dir, offline=offline or None)
    page = found.report(out, other=rival)
    if as_json:
        printing.json_lines({"run": found.path, "report": page})
    else:
        printing.line(str(page))
