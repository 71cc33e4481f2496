"""What is said of a training that has ended."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from byhand.cli import printing
from byhand.errors import ByhandError
from byhand.evaluation.metrics import wilson_interval
from byhand.recipes.markdown import SEARCH_HEADINGS, duration, search_rows
from byhand.recipes.material import PARTS, Places
from byhand.recipes.measures import MEASURES
from byhand.recipes.runner import Outcome

PART_LABELS = {"train": "train", "validation": "held out", "test": "test"}


def outcome_facts(outcome: Outcome) -> dict[str, Any]:
    """A run as plain values."""
    return {"folder": str(outcome.folder.path), **outcome.folder.facts}


def print_outcome(outcome: Outcome, page: Path | None) -> None:
    """Scores of each part, how they compare with published ones, and where everything is."""
    facts = outcome.folder.facts
    if outcome.trials:
        printing.table(SEARCH_HEADINGS, search_rows([facts["search"]]), left=["tried"])
        printing.line()
    known = {PART_LABELS[part]: outcome.results.get(part) for part in PARTS}
    print_scores({label: scores for label, scores in known.items() if scores})
    printing.line()
    printing.line(_ending(outcome))
    for name, published in outcome.folder.recipe().spec.published.items():
        measured = MEASURES[name].of(outcome.results)
        if measured is not None:
            printing.line(_comparison(name, published, measured))
    printing.line(f"run      {outcome.folder.path}")
    if page:
        printing.line(f"report   {page}")
    if outcome.was_interrupted:
        printing.line(f"go on    byhand train --resume {outcome.folder.path}")


def print_scores(parts: Mapping[str, Mapping[str, Any]]) -> None:
    """Accuracy of each part with its interval, or how well values are met."""
    if not all("accuracy" in scores for scores in parts.values()):
        rows = [[part, f"{s['loss']:.4f}", f"{s['r2']:.4f}"] for part, s in parts.items()]
        printing.table(["part", "loss", "r2"], rows, left=["part"])
        return
    headings = ["part", "accuracy", "95% interval", "wrong", "of", "loss"]
    rows = [[part, *_score_cells(scores)] for part, scores in parts.items()]
    printing.table(headings, rows, left=["part"])


def _score_cells(scores: Mapping[str, Any]) -> list[str]:
    wrong, count = int(scores["wrong"]), int(scores["examples"])
    low, high = wilson_interval(count - wrong, count)
    interval = f"{100 * low:.2f} to {100 * high:.2f}"
    return [
        f"{scores['accuracy']:.2%}",
        interval,
        f"{wrong:,}",
        f"{count:,}",
        f"{scores['loss']:.4f}",
    ]


def page_of(outcome: Outcome, places: Places) -> Path | None:
    """report.html in the run's folder; None where training was broken off or a part is missing."""
    if outcome.was_interrupted:
        return None
    from byhand.cli.report import write_page

    try:
        return write_page(outcome.folder, outcome.net, outcome.material, places)
    except ByhandError as error:  # the training is done and saved; only the page is not
        printing.note(f"no report was written: {error}")
        return None


def _ending(outcome: Outcome) -> str:
    history = outcome.history
    seconds = duration(outcome.seconds)
    best = f", best {history.best_epoch}" if history.best_epoch else ""
    return f"trained  {history.epochs} epochs{best}, {seconds}: {history.stopped}"


def _comparison(name: str, published: float, measured: float) -> str:
    measure = MEASURES[name]
    if not measure.is_share:
        return f"published {measure.label} {published:.0f} s, here {duration(measured)}"
    difference = 100 * (measured - published)
    return f"published {measure.label} {published:.2%}, here {measured:.2%} ({difference:+.2f})"
