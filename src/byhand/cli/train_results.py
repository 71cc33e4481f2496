"""The results that `byhand train` prints at the end."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from byhand.cli import printing
from byhand.evaluation.active_units import active_shares
from byhand.evaluation.confidence_interval import wilson_interval
from byhand.evaluation.even_rows import even_rows
from byhand.readable import duration, percent, percents
from byhand.reproduction.markdown import SEARCH_HEADINGS, search_rows
from byhand.reproduction.measures import MEASURES
from byhand.runs import Run
from byhand.runs.split_dataset import PARTS

SOME = 1000
"""Number of training images used to measure the fraction of active units."""


def run_as_dict(run: Run) -> dict[str, Any]:
    """Return a run as plain values."""
    return {"folder": str(run.path), **run.facts.as_dict()}


def print_run(run: Run, page: Path | None) -> None:
    """Print the scores of each part, how they compare with published ones, and the files."""
    if run.trials:
        printing.table(SEARCH_HEADINGS, search_rows([run.trials]), left=["tried"])
        printing.line()
    print_scores({part: run.results[part] for part in PARTS if run.results.get(part)})
    printing.line()
    for text in _active_units(run):
        printing.line(text)
    printing.line(_ending(run))
    for name, published in run.recipe.spec.published.items():
        measured = MEASURES[name].of(run.results)
        if measured is not None:
            printing.line(_comparison(name, published, measured))
    if run.results.get("test"):
        times = run.folder.times_tested()
        printing.line(f"tested   {times} time{'s' * (times != 1)} on the test part")
    printing.line(f"run      {run.path}")
    if page:
        printing.line(f"report   {page}")
    if run.was_interrupted:
        printing.line(f"resume   byhand train --resume {run.path}")
        if "doubt" not in run.net.facts and not run.data.is_regression:
            printing.line(
                "doubt    not learnt: until the run is finished, only low confidence is doubted"
            )


def print_scores(parts: Mapping[str, Mapping[str, Any]]) -> None:
    """Print the accuracy of each part with its interval, or loss and r2 of predicted values."""
    if not all("accuracy" in scores for scores in parts.values()):
        rows = [[part, f"{s['loss']:.4f}", f"{s['r2']:.4f}"] for part, s in parts.items()]
        printing.table(["part", "loss", "r2"], rows, left=["part"])
        return
    headings = ["part", "accuracy", "95 % interval", "wrong", "of", "loss"]
    rows = [[part, *_score_cells(scores)] for part, scores in parts.items()]
    printing.table(headings, rows, left=["part"])


def _score_cells(scores: Mapping[str, Any]) -> list[str]:
    wrong, count = int(scores["wrong"]), int(scores["examples"])
    low, high = wilson_interval(count - wrong, count)
    return [
        percent(scores["accuracy"], 2),
        percents(low, high),
        f"{wrong:,}",
        f"{count:,}",
        f"{scores['loss']:.4f}",
    ]


def _active_units(run: Run) -> list[str]:
    """Return the fraction of active units of each hidden layer, on some training images."""
    if run.facts.did_diverge or not run.results:
        return []
    images = run.data.train.images
    some = images[even_rows(len(images), SOME)]
    shares = active_shares(run.net, some)
    return [
        f"active   {title}: {percent(share, 0)} of the units" for title, share in shares.items()
    ]


def _ending(run: Run) -> str:
    facts = run.facts
    best = f", best {facts.best_epoch} by {_monitor(run)}" if facts.best_epoch else ""
    epochs = f"{facts.epochs} epoch{'s' * (facts.epochs != 1)}"
    return f"trained  {epochs}{best}, {duration(run.seconds)}: {facts.stopped}"


def _monitor(run: Run) -> str:
    """Return the quantity whose best value decided the best epoch, in words."""
    has_validation = "val_loss" in run.history.columns
    monitor = run.recipe.spec.training.monitor or ("val_loss" if has_validation else "loss")
    part, _, measure = monitor.rpartition("_")
    return f"{'validation' if part else 'training'} {measure}"


def _comparison(name: str, published: float, measured: float) -> str:
    measure = MEASURES[name]
    if not measure.is_fraction:
        return f"published {measure.label} {published:.0f} s, here {duration(measured)}"
    difference = 100 * (measured - published)
    figures = f"{measure.label} {percent(published, 2)}, here {percent(measured, 2)}"
    return f"published {figures} ({difference:+.2f} points)"
