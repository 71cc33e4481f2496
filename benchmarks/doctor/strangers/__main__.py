"""`python -m benchmarks.doctor.strangers`: the doctor on runs as strangers make them.

A sick run counts as right if the finding that is shown first names its cause and is more than a
note. Otherwise its cause is a note or a later finding, another cause is named, or none is.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Sequence

from benchmarks.doctor.examine import Examined, examine
from benchmarks.doctor.healthy import HEALTHY
from benchmarks.doctor.score import LOOKS, Count, Look, first, named
from benchmarks.doctor.strangers.harm import is_harmed
from benchmarks.doctor.strangers.pools import POOLS
from benchmarks.doctor.strangers.runs import draw, pool
from benchmarks.doctor.strangers.sicknesses import SICKNESSES
from byhand.evaluation.doctor.faults import Case

RIGHT, LATER, WRONG, MISSED = "right", "later or as a note", "wrong", "missed"

TRIES = 6
"""Runs drawn for each run that is wanted, before a kind is given up."""


def main() -> None:
    """Train and examine the requested runs and print the tables."""
    arguments = _arguments()
    began = time.perf_counter()
    print(f"pool {arguments.pool}: {', '.join(data.name for data in pool(arguments.pool))}")
    runs = list(_examined(arguments))
    print(as_text(runs))
    print(f"\n{len(runs)} runs in {time.perf_counter() - began:.0f} s")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.doctor.strangers")
    parser.add_argument("--pool", choices=list(POOLS), default="judge")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each fault")
    parser.add_argument("--healthy", type=int, default=60, help="healthy runs")
    parser.add_argument("--first", type=int, default=0, help="number of the first run of each kind")
    parser.add_argument(
        "--only",
        action="append",
        choices=[HEALTHY, *SICKNESSES],
        metavar="KIND",
        help="kind of run; may be given several times",
    )
    return parser.parse_args()


def _examined(arguments: argparse.Namespace) -> Iterator[Examined]:
    for kind in arguments.only or [HEALTHY, *SICKNESSES]:
        wanted = arguments.healthy if kind == HEALTHY else arguments.seeds
        for number in range(arguments.first, arguments.first + TRIES * wanted):
            if not wanted:
                break
            case, twin = draw(kind, SICKNESSES.get(kind), arguments.pool, number)
            one = examine(case)
            if reason := _left_out(one, twin):
                print(
                    f"left out, {reason}, accuracy {one.accuracy:.1%}: {kind} #{number} "
                    f"[{one.description}]"
                )
                continue
            wanted -= 1
            _print_mistakes(one)
            yield one


def _left_out(one: Examined, twin: Case) -> str:
    """Return why a run does not count: a healthy one that learns badly, a fault without harm."""
    reaches = one.accuracy >= one.bar
    if one.kind == HEALTHY:
        return "" if reaches else "not healthy"
    if not SICKNESSES[one.kind].harms:
        return ""
    if reaches:
        return "learns well"
    if is_harmed(one, twin):
        return ""
    said = ", ".join(f"{name}: {verdict(one, look)}" for name, look in LOOKS.items())
    return f"no worse than its twin ({said})"


def verdict(one: Examined, look: Look) -> str:
    """Return how a sick run was judged."""
    right, shown = SICKNESSES[one.kind].names, first(one, look)
    if shown in right:
        return RIGHT
    if any(finding.check in right for finding in look(one)):
        return LATER
    return WRONG if named(one, look) else MISSED


def _print_mistakes(one: Examined) -> None:
    for name, look in LOOKS.items():
        said = [f"{finding.severity} {finding.check}" for finding in look(one)]
        if one.kind == HEALTHY and named(one, look):
            print(f"ALARM #{one.number} {name}: {', '.join(said)} [{one.description}]", flush=True)
        elif one.kind != HEALTHY and (judged := verdict(one, look)) != RIGHT:
            print(
                f"{judged}: {one.kind} #{one.number} {name}: {', '.join(said) or 'nothing'} "
                f"({one.accuracy:.1%}) [{one.description}]",
                flush=True,
            )


def as_text(runs: Sequence[Examined]) -> str:
    """Return the tables as the documentation shows them, one for each look."""
    return "\n".join(_table(name, look, runs) for name, look in LOOKS.items())


def _table(name: str, look: Look, runs: Sequence[Examined]) -> str:
    sick = [one for one in runs if one.kind != HEALTHY]
    lines = ["", f"| {name} | {RIGHT} | {LATER} | {WRONG} | {MISSED} |", "|---|---|---|---|---|"]
    for kind in SICKNESSES:
        counts = Counter(verdict(one, look) for one in sick if one.kind == kind)
        if counts:
            cells = " | ".join(str(counts[way]) for way in (RIGHT, LATER, WRONG, MISSED))
            lines.append(f"| {kind} | {cells} |")
    right = [verdict(one, look) == RIGHT for one in sick]
    alarmed = [bool(named(one, look)) for one in runs if one.kind == HEALTHY]
    for text, found in (("right cause first", right), ("healthy, alarmed", alarmed)):
        if found:
            lines += ["", f"{text}: {Count(sum(found), len(found))}"]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
