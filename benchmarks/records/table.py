"""The tables of docs/records.md, from the results of finished seeds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from pathlib import Path

from benchmarks.records.results import Result, current
from byhand.reproduction.prediction_interval import student

PAGE = Path(__file__).parents[2] / "docs" / "records.md"
BEGIN, END = "<!-- records: begin -->", "<!-- records: end -->"

RECIPES = {
    "simard-800": ("1.6", "Simard 2003", "1.25"),
    "srivastava-1024": ("1.06", "Srivastava 2014", "1.00"),
    "simard-800-elastic": ("0.7", "Simard 2003", "0.55"),
    "ciresan-1000-500": ("0.49", "Ciresan 2010", "0.43"),
    "fashion-record": ("10.0", "Fashion-MNIST benchmark", "8.0"),
    "smallest-98": ("-", "-", "2.0"),
}
"""Recipe -> published test error in per cent, its source, and our target."""


def write_table(results: Sequence[Result]) -> None:
    """Replace the table of the page."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{table(results)}\n{END}{after}", "utf-8")


def table(results: Sequence[Result]) -> str:
    """Return the rows: published, aim, ours, seeds, interval, processor time, command."""
    lines = [
        "| recipe | published | aim | ours | seeds | 95 % interval | processor time | command |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, (published, source, aim) in RECIPES.items():
        mine = current(results, name)
        figure = f"{published} ({source})" if published != "-" else "-"
        lines.append(f"| {name} | {figure} | {aim} | {_ours(mine)} | `byhand train {name}` |")
    return "\n".join(lines) + "\n"


def _ours(mine: Sequence[Result]) -> str:
    if not mine:
        return "not run yet | - | - | -"
    errors = [100 * one["test_error"] for one in mine]
    mean = statistics.fmean(errors)
    low, high = interval(errors)
    seeds = ", ".join(str(one["seed"]) for one in mine)
    work = [one["processor_seconds"] for one in mine if one["processor_seconds"]]
    time = f"{statistics.fmean(work) / 60:.1f} min" if work else "-"
    return f"{mean:.2f} | {seeds} | {low:.2f} to {high:.2f} | {time}"


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
