"""`byhand train`: a recipe, or a network described by options, into a run folder."""

from __future__ import annotations

import signal
from pathlib import Path

from byhand.cli import printing
from byhand.cli.options import takes
from byhand.cli.train_arguments import TrainArguments
from byhand.cli.train_results import print_run, run_as_dict
from byhand.distributed import one_voice
from byhand.errors import ArgumentError, ByhandError, MissingPackageError
from byhand.figures.canvas import save
from byhand.figures.learning_rates import learning_rates
from byhand.recipes.from_options import recipe_from_options
from byhand.runs import Run
from byhand.runs.folder import find_run
from byhand.runs.ranks import ranks_for, ranks_of, resume_on_ranks, train_on_ranks
from byhand.runs.rate_finder import find_rate
from byhand.training.interrupt import signal_of

EXAMPLES = (
    "byhand train                                    one hidden layer on MNIST, or on digits",
    "byhand train augmentation --seed 1              a recipe, by name",
    "byhand train drawing                            a network for the drawing box",
    "byhand train mine.toml                          a recipe of your own",
    "byhand train --augment elastic --layers 800     a new distortion of every image in each epoch",
    "byhand train --dataset kmnist --layers 128,64 --activation tanh --epochs 10",
    "byhand train -dataset mnist -lr 0.1 -i 1000     a thousand full-batch iterations",
    "byhand train augmentation --find-rate           try learning rates, and suggest one",
    "byhand train --resume latest                    continue an interrupted run",
)


@takes(TrainArguments)
def train(arguments: TrainArguments) -> None:
    """Train a recipe, or a network described by options, and keep everything in a run folder.

    Options change the recipe. Without options, a network with one hidden layer learns MNIST. If
    MNIST is missing and cannot be downloaded, it learns the digits that come with byhand. Ctrl-C
    ends training, keeps the best weights, and gives exit code 130.
    """
    if arguments.find_rate:
        _find_rate(arguments)
        return
    run = _resumed(arguments) if arguments.resume is not None else _trained(arguments)
    if run is None:
        return  # the first rank reports
    page = _report(run, arguments) if arguments.report else None
    if arguments.as_json:
        printing.json_lines({**run_as_dict(run), "report": page})
    else:
        print_run(run, page)
    number = signal_of(run.facts.stopped) if run.was_interrupted else None
    if number is not None:
        raise SystemExit(128 + number)


def _trained(arguments: TrainArguments) -> Run | None:
    """Train a recipe; return None on all ranks but the first."""
    ranks = ranks_for(arguments.shards)
    with one_voice(ranks):
        recipe = recipe_from_options(arguments.recipe, **arguments.changes())
        return train_on_ranks(recipe, arguments.options(), ranks)


def _find_rate(arguments: TrainArguments) -> None:
    """Print losses at growing learning rates and a suggestion, and draw them."""
    recipe = recipe_from_options(arguments.recipe, **arguments.changes())
    found = find_rate(recipe, arguments.options())
    path: Path | None = None
    try:
        path = save(learning_rates(found), arguments.out or "learning-rates.png")
    except MissingPackageError as error:
        printing.note(str(error))
    if arguments.as_json:
        rates = [{"learning_rate": rate, "loss": loss} for rate, loss in found.rows()]
        printing.json_lines({"suggestion": found.suggestion, "rates": rates, "figure": path})
        return
    rows = [[f"{rate:.1e}", f"{loss:.4f}"] for rate, loss in found.rows()]
    printing.table(["learning rate", "loss"], rows)
    printing.line(f"\nsuggestion: --learning-rate {found.suggestion:g}")
    if path is not None:
        printing.line(f"figure: {path}")


def _resumed(arguments: TrainArguments) -> Run | None:
    """Continue a run with its original settings; only epochs and the number of ranks may change."""
    given = [name for name in arguments.changes() if name != "epochs"]
    given += [name for name in ("recipe", "out") if getattr(arguments, name) is not None]
    if given:
        raise ArgumentError(
            "--resume continues a run with its original settings, so it takes no "
            f"{', '.join(given)}; only --epochs may change. Leave it out, or start a new run "
            "without --resume."
        )
    folder = find_run(arguments.resume)
    ranks = ranks_of(folder.facts, arguments.shards)
    with one_voice(ranks):
        return resume_on_ranks(folder, arguments.options(), arguments.epochs, ranks)


def _report(run: Run, arguments: TrainArguments) -> Path | None:
    """Write report.html; return None if the page cannot be written.

    After SIGTERM or SIGHUP it is not written, because the system waits for the process to end.
    """
    if run.was_interrupted and (
        signal_of(run.facts.stopped) != signal.SIGINT or not run.history.epochs
    ):
        return None
    if not arguments.is_quiet:
        printing.line("writing the report")
    try:
        return run.report()
    except ByhandError as error:  # the training is done and saved; only the page is not
        printing.note(f"no report was written: {error}")
        return None
