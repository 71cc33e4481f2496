"""The table of a search, live during training and at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from byhand.cli import printing
from byhand.evaluation.confidence_interval import wilson_interval
from byhand.readable import duration
from byhand.runs import Run
from byhand.runs.search.outcome import Trials
from byhand.runs.search.plan import Plan, read_plan
from byhand.runs.search.progress import RUNNING, WAITING, Standing, standings
from byhand.runs.search.ranking import (
    Candidate,
    best_of,
    candidates,
    is_distinguishable,
    merit,
)
from byhand.terminal import cell

if TYPE_CHECKING:
    from rich.table import Table

Watch = Callable[[Trials], None]

MOST_ROWS = 15
"""Number of trials in the table; all are in search.csv."""

SAME = "not distinguishable from the best"


def shown(value: Any) -> str:
    """Return a setting's value in the form that tables show."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def described(values: Mapping[str, Any]) -> str:
    """Return values in the form "l2 = 0.001, units = 64"."""
    return ", ".join(f"{name} = {shown(value)}" for name, value in values.items())


def score_text(score: float | None) -> str:
    """Return a validation accuracy in per cent, or a validation loss."""
    if score is None:
        return ""
    return f"{100 * score:.2f}" if score >= 0 else f"{-score:.4g}"


# --- at the end ---------------------------------------------------------------------------------


def print_search(run: Run) -> None:
    """Print the values with their scores, the best marked, and what the differences mean."""
    plan = read_plan(run.folder)
    found = candidates(Trials(plan, run.folder).ended())
    best = best_of(found)
    ordered = found if plan.is_grid else sorted(found, key=merit, reverse=True)
    settings = [name for name in plan.space if any(name in one.values for one in found)]
    is_regression = all(one.mean_of("validation accuracy") is None for one in found)
    headings = [*settings, *_headings(plan, is_regression), ""]
    rows = [
        [
            *(shown(one.values.get(name, "")) for name in settings),
            *_cells(one, plan, is_regression),
            _remark(one, best),
        ]
        for one in ordered[:MOST_ROWS]
    ]
    printing.table(headings, rows, left=[*settings, ""], wraps=[""])
    if len(ordered) > MOST_ROWS:
        printing.line(f"... and {len(ordered) - MOST_ROWS} more in {run.path / 'search.csv'}")
    for note in (_within_chance(found, best, run), _elsewhere(plan, best, run)):
        if note:
            printing.line(f"\n{note}")


def _elsewhere(plan: Plan, best: Candidate, run: Run) -> str:
    """Return the place of a better trial, if another machine has trained one."""
    if not plan.study:
        return ""
    from byhand.runs.search.study import Study

    place = Study(plan, run.folder).best_elsewhere(best.mean)
    return f"A better trial is on another machine, in {place}." if place else ""


def _within_chance(found: Sequence[Candidate], best: Candidate, run: Run) -> str:
    """Return a sentence on how many trials cannot be told apart from the best."""
    others = [one for one in found if one is not best and one.scores and not one.was_pruned]
    scores = run.results.get("validation", {})
    if len(best.scores) > 1:
        tests = [is_distinguishable(best, one) for one in others if len(one.scores) > 1]
        seeds = f"{len(best.scores)} seeds; Welch's t, 5 %"
        return (
            f"{tests.count(False)} of {len(tests)} others cannot be told apart from the "
            f"best ({seeds})."
        )
    if "accuracy" not in scores or not others:
        return ""
    count = int(scores["examples"])
    low, high = wilson_interval(count - int(scores["wrong"]), count)
    near = sum(one.mean >= low for one in others)
    if not near:
        return ""
    return (
        f"The best has a 95 % interval from {100 * low:.2f} to {100 * high:.2f} on {count:,} "
        f"examples, and {near} of the {len(others)} others lie{'s' * (near == 1)} in it. --seeds 3 "
        "tells more."
    )


def _headings(plan: Plan, is_regression: bool) -> list[str]:
    score = "validation loss" if is_regression else "validation %"
    gaps = ["loss gap %"] if is_regression else ["loss gap %", "accuracy gap %"]
    return [score, *(["seeds"] if plan.seeds > 1 else []), *gaps, "time"]


def _cells(one: Candidate, plan: Plan, is_regression: bool) -> list[str]:
    loss_gap, accuracy_gap = one.mean_of("loss gap"), one.mean_of("accuracy gap")
    gaps = [_points(loss_gap, 0), *([] if is_regression else [_points(accuracy_gap, 2)])]
    seeds = [str(len(one.trials))] if plan.seeds > 1 else []
    seconds = one.mean_of("seconds")
    return [_mean_text(one), *seeds, *gaps, "" if seconds is None else duration(seconds)]


def _mean_text(one: Candidate) -> str:
    """Return the mean score with its spread: "97.94 ± 0.11"."""
    if not one.scores:
        return ""
    scale = 100 if one.mean >= 0 else 1
    spread = "" if one.spread is None else f" ± {scale * one.spread:.2g}"
    return f"{score_text(one.mean)}{spread}"


def _points(fraction: float | None, digits: int) -> str:
    return "" if fraction is None else f"{round(100 * fraction, digits) + 0.0:.{digits}f}"


def _remark(one: Candidate, best: Candidate) -> str:
    if one is best:
        return "best"
    for trial in one.trials:
        if trial.run is None:
            return "diverged"
        if trial.was_pruned:
            return f"pruned after epoch {trial.run.facts.epochs}"
        if trial.state != "finished":
            return trial.state
    return SAME if is_distinguishable(best, one) is False else ""


# --- while it trains ----------------------------------------------------------------------------


@contextmanager
def watching(quiet: bool) -> Iterator[Watch | None]:
    """Yield a function that shows the state of the trials.

    On a terminal a live table changes; elsewhere each trial gets a line when it ends.
    """
    if quiet:
        yield None
        return
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.live import Live

    began = time.monotonic()
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    with Live(console=console, auto_refresh=False, transient=True) as live:

        def watch(trials: Trials) -> None:
            rows = standings(trials)
            height = max(4, console.size.height - 6)
            live.update(_table(trials.plan, rows, time.monotonic() - began, height), refresh=True)

        yield watch


class _Lines:
    """Prints a line for each trial that ends."""

    def __init__(self) -> None:
        self.told: set[str] | None = None

    def __call__(self, trials: Trials) -> None:
        ended = {one.name: one for one in standings(trials) if one.state not in (WAITING, RUNNING)}
        if self.told is None:  # of a resumed search
            self.told = set(ended)
        for name in [name for name in ended if name not in self.told]:
            self.told.add(name)
            printing.note(_line(trials.plan, ended[name]))


def _line(plan: Plan, one: Standing) -> str:
    values = described(one.values)
    seed = f", seed {one.seed}" if plan.seeds > 1 else ""
    done = f"{one.state} after {one.epoch} epoch{'s' * (one.epoch != 1)}"
    return f"{values}{seed}: {done}{_scored(one.score)}, {duration(one.seconds)}"


def _scored(score: float | None) -> str:
    """Return ", validation 98.10 %", or the validation loss, or nothing."""
    if score is None:
        return ""
    return f", validation {'' if score >= 0 else 'loss '}{score_text(score)}{' %' * (score >= 0)}"


def _table(plan: Plan, rows: Sequence[Standing], seconds: float, height: int) -> Table:
    """Return the live table: running trials first, then the best finished ones."""
    from rich import box
    from rich.table import Table

    running = [one for one in rows if one.state == RUNNING]
    ended = [one for one in rows if one.state not in (WAITING, RUNNING)]
    ended.sort(key=lambda one: -1e300 if one.score is None else one.score, reverse=True)
    title = (
        f"{len(ended)} of {plan.trainings} trainings done, {len(running)} running, "
        f"{duration(seconds)}"
    )
    drawn = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    settings = list(plan.space)
    for heading in settings:
        drawn.add_column(cell(heading), overflow="ellipsis", no_wrap=True)
    for heading in (*(["seed"] if plan.seeds > 1 else []), "epoch", "best validation", "time"):
        drawn.add_column(heading, justify="right", no_wrap=True)
    drawn.add_column("", no_wrap=True)
    for one in [*running, *ended][:height]:
        drawn.add_row(
            *(cell(shown(one.values.get(name, ""))) for name in settings),
            *([str(one.seed)] if plan.seeds > 1 else []),
            str(one.epoch),
            score_text(one.score),
            duration(one.seconds),
            one.state,
        )
    return drawn
