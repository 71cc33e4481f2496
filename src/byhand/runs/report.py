"""The report of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from byhand.errors import DataError
from byhand.readable import duration
from byhand.report import Options, write_report
from byhand.runs.doctor import findings

if TYPE_CHECKING:
    from byhand.runs.run import Run


def write_run_report(run: Run, path: str | Path | None = None) -> Path:
    """Write the page about a run, evaluated on its test part or else on validation.

    Raises:
        DataError: the run has neither, or predicts values instead of classes.
    """
    data, recipe = run.data, run.recipe
    if data.is_regression:
        raise DataError("the report shows classes, and this run predicts values.")
    data.unseen()
    options = Options(
        facts=_facts(run),
        recipe=recipe.text,
        optimizer=recipe.spec.training.optimizer.make(),
        findings=[finding.as_dict(recipe=True) for finding in findings(run)],
    )
    return write_report(path or run.path, run.subject, options)


def _facts(run: Run) -> dict[str, object]:
    """Return what the page tells of the run, in order."""
    facts = run.facts
    return {
        "recipe": facts.recipe,
        "seed": facts.seed,
        "split": run.data.describe(),
        "stopped": facts.stopped,
        "time": duration(float(facts.results.get("seconds", 0.0))),
        "versions": ", ".join(f"{name} {number}" for name, number in facts.versions.items()),
    }
