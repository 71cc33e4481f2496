"""The report of a run, or of two runs side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byhand.errors import ArgumentError, DataError, FileError, FormatError
from byhand.readable import duration
from byhand.report import Options, ReportFile, Rival, write_report
from byhand.runs.doctor import findings
from byhand.training.snapshots import Snapshot, read_snapshots

if TYPE_CHECKING:
    from byhand.runs.run import Run

UNCOMPARED = ("title", "order", "teaches", "source", "published", "measures")
"""Fields of a recipe that do not change what is trained."""


def write_run_report(
    run: Run, path: str | Path | None = None, other: Run | None = None
) -> ReportFile:
    """Write the page about a run, evaluated on its test part, or on validation if there is none.

    Args:
        run: the run.
        path: the file, or a folder; by default report.html, or compare-with-OTHER.html, in the
            run's folder.
        other: another run to compare it with.

    Raises:
        ArgumentError: the two are the same run, or have different classes.
        DataError: the run has neither test nor validation data.
    """
    run.data.unseen()
    if path is None:
        path = run.path if other is None else run.path / f"compare-with-{other.path.name}.html"
    options = Options(
        facts=_facts(run),
        recipe=run.recipe.text,
        optimizer=run.recipe.spec.training.optimizer.make(),
        findings=[finding.as_dict(recipe=True) for finding in findings(run)],
        snapshots=_snapshots(run),
        epoch=_epoch(run),
        rival=None if other is None else _rival(run, other),
    )
    return write_report(path, run.subject, options)


def _facts(run: Run) -> dict[str, object]:
    """Return the page's facts about the run, in order."""
    facts = run.facts
    return {
        "recipe": facts.recipe,
        "seed": facts.seed,
        "split": run.data.describe(),
        "stopped": facts.stopped,
        "time": duration(float(facts.results.get("seconds", 0.0))),
        "versions": ", ".join(f"{name} {number}" for name, number in facts.versions.items()),
    }


def _epoch(run: Run) -> int:
    """Return the epoch of the weights that the run ended with."""
    kept_best = run.facts.model == run.folder.best.name
    return (run.facts.best_epoch if kept_best else None) or run.facts.epochs or 0


def _snapshots(run: Run) -> list[Snapshot]:
    """Return the weights of earlier epochs; none if the file is missing or damaged."""
    if not run.folder.snapshots_file.exists():
        return []
    try:
        return read_snapshots(run.folder.snapshots_file)
    except (FileError, FormatError) as error:
        run.say(f"the report has no slider over the epochs: {error}")
        return []


# --- two runs -----------------------------------------------------------------------------------


def _rival(run: Run, other: Run) -> Rival:
    if run.path.resolve() == other.path.resolve():
        raise ArgumentError(
            f"{run.path} and {other.path} are the same run; name two different ones."
        )
    if run.data.is_regression or other.data.is_regression:
        raise DataError("two runs are compared by their classes, and one of them predicts values.")
    if run.subject.classes != other.subject.classes:
        raise ArgumentError(
            f"{run.path} and {other.path} have different classes: "
            f"{_few(run.subject.classes)} and {_few(other.subject.classes)}."
        )
    mine, theirs = (_settings(one) for one in (run, other))
    return Rival(
        name=other.path.name,
        own_name=run.path.name,
        subject=other.subject,
        differences=[
            (name, mine.get(name, ""), theirs.get(name, ""))
            for name in dict.fromkeys([*mine, *theirs])
            if mine.get(name) != theirs.get(name)
        ],
        seconds=(run.seconds, other.seconds),
    )


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def _settings(run: Run) -> dict[str, str]:
    """Return the settings of the training, field by field, and the seed."""
    fields = {name: value for name, value in run.recipe.values.items() if name not in UNCOMPARED}
    return {"recipe": run.facts.recipe, **dict(_flat(fields)), "seed": str(run.facts.seed)}


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield ("training.epochs", "20") and so on, in order."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _printed(value)


def _printed(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_printed(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(_printed(one) for one in value)
    return str(value)
