"""Shows the progress of a reproduction on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from byhand.cli import printing
from byhand.readable import duration, percent
from byhand.recipes.recipe import Recipe
from byhand.reproduction.measures import MEASURES
from byhand.runs import Run
from byhand.training import Callback
from byhand.training.run import TrainingRun

Watch = Callable[[Recipe, int, Run | None], None]


class Ticker(Callback):
    """Reports the epoch of a training run.

    Args:
        tell: takes a short line.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell = tell

    def on_epoch_end(self, run: TrainingRun) -> None:
        """Report epoch and loss."""
        self.tell(f"epoch {run.epoch} of {run.epochs}, loss {run.history['loss'][-1]:.4f}")


@contextmanager
def watching() -> Iterator[tuple[Watch, list[Callback]]]:
    """Yield a function to call before and after each run, and callbacks that report its epochs.

    On a terminal one line changes; elsewhere each run gets a line when it ends.
    """
    if not sys.stderr.isatty():
        yield _note_end, []
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False)
    with console.status("preparing") as status:
        title = ""

        def watch(recipe: Recipe, seed: int, finished: Run | None) -> None:
            nonlocal title
            title = f"{recipe.name}, seed {seed}"
            status.update(Text(title))  # a name in [brackets] is not markup
            if finished is not None:
                console.print(_ended(recipe, seed, finished), markup=False)

        yield watch, [Ticker(lambda text: status.update(Text(f"{title}: {text}")))]


def _note_end(recipe: Recipe, seed: int, finished: Run | None) -> None:
    if finished is not None:
        printing.note(_ended(recipe, seed, finished))


def _ended(recipe: Recipe, seed: int, finished: Run) -> str:
    """Return a line such as `adam, seed 0: test 93.80 %, 12 s`."""
    measures = [MEASURES[name] for name in recipe.spec.shown if MEASURES[name].is_fraction]
    found = [(measure.label, measure.of(finished.results)) for measure in measures]
    figures = [f"{label} {percent(value, 2)}" for label, value in found if value is not None]
    return f"{recipe.name}, seed {seed}: {', '.join([*figures, duration(finished.seconds)])}"
