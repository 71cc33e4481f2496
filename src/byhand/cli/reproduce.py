"""`byhand reproduce`: published figures beside measured ones."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from byhand.atomic import replacing
from byhand.cli import printing, shell_completion
from byhand.cli.error_exit import INTERRUPTED
from byhand.cli.options import AsJson, DataDir, DatasetName, Offline, Option, Threads
from byhand.cli.reproduce_progress import watching
from byhand.errors import ArgumentError
from byhand.recipes.recipe import published_recipes, read_recipe
from byhand.reproduction.markdown import (
    SEARCH_HEADINGS,
    comparison_rows,
    search_rows,
    seeds_in_words,
    to_markdown,
)
from byhand.reproduction.reproduce import Reproduction
from byhand.reproduction.reproduce import reproduce as run_all
from byhand.runs import TrainOptions
from byhand.runs.split_dataset import DataSources

EXAMPLES = (
    "byhand reproduce                                all recipes, seeds 0, 1 and 2",
    "byhand reproduce full-batch augmentation --seeds 0",
    "byhand reproduce --quick                        a twentieth of the epochs, to try it out",
    "byhand reproduce --markdown docs/results.md",
)

MOST_SEEDS = 1000
"""Largest number of runs of a recipe."""

WIDE = 110
"""Width of a terminal, in columns, on which the table shows the networks."""

COLUMNS = (
    "recipe",
    "network",
    "measure",
    "figure %",
    "here %",
    "one more run",
    "time",
    "verdict",
)
"""Shorter headings than in a file, so that the table fits 80 columns."""

Recipes = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="RECIPE...",
        help="Names or paths.",
        show_default="all published, except the long ones",
        autocompletion=shell_completion.recipes,
    ),
]
Seeds = Annotated[str, Option("--seeds", help="Seeds, one run for each: 0,1,2 or 0-4.")]
Quick = Annotated[bool, Option("--quick", help="Use one seed and a twentieth of the epochs.")]
Markdown = Annotated[
    Path | None,
    Option("--markdown", help="Write the table to this file as well.", show_default=False),
]
Out = Annotated[
    Path | None,
    Option("--out", help="Folder for all the runs.", show_default="runs/reproduce-<n>"),
]


def reproduce(
    *,
    recipes: Recipes = None,
    seeds: Seeds = "0,1,2",
    quick: Quick = False,
    dataset: DatasetName = None,
    data_dir: DataDir = None,
    offline: Offline = False,
    threads: Threads = None,
    out: Out = None,
    markdown: Markdown = None,
    as_json: AsJson = False,
) -> None:
    """Train the recipes of published work and compare the results with the published figures.

    A figure is reproduced if it lies inside the 95 % prediction interval for one more run, from the
    spread over the seeds. It is beaten if it lies below, and missed if it lies above. Fewer than
    three seeds give no verdict. The exit code is 0 even if figures are missed, and 1 if a recipe
    could not be run.
    """
    chosen = [read_recipe(name) for name in recipes or published_recipes()]
    if not recipes:
        chosen = [recipe for recipe in chosen if not recipe.spec.long]
    wanted = parse_seeds(seeds)[: 1 if quick else None]
    with watching() as (watch, callbacks):
        options = TrainOptions(
            out=out,
            sources=DataSources(data_dir, offline or None),
            threads=threads,
            verbose=0,
            say=lambda line: None,  # noqa: ARG005 - `watching` prints instead
            callbacks=callbacks,
        )
        done = run_all(chosen, wanted, options, quick=quick, dataset=dataset, watch=watch)
    if markdown is not None:
        with replacing(markdown) as path:
            path.write_text(to_markdown(done), "utf-8")
    if as_json:
        printing.json_lines(done.as_dict())
    else:
        _print(done)
    if done.interrupted:
        raise typer.Exit(INTERRUPTED)
    if done.failures:
        raise typer.Exit(1)


def parse_seeds(text: str) -> list[int]:
    """Return [0, 1, 2] for "0,1,2" or "0-2"."""
    seeds: Sequence[int]
    try:
        if "-" in text:
            first, last = (int(number) for number in text.split("-"))
            seeds = range(first, last + 1)
        else:
            seeds = [int(number) for number in text.split(",")]
    except ValueError:
        seeds = []
    if not seeds or min(seeds[0], seeds[-1]) < 0 or min(seeds[:MOST_SEEDS]) < 0:
        raise ArgumentError(
            f"--seeds takes numbers such as 0,1,2 or a range such as 0-4; got {text!r}."
        )
    if seeds[MOST_SEEDS:]:
        raise ArgumentError(
            f"--seeds asks for more than {MOST_SEEDS:,} runs of each recipe; got {text!r}."
        )
    return list(seeds)


def _print(done: Reproduction) -> None:
    """Print the table, the searches, and remarks about them."""
    hidden = () if _is_wide() else ("network",)
    shown = [place for place, heading in enumerate(COLUMNS) if heading not in hidden]
    rows = [[cells[place] for place in shown] for cells in comparison_rows(done)]
    left = ["recipe", "network", "measure", "verdict"]
    printing.table([COLUMNS[place] for place in shown], rows, left=left)
    for name, searches in done.searches.items():
        printing.line(f"\nsearch of {name}")
        printing.table(SEARCH_HEADINGS, search_rows(searches), left=["tried"])
    printing.line()
    for name, note in {**done.notes, **done.failures}.items():
        printing.line(f"{name}: {note}")
    printing.line(_summary(done))


def _is_wide() -> bool:
    """Return whether the table is wide enough for the networks."""
    return not sys.stdout.isatty() or shutil.get_terminal_size().columns >= WIDE


def _summary(done: Reproduction) -> str:
    verdicts = [line.verdict for line in done.comparisons]
    told = ", ".join(f"{verdicts.count(one)} {one}" for one in ("reproduced", "beaten", "missed"))
    if "too few seeds" in verdicts:
        told = "no verdicts: at least three seeds are needed, and twenty are better"
    if verdicts and set(verdicts) <= {"not compared", "no figure"} and "not compared" in verdicts:
        told = (
            "nothing is compared, because this was not the full training on the recipe's own data"
        )
    early = " (ended early)" if done.interrupted else ""
    seeds = seeds_in_words(done.seeds)
    return f"{told}; {seeds}{early}\nruns and results.json are in {done.folder.path}"
