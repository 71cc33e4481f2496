"""The results of a reproduction as Markdown."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from byhand.readable import duration, percent
from byhand.reproduction.measures import MEASURES
from byhand.reproduction.reproduce import QUICK, Comparison, Reproduction
from byhand.runs.environment import machine, versions

MARKS = {"no figure": "", "not compared": "-"}
"""Verdicts that tables show differently."""

HEADINGS = (
    "recipe",
    "network",
    "measure",
    "published %",
    "measured %",
    "one more run",
    "time",
    "verdict",
)


def to_markdown(done: Reproduction) -> str:
    """Return the tables and everything needed to run it again."""
    lines = [_origin(done), "", *_table(HEADINGS, comparison_rows(done, ranks=True))]
    for name, searches in done.searches.items():
        lines += ["", f"The search of `{name}`, means over the seeds:", ""]
        lines += _table(SEARCH_HEADINGS, search_rows(searches))
    remarks = [f"`{name}`: {note}" for name, note in (done.notes | done.failures).items()]
    if remarks:
        lines += ["", *(f"- {remark}" for remark in remarks)]
    return "\n".join(lines) + "\n"


def comparison_rows(done: Reproduction, *, ranks: bool = False) -> list[list[str]]:
    """Return a row for each comparison; only a recipe's first row has recipe, network and time.

    Args:
        done: the reproduction.
        ranks: add to the verdict how many of our runs the published one exceeds.
    """
    rows, before = [], ""
    for line in done.comparisons:
        first = line.recipe != before
        cells = _row(line, done.seconds.get(line.recipe) if first else None)
        if ranks and line.rank is not None:
            cells[-1] += f", above {percent(line.rank, 0)} of our runs"
        rows.append(cells if first else ["", "", *cells[2:]])
        before = line.recipe
    return rows


def _row(line: Comparison, seconds: float | None) -> list[str]:
    """Return the cells of one comparison, in the order of `HEADINGS`."""
    measure = MEASURES[line.measure]
    scale = 100 if measure.is_fraction else 1
    unit = "" if measure.is_fraction else " s"
    digits = 2 if measure.is_fraction else 0
    published = "" if line.published is None else f"{scale * line.published:.{digits}f}{unit}"
    spread = "" if line.spread is None else f" ± {scale * line.spread:.{digits}f}"
    interval = line.interval if line.published is not None and measure.is_comparable else None
    return [
        line.recipe,
        line.network,
        measure.label,
        published,
        f"{scale * line.mean:.{digits}f}{spread}{unit}",
        "" if interval is None else f"{scale * interval[0]:.2f} to {scale * interval[1]:.2f}",
        "" if seconds is None else f"{seconds:.0f} s",
        MARKS.get(line.verdict, line.verdict),
    ]


def seeds_in_words(seeds: Sequence[int]) -> str:
    """Return "seed 0" or "seeds 0, 1, 2"."""
    return f"seed{'s' if len(seeds) > 1 else ''} {', '.join(str(seed) for seed in seeds)}"


# --- searches -----------------------------------------------------------------------------------

SEARCH_HEADINGS = ("tried", "validation %", "loss gap %", "accuracy gap %", "train %", "time")
SEARCH_FRACTIONS = ("validation accuracy", "loss gap", "accuracy gap", "train accuracy")


def search_rows(searches: Sequence[Sequence[Mapping[str, Any]]]) -> list[list[str]]:
    """Return a row for each trial with means over the seeds."""
    rows = []
    for trials in zip(*searches, strict=False):
        numbers = [_mean(trials, name) for name in SEARCH_FRACTIONS]
        cells = ["" if number is None else f"{100 * number:.2f}" for number in numbers]
        cells[1] = "" if numbers[1] is None else str(round(100 * numbers[1]))
        rows.append([tried(trials[0]), *cells, duration(_mean(trials, "seconds") or 0.0)])
    return rows


def tried(trial: Mapping[str, Any]) -> str:
    """Return the values of a trial: "l2 = 0.001"."""
    values = list(trial)[: list(trial).index("folder")]
    return ", ".join(f"{name} = {trial[name]}" for name in values)


def _mean(trials: Sequence[Mapping[str, Any]], name: str) -> float | None:
    values = [trial[name] for trial in trials if trial.get(name) is not None]
    return sum(values) / len(values) if values else None


# --- origin ------------------------------------------------------------------------


def _origin(done: Reproduction) -> str:
    """Return a paragraph with commit, seeds, versions and machine."""
    known, settings, here = versions(), done.training, machine()
    quick = (
        f"A quick run with 1/{QUICK} of the epochs, only for trying it out. " if done.quick else ""
    )
    early = "Ended early by Ctrl-C. " if done.interrupted else ""
    return (
        f"{quick}{early}Measured on {datetime.now(UTC):%d %B %Y} at commit {commit()}, "
        f"{seeds_in_words(done.seeds)}: byhand {known['byhand']}, Python {known['python']}, "
        f"NumPy {known['numpy']}, kernels {settings.get('kernels', '?')}, "
        f"BLAS {settings.get('blas', '?')}, {here['cores']} cores ({here['processor']}). Measured "
        "figures are means over the seeds ± their standard deviation; one more run of the recipe "
        "lies in the interval given with 95 % probability; time is that of one training."
    )


def commit() -> str:
    """Return the commit of the source code, and whether it has been changed since."""
    folder = Path(__file__).parents[1]
    head = _git(folder, "rev-parse", "--short=12", "HEAD")
    tracked = _git(folder, "ls-files", "--error-unmatch", "__init__.py")
    if not head or not tracked:
        return "unknown (not run from a checkout)"
    return head + (" with changes" if _git(folder, "status", "--porcelain", "--", ".") else "")


def _git(folder: Path, *arguments: str) -> str:
    """Return the output of git; nothing if it fails."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


# --- tables -------------------------------------------------------------------------------------


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    cells = [list(headings), ["---"] * len(headings), *rows]
    return [f"| {' | '.join(line)} |" for line in cells]
