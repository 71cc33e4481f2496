"""A line on standard error that tells how far a reproduction is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from byhand.cli import printing
from byhand.readable import duration
from byhand.recipes.recipe import Recipe
from byhand.reproduction.measures import MEASURES
from byhand.runs import Run
from byhand.training import Callback
from byhand.training.run import Run as TrainingRun

Watch = Callable[[Recipe, int, Run | None], None]


class Ticker(Callback):
    """Tells how far a training is.

    Args:
        tell: takes a short line.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell = tell

    def on_epoch_end(self, run: TrainingRun) -> None:
        """A word about the epoch."""
        self.tell(f"epoch {run.epoch} of {run.epochs}, loss {run.history['loss'][-1]:.4f}")


@contextmanager
def watching() -> Iterator[tuple[Watch, list[Callback]]]:
    """What to call before and after each run, and callbacks that tell of its epochs.

    On a terminal a line that changes, elsewhere a line for each run that has ended.
    """
    if not sys.stderr.isatty():
        yield _say_end, []
        return
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    with console.status("preparing") as status:
        title = ""

        def watch(recipe: Recipe, seed: int, finished: Run | None) -> None:
            nonlocal title
            title = f"{recipe.name}, seed {seed}"
            status.update(title)
            if finished is not None:
                console.print(_ended(recipe, seed, finished), markup=False)

        yield watch, [Ticker(lambda text: status.update(f"{title}: {text}"))]


def _say_end(recipe: Recipe, seed: int, finished: Run | None) -> None:
    if finished is not None:
        printing.note(_ended(recipe, seed, finished))


def _ended(recipe: Recipe, seed: int, finished: Run) -> str:
    """As in `adam, seed 0: test 93.80%, 12 s`."""
    found = {
        MEASURES[name].label: MEASURES[name].of(finished.results) for name in recipe.spec.shown
    }
    shares = [f"{label} {value:.2%}" for label, value in found.items() if value and label != "time"]
    return f"{recipe.name}, seed {seed}: {', '.join([*shares, duration(finished.seconds)])}"
