"""`byhand train`: a recipe, or a network described by options, into a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from byhand.cli import printing
from byhand.cli.options import AsJson, DataDir, DatasetName, Offline, Option, Seed, Threads
from byhand.cli.outcome import outcome_facts, page_of, print_outcome
from byhand.errors import ArgumentError
from byhand.recipes.changes import recipe_from_options
from byhand.recipes.folders import find_run
from byhand.recipes.material import Places
from byhand.recipes.runner import Options, Outcome, resume_run
from byhand.recipes.search import run

EXAMPLES = (
    "byhand train                                    one hidden layer on MNIST, or on digits",
    "byhand train augmentation --seed 1              a recipe, by name",
    "byhand train mine.toml                          a recipe of your own",
    "byhand train --dataset kmnist --layers 128,64 --activation tanh --epochs 10",
    "byhand train -dataset mnist -lr 0.1 -i 1000     a thousand full-batch iterations",
    "byhand train --resume latest                    go on with an interrupted run",
)

RecipeName = Annotated[
    str | None,
    typer.Argument(
        metavar="RECIPE",
        help="A recipe by name (see byhand recipes) or the path of your own.",
        show_default="basic",
    ),
]
Layers = Annotated[
    str | None,
    Option("--layers", help="Units of the hidden layers: 300, or 128,64.", show_default=False),
]
Activation = Annotated[
    str | None,
    Option("--activation", help="Of the hidden layers: relu, tanh, ...", show_default=False),
]
Epochs = Annotated[
    int | None, Option("--epochs", "-e", help="Passes through the data.", show_default=False)
]
Iterations = Annotated[
    int | None,
    Option(
        "--iterations",
        "-i",
        help="Full-batch steps instead: of the recipe full-batch, unless you say otherwise.",
        show_default=False,
    ),
]
BatchSize = Annotated[
    str | None,
    Option("--batch-size", "-b", help='Images in a step, or "all".', show_default=False),
]
Rate = Annotated[
    float | None,
    Option(
        "--learning-rate",
        "-lr",
        "--learning_rate",
        help="Of the optimizer.",
        show_default=False,
    ),
]
Optimizer = Annotated[
    str | None,
    Option("--optimizer", help="sgd, momentum, adam, ...", show_default=False),
]
Schedule = Annotated[
    str | None,
    Option("--schedule", help="constant, cosine, one_cycle, ...", show_default=False),
]
L2 = Annotated[float | None, Option("--l2", help="Penalty on large weights.", show_default=False)]
Validation = Annotated[
    str | None,
    Option("--validation", help="Share, or number, of images held out.", show_default=False),
]
Label = Annotated[
    str | None, Option("--label", help="The label column of a table.", show_default=False)
]
Out = Annotated[
    Path | None,
    Option("--out", help="The run's folder, new or empty.", show_default="runs/<recipe>-<n>"),
]
Resume = Annotated[
    str | None,
    Option("--resume", help='Go on with this run, or with the "latest".', show_default=False),
]
Report = Annotated[bool, Option("--report/--no-report", help="Write report.html at the end.")]
Quiet = Annotated[bool, Option("--quiet", "-q", help="Only the result.")]


def train(
    recipe: RecipeName = None,
    dataset: DatasetName = None,
    layers: Layers = None,
    activation: Activation = None,
    epochs: Epochs = None,
    iterations: Iterations = None,
    batch_size: BatchSize = None,
    learning_rate: Rate = None,
    optimizer: Optimizer = None,
    schedule: Schedule = None,
    l2: L2 = None,
    validation: Validation = None,
    label: Label = None,
    seed: Seed = 0,
    data_dir: DataDir = None,
    offline: Offline = False,
    threads: Threads = None,
    out: Out = None,
    resume: Resume = None,
    report: Report = True,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Train a recipe, or a network described by options, and keep everything in a run folder.

    Options change the recipe. Without any, a network with one hidden layer learns MNIST, or the
    digits that come with byhand where MNIST is not at hand and cannot be fetched. Ctrl-C ends
    training, and what has been learnt is kept.
    """
    described: dict[str, Any] = {
        "dataset": dataset,
        "layers": layers,
        "activation": activation,
        "iterations": iterations,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "optimizer": optimizer,
        "schedule": schedule,
        "l2": l2,
        "validation": validation,
        "label": label,
    }
    options = Options(
        seed=seed,
        out=out,
        places=Places(data_dir, offline or None),
        threads=threads,
        verbose=0 if quiet or as_json else 1,
        say=printing.note if quiet or as_json else printing.line,
    )
    if resume is not None:
        _check_only_resumes(recipe, out, described)
        outcome = resume_run(find_run(resume), options, epochs)
    else:
        outcome = run(recipe_from_options(recipe, epochs=epochs, **described), options)
    _tell(outcome, page_of(outcome, options.places) if report else None, as_json)


def _tell(outcome: Outcome, page: Path | None, as_json: bool) -> None:
    if as_json:
        printing.json_lines({**outcome_facts(outcome), "report": page})
    else:
        print_outcome(outcome, page)


def _check_only_resumes(recipe: str | None, out: Path | None, described: dict[str, Any]) -> None:
    """A run goes on as it was begun: only the number of epochs may be another."""
    given = [name for name, value in described.items() if value is not None]
    given += [name for name, value in (("recipe", recipe), ("out", out)) if value is not None]
    if given:
        raise ArgumentError(
            f"--resume goes on with a run as it was begun, and takes no {', '.join(given)}; only "
            "--epochs may be another. Leave it out, or begin a new run without --resume."
        )
