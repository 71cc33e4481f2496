"""The tables of docs/records.md, from the results of finished seeds."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.records.committee import COMMITTEES
from benchmarks.records.fastest import SIDES, TIMES, WITHOUT
from benchmarks.records.results import Result, current, read_results
from byhand.reproduction.prediction_interval import student

PAGE = Path(__file__).parents[2] / "docs" / "records.md"

RECIPES = {
    "simard-800": ("1.6", "Simard 2003", "1.25"),
    "srivastava-1024": ("1.06", "Srivastava 2014", "1.00"),
    "simard-800-elastic": ("0.7", "Simard 2003", "0.55"),
    "ciresan-1000-500": ("0.49", "Ciresan 2010", "0.43"),
    "ciresan-2500": ("0.35", "Ciresan 2010", "0.35"),
    "fashion-record": ("10.0", "Fashion-MNIST benchmark", "8.0"),
    "smallest-98": ("-", "-", "2.0"),
}
"""Recipe -> published test error in per cent, its source, and our target."""

FASTEST = {"fastest-98": "2.0", "fastest-99": "1.0", "fastest-99-4": "0.6"}
"""Recipe -> the test error that it has to reach, in per cent."""


def write_tables() -> None:
    """Replace the tables of the page."""
    text = PAGE.read_text("utf-8")
    for name, made in tables().items():
        begin, end = marks(name)
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = f"{before}{begin}\n\n{made}\n{end}{after}"
    PAGE.write_text(text, "utf-8")


def tables() -> dict[str, str]:
    """Return each table of the page by its name."""
    return {
        "records": table(read_results(), read_results(COMMITTEES)),
        "fastest": fastest_table(read_results(TIMES)),
    }


def marks(name: str) -> tuple[str, str]:
    """Return the comments of the page between which a table stands."""
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


def table(results: Sequence[Result], committees: Sequence[Result] = ()) -> str:
    """Return the rows: published, aim, ours, seeds, interval, processor time, command."""
    lines = [
        "| recipe | published | aim | ours | seeds | 95 % interval | processor time | command |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, (published, source, aim) in RECIPES.items():
        mine = current(results, name)
        figure = f"{published} ({source})" if published != "-" else "-"
        lines.append(f"| {name} | {figure} | {aim} | {_ours(mine)} | `byhand train {name}` |")
    lines += [_committee(one) for one in committees[-1:]]
    return "\n".join(lines) + "\n"


def _ours(mine: Sequence[Result]) -> str:
    if not mine:
        return "not finished | - | - | -"
    errors = _per_cent(mine)
    mean = statistics.fmean(errors)
    low, high = interval(errors)
    seeds = ", ".join(str(one["seed"]) for one in mine)
    work = [one["processor_seconds"] for one in mine if one["processor_seconds"]]
    time = f"{statistics.fmean(work) / 60:.1f} min" if work else "-"
    return f"{mean:.2f} | {seeds} | {low:.2f} to {high:.2f} | {time}"


def _committee(one: Result) -> str:
    """Return the row of a committee: how many members of which recipes, and their error."""
    counts = Counter(member["recipe"] for member in one["members"])
    members = ", ".join(f"{count} x {name}" for name, count in counts.items())
    error = 100 * one["test_error"]
    low, high = interval([error])
    return (
        f"| committee of {len(one['members'])}: {members} | 0.31 (Ciresan 2011, 7 members) | 0.31 "
        f"| {error:.2f} | - | {low:.2f} to {high:.2f} | - | `byhand evaluate RUN --with RUN ...` |"
    )


def fastest_table(times: Sequence[Result]) -> str:
    """Return the rows: both libraries' mean error and processor seconds, and their ratio."""
    lines = [
        "| recipe | aim | seeds | byhand: error | seconds | PyTorch: error | seconds | ratio |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, aim in FASTEST.items():
        mine = current(times, name)
        sides = [[one for one in mine if one["by"] == by] for by in SIDES]
        if not all(sides):
            lines.append(f"| {name} | {aim} | - | not finished | - | - | - | - |")
            continue
        seeds = ", ".join(str(one["seed"]) for one in sides[0])
        cells = [f"{_mean_error(side)} | {_seconds(side):.1f}" for side in sides]
        ratio = _seconds(sides[1]) / _seconds(sides[0])
        lines.append(f"| {name} | {aim} | {seeds} | {' | '.join(cells)} | {ratio:.1f} |")
    options = " ".join(WITHOUT)
    return "\n".join(lines) + f"\n\nCommand: `byhand train RECIPE {options}`\n"


def _per_cent(results: Sequence[Result]) -> list[float]:
    return [100 * one["test_error"] for one in results]


def _mean_error(results: Sequence[Result]) -> str:
    return f"{statistics.fmean(_per_cent(results)):.2f}"


def _seconds(results: Sequence[Result]) -> float:
    return statistics.fmean(one["processor_seconds"] for one in results)


def interval(errors: Sequence[float], images: int = 10_000) -> tuple[float, float]:
    """Return the 95 % interval of the mean error in per cent.

    Several seeds give Student's interval; one seed gives Wilson's interval for a fraction of 10,000
    test images.
    """
    mean = statistics.fmean(errors)
    if len(errors) > 1:
        reach = student(len(errors) - 1) * statistics.stdev(errors) / math.sqrt(len(errors))
        return max(0.0, mean - reach), mean + reach
    z, p = 1.96, mean / 100
    centre = (p + z * z / (2 * images)) / (1 + z * z / images)
    reach = z / (1 + z * z / images) * math.sqrt(p * (1 - p) / images + z * z / (4 * images**2))
    return 100 * (centre - reach), 100 * (centre + reach)
