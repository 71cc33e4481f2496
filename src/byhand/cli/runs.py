"""`byhand runs`: all runs, sorted and filtered."""

from __future__ import annotations

from typing import Annotated

from byhand.cli import printing
from byhand.cli.options import AsJson, Option
from byhand.readable import duration
from byhand.runs.folder import runs_folder
from byhand.runs.listing import Entry, list_runs, parse_condition, times_tested

EXAMPLES = (
    "byhand runs                                     all runs, the latest first",
    "byhand runs --sort validation --last 10         the ten best",
    "byhand runs --where optimizer=adam --where 'test>=98%'",
    "byhand runs --where dataset=mnist --sort parameters --json",
)

Sort = Annotated[
    str,
    Option(
        "--sort",
        help="test, validation, train, parameters, seconds, recipe, started, ... or a field of "
        "the recipe, such as learning_rate.",
    ),
]
Where = Annotated[
    list[str] | None,
    Option(
        "--where",
        help="Only runs with FIELD=VALUE (or != < > <= >=). Repeat it; all conditions must hold.",
        show_default=False,
    ),
]
Reverse = Annotated[bool, Option("--reverse", help="Reverse the order.")]
Last = Annotated[
    int | None,
    Option("--last", help="Show only this many, from the top.", min=1, show_default="all"),
]

HEADINGS = ("run", "data", "network", "seed", "validation", "test", "95% interval", "tested",
            "epochs", "time", "status")  # fmt: skip


def runs(
    *,
    sort: Sort = "started",
    where: Where = None,
    reverse: Reverse = False,
    last: Last = None,
    as_json: AsJson = False,
) -> None:
    """List all runs, and how often each was scored on its test part.

    The terminal shows accuracies in per cent, and JSON has fractions. Conditions take both (98% or
    0.98).
    """
    conditions = [parse_condition(text) for text in where or []]
    entries = list_runs(conditions, sort, reverse=reverse)[:last]
    if as_json:
        printing.json_lines([entry.as_dict() for entry in entries])
        return
    if not entries:
        found = "no run matches" if conditions else "there are no runs"
        printing.note(f"{found} in {runs_folder()}.")
        return
    is_shown = sort not in ("run", "started", "dataset", "network", "seed", "validation", "test",
                            "tested", "epochs", "seconds", "status")  # fmt: skip
    headings = [*HEADINGS, *([sort] if is_shown else [])]
    rows = [[*_cells(entry), *([entry.value(sort)] if is_shown else [])] for entry in entries]
    printing.table(headings, rows, left=["run", "data", "network", "status"])
    printing.line()
    for data, (count, times) in times_tested(entries).items():
        printing.line(
            f"{data}: {count} run{'s' * (count != 1)} scored on the test part, {times} "
            f"time{'s' * (times != 1)} in all"
        )
    if sort == "test" and len(entries) > 1:
        printing.line("the best of many test scores is too high; choose by validation instead")


def _cells(entry: Entry) -> list[object]:
    interval = entry.interval("test")
    return [
        entry.value("run"),
        entry.value("dataset"),
        entry.value("network"),
        entry.value("seed"),
        _per_cent(entry.value("validation")),
        _per_cent(entry.value("test")),
        "" if interval is None else f"{100 * interval[0]:.2f} to {100 * interval[1]:.2f}",
        entry.value("tested"),
        entry.value("epochs"),
        duration(entry.value("seconds")),
        entry.value("status"),
    ]


def _per_cent(accuracy: float | None) -> str:
    return "" if accuracy is None else f"{100 * accuracy:.2f}"
