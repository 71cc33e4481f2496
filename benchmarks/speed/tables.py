"""Tables of the results, the same for the terminal and for the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.speed import cases
from benchmarks.speed.cases import GROUPS
from benchmarks.speed.figures import COLD, Verdict, check_figures
from benchmarks.speed.measure import (
    Result,
    Spread,
    accuracy_gaps,
    median,
    paired_ratios,
    took_part,
)

Results = dict[str, Any]
"""Contents of the file that `python -m benchmarks.speed --json` writes."""

QUANTITY = re.compile(r"–$|[+-]?\d[\d.]*($|[ x%])")
UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table with aligned columns; columns of numbers are right-aligned."""
    columns = list(zip(headings, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    right = [_is_number(column[1:]) for column in columns]

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(cells, widths, right, strict=True)
        )
        return "| " + " | ".join(padded) + " |"

    rule = ("-" * (w + 1) + (":" if r else "-") for w, r in zip(widths, right, strict=True))
    return "\n".join([line(headings), "|" + "|".join(rule) + "|", *map(line, rows)])


def _is_number(cells: Sequence[str]) -> bool:
    """Return whether a column holds quantities: its cells begin with a digit, sign or dash."""
    filled = [cell for cell in cells if cell and cell != "failed"]
    return bool(filled) and all(QUANTITY.match(cell) for cell in filled)


# --- numbers ------------------------------------------------------------------------------------


def duration(seconds: float) -> str:
    """Format seconds as s, ms or µs with three digits."""
    size, unit = _unit(seconds)
    return f"{seconds / size:.3g} {unit}"


def _unit(seconds: float) -> tuple[float, str]:
    return next((pair for pair in UNITS if seconds >= pair[0]), UNITS[-1])


def durations(numbers: Sequence[float]) -> str:
    """Format the median and, in brackets, the quartiles in the unit of the median."""
    found = Spread.of(numbers)
    size, unit = _unit(found.median)
    low, middle, high = (f"{n / size:.3g}" for n in (found.low, found.median, found.high))
    return f"{middle} {unit} ({low}–{high})"


def times(ratio: float) -> str:
    """Format a ratio."""
    return f"{ratio:.2f}x"


def ratios(found: Spread) -> str:
    """Format a median ratio and its quartiles."""
    return f"{times(found.median)} ({found.low:.2f}–{found.high:.2f})"


# --- the machine --------------------------------------------------------------------------------


def machine_table(results: Results) -> str:
    """Return a table of the machine, the versions and the settings."""
    machine, settings = results["machine"], results["settings"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    memory = f"{machine['memory_gb']} GB"
    rows = [
        ("processor", f"{machine['processor']}, {machine['cores']} cores, {memory}"),
        ("system", f"{machine['system']}, Python {machine['python']}"),
        ("BLAS of NumPy", machine["blas"]),
        ("versions", versions),
        ("data", "MNIST" if settings["real"] else "random images, so accuracy is not checked"),
        ("rounds", f"{settings['rounds']}, on {machine['date']}"),
    ]
    if settings["quick"]:
        rows.append(("quick", "tiny sizes, so the times mean nothing"))
    return table(("", "here"), rows)


# --- training and prediction ----------------------------------------------------------------------


def times_table(results: Results, group: str) -> str:
    """Return a table of cases by peers: median times and their quartiles."""
    found = _cases(results, group)
    if not found:
        return NOTHING
    peers = [name for name in _order() if any(took_part(case, name) for case in found.values())]
    rows = [[name, *(_time(case, peer) for peer in peers)] for name, case in found.items()]
    return table([_heading(group), *peers], rows)


def ratios_table(results: Results, group: str) -> str:
    """Return a table of cases by peers: time relative to byhand's, paired within rounds."""
    found = {n: c for n, c in _cases(results, group).items() if _reference(c)}
    if not found:
        return NOTHING
    peers = [
        name
        for name in _order()
        if name != cases.OURS and any(took_part(case, name) for case in found.values())
    ]
    rows = [[name, *(_ratio(case, peer) for peer in peers)] for name, case in found.items()]
    return table([f"time / that of {cases.OURS}", *peers], rows)


def settings_table(results: Results, group: str) -> str:
    """Return a table of the settings that each peer chose, and its seconds of compiling."""
    rows = [
        (name, peer, _chosen(result["facts"]), _compiled(result["facts"]))
        for name, case in _cases(results, group).items()
        for peer, result in case["peers"].items()
        if result.get("seconds") and result["facts"]
    ]
    return table(("case", "peer", "settings", "before the first epoch"), rows) if rows else NOTHING


def accuracy_table(results: Results) -> str:
    """Return a table of test accuracies and whether they agree with byhand's."""
    rows = [
        (name, peer, f"{accuracy:.2%}", f"{gap:+.2%}", "agrees" if agrees else "DIFFERS")
        for name, peer, accuracy, gap, agrees in accuracies(results)
    ]
    headings = ("case", "peer", "accuracy", f"over {cases.OURS}", "")
    return table(headings, rows) if rows else NOTHING


def accuracies(results: Results) -> Iterator[tuple[str, str, float, float, bool]]:
    """Yield (case, peer, accuracy, difference from byhand's, whether it is within tolerance)."""
    for name, case in results["cases"].items():
        for peer, gap in accuracy_gaps(case, _reference(case)).items():
            accuracy = median(case["peers"][peer], "accuracy")
            yield name, peer, accuracy, gap, abs(gap) <= case["work"].get("tolerance", 1.0)


# --- figures to reach -----------------------------------------------------------------------------


def figures_table(results: Results) -> str:
    """Return a table of every figure, its measurement and whether it was reached."""
    rows = [_figure_row(verdict) for verdict in check_figures(results["cases"])]
    return table(("ratio", "case", "to reach", "measured", ""), rows) if rows else NOTHING


def _figure_row(verdict: Verdict) -> tuple[str, str, str, str, str]:
    figure = verdict.figure
    more = {"megabytes": ", peak memory"}.get(figure.what, "")
    more += ", compiling and one epoch" if figure.compiling else ""
    limit = f"{'at least' if figure.at_least else 'at most'} {times(figure.limit)}"
    what = f"{verdict.above} / {figure.below}{more}"
    return what, figure.case, limit, ratios(verdict.ratio), "met" if verdict.met else "MISSED"


# --- processes, sizes, growth, profiles -----------------------------------------------------------


def cold_table(results: Results) -> str:
    """Return a table of whole processes: time, peak memory, accuracy."""
    case = results["cases"].get(COLD)
    if case is None:
        return NOTHING
    rows = [
        (
            peer,
            durations(result["seconds"]),
            f"{median(result, 'megabytes'):.0f} MB",
            f"{min(result['accuracy']):.2%}",
            "reached" if min(result["accuracy"]) >= case["work"]["accuracy"] else "NOT REACHED",
        )
        for peer, result in case["peers"].items()
        if result.get("seconds")
    ]
    goal = f"{case['work']['accuracy']:.0%}"
    return table(("process", "shell to model", "peak memory", "lowest accuracy", goal), rows)


def size_table(results: Results) -> str:
    """Return a table of the sizes of installations."""
    rows = [
        (name, f"{size['megabytes']:.0f} MB", str(size["packages"]))
        for name, size in results.get("install", {}).items()
    ]
    return table(("pip install", "size", "packages"), rows) if rows else NOTHING


def growth_table(results: Results) -> str:
    """Return a table of a step's time by width, depth, batch and images, with its products."""
    rows = []
    for name, case in _cases(results, "growth").items():
        if took_part(case, cases.FLOOR) and took_part(case, cases.OURS):
            work, peers = case["work"], case["peers"]
            steps = -(-work["images"] // work["batch"])
            ratio = Spread.of(paired_ratios(case, cases.OURS, cases.FLOOR)).median
            rows.append(
                (
                    name.removeprefix("growth "),
                    duration(median(peers[cases.OURS])),
                    duration(median(peers[cases.OURS]) / steps),
                    duration(median(peers[cases.FLOOR]) / steps),
                    times(ratio),
                )
            )
    headings = ("784-256-10 with", "an epoch", "a step", "its products", "ratio")
    return table(headings, rows) if rows else NOTHING


def profile_table(profile: dict[str, Any]) -> str:
    """Return a table of one profile: parts of a step in microseconds."""
    step = profile["step"]
    rows = [
        (
            row["kind"],
            row["part"],
            f"{row['in_step']:.1f}",
            "" if row["alone"] is None else f"{row['alone']:.1f}",
            f"{row['in_step'] / step:.1%}",
        )
        for row in profile["rows"]
    ]
    rows.append(("the whole step", "", f"{step:.1f}", "", f"{1:.1%}"))
    return table(("kind", "part", "µs in the step", "µs alone", "fraction"), rows)


def profile_tables(results: Results) -> str:
    """Return a table of all profiles by kind of part."""
    profiles = results.get("profiles", {})
    kinds = list(dict.fromkeys(row["kind"] for p in profiles.values() for row in p["rows"]))
    rows = [
        [name, *(_time_and_fraction(profile, kind) for kind in kinds), f"{profile['step']:.0f} µs"]
        for name, profile in profiles.items()
    ]
    return table(["µs of a step", *kinds, "the step"], rows) if rows else NOTHING


def _time_and_fraction(profile: dict[str, Any], kind: str) -> str:
    spent = sum(row["in_step"] for row in profile["rows"] if row["kind"] == kind)
    return f"{spent:.1f} ({spent / profile['step']:.0%})"


# --- cells ----------------------------------------------------------------------------------------

NOTHING = "(not measured)"


def _cases(results: Results, group: str) -> dict[str, Result]:
    names = [work.name for work in GROUPS[group]]
    return {name: results["cases"][name] for name in names if name in results["cases"]}


def _order() -> tuple[str, ...]:
    return (cases.FLOOR, *cases.LEARNERS, cases.TEXTBOOK)


def _heading(group: str) -> str:
    return {"latency": "one call", "prediction": "one call", "full-batch": "one iteration"}.get(
        group, "one epoch"
    )


def _reference(case: Result) -> str:
    """Return the fastest backend of byhand that took part, or an empty text."""
    return next((peer for peer in (cases.OURS, cases.OURS_PLAIN) if took_part(case, peer)), "")


def _time(case: Result, peer: str) -> str:
    if took_part(case, peer):
        return durations(case["peers"][peer]["seconds"])
    return "failed" if "error" in case["peers"].get(peer, {}) else "–"


def _ratio(case: Result, peer: str) -> str:
    reference = _reference(case)
    if not took_part(case, peer) or peer == reference:
        return "–"
    return ratios(Spread.of(paired_ratios(case, peer, reference)))


def _chosen(facts: dict[str, Any]) -> str:
    chosen = {name: value for name, value in facts.items() if name != "compile_seconds"}
    return ", ".join(f"{name} {value}" for name, value in chosen.items()) or "–"


def _compiled(facts: dict[str, Any]) -> str:
    return duration(facts["compile_seconds"]) if "compile_seconds" in facts else "–"
