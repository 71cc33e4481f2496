"""`byhand compare`: what differs between runs, and whether chance explains it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from byhand.cli import printing, shell_completion
from byhand.cli.options import AsJson, DataDir, Offline, Option
from byhand.errors import ByhandError
from byhand.evaluation.confidence_interval import wilson_interval
from byhand.figures.canvas import save
from byhand.figures.curves_together import curves_together
from byhand.readable import percent, percents
from byhand.runs import Run
from byhand.runs.compare import Comparison
from byhand.runs.compare import compare as compare_runs
from byhand.runs.split_dataset import PARTS

EXAMPLES = (
    "byhand compare basic-1 basic-2                  two runs: recipes, results, McNemar's test",
    "byhand compare a-1 a-2 a-3 b-1 b-2 b-3          several seeds of two recipes: Welch's t",
    "byhand compare basic-1 adam-1 --figure both.png",
)

Runs = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN...",
        help="Two or more runs: folders, or their names in runs/.",
        autocompletion=shell_completion.runs,
    ),
]
Figure = Annotated[
    Path | None,
    Option(
        "--figure",
        help="File for the picture of the curves, PNG or SVG.",
        show_default="compare.png in the first run's figures",
    ),
]
Draw = Annotated[bool, Option("--draw/--no-draw", help="Draw the curves in one picture.")]


def compare(
    *,
    runs: Runs,
    figure: Figure = None,
    draw: Draw = True,
    data_dir: DataDir = None,
    offline: Offline = False,
    as_json: AsJson = False,
) -> None:
    """Show what differs in the recipes and results of runs, and what the differences mean.

    The first run is tested against each of the others on the examples that both were scored on
    (McNemar's paired test). Runs of one recipe with several seeds form a group, and the means of
    groups are compared (Welch's t-test).
    """
    found = [Run(name, data_dir=data_dir, offline=offline or None) for name in runs]
    comparison = compare_runs(found)
    drawn = _drawn(comparison, figure) if draw or figure is not None else None
    if as_json:
        printing.json_lines({**_as_dict(comparison), "figure": drawn})
        return
    _print_differences(comparison)
    _print_results(comparison)
    _print_groups(comparison)
    for pair in comparison.pairs:
        printing.line(pair.words())
    if drawn is not None:
        printing.line(f"\nfigure   {drawn}")


def _print_differences(comparison: Comparison) -> None:
    if not comparison.differences:
        printing.line("the recipes, data and seeds are the same.\n")
        return
    rows = [[name, *values] for name, values in comparison.differences.items()]
    headings = ["differs", *comparison.names]
    printing.table(headings, rows, left=headings, wraps=headings)
    printing.line()


def _print_results(comparison: Comparison) -> None:
    """Print a row for each run and part: accuracy with its interval, or the loss."""
    rows = [
        [run.path.name, part, *_cells(scores)]
        for part in PARTS
        for run in comparison.runs
        if (scores := run.results.get(part))
    ]
    headings = ["run", "part", "accuracy", "95% interval", "loss"]
    printing.table(headings, rows, left=["run", "part"])
    printing.line()


def _cells(scores: dict[str, Any]) -> list[str]:
    loss = f"{scores['loss']:.4f}"
    if "accuracy" not in scores:
        return ["", "", loss]
    count = int(scores["examples"])
    low, high = wilson_interval(count - int(scores["wrong"]), count)
    return [percent(scores["accuracy"], 2), percents(low, high), loss]


def _print_groups(comparison: Comparison) -> None:
    """Print mean and spread of recipes with several seeds, and the result of Welch's test."""
    if not any(len(group.runs) > 1 for group in comparison.groups):
        return
    rows = [
        [
            group.name,
            len(group.runs),
            group.part,
            "" if group.mean is None else f"{100 * group.mean:.2f}",
            "" if group.spread is None else f"{100 * group.spread:.2f}",
        ]
        for group in comparison.groups
    ]
    printing.table(
        ["recipe of", "seeds", "part", "mean %", "spread"], rows, left=["recipe of", "part"]
    )
    printing.line()
    for test in comparison.group_tests:
        printing.line(test.words())
    if comparison.group_tests:
        printing.line("\nThe single networks:")


def _drawn(comparison: Comparison, path: Path | None) -> Path | None:
    """Draw the curves; return None if that is impossible and was not requested."""
    try:
        histories = {run.path.name: run.history.columns for run in comparison.runs}
        picture = curves_together(histories, "Training curves")
        if path is not None:
            return save(picture, path)
        folder = comparison.runs[0].folder.file("figures")
        folder.mkdir(exist_ok=True)
        return save(picture, folder / "compare.png")
    except (ByhandError, OSError) as error:
        if path is not None:
            raise
        printing.note(f"no picture was drawn: {error}")
        return None


def _as_dict(comparison: Comparison) -> dict[str, Any]:
    return {
        "runs": comparison.names,
        "differences": comparison.differences,
        "results": {run.path.name: dict(run.results) for run in comparison.runs},
        "groups": [
            {
                "runs": [run.path.name for run in group.runs],
                "part": group.part,
                "mean": group.mean,
                "spread": group.spread,
            }
            for group in comparison.groups
        ],
        "group_tests": [
            {
                "first": one.first.name,
                "second": one.second.name,
                **vars(one.test),
                "words": one.words(),
            }
            for one in comparison.group_tests
        ],
        "pairs": [
            {
                "first": pair.first,
                "second": pair.second,
                "part": pair.part,
                **(vars(pair.test) if pair.test else {}),
                "words": pair.words(),
            }
            for pair in comparison.pairs
        ],
    }
