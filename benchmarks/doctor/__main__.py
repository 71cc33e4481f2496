"""`python -m benchmarks.doctor`: hit rate and false alarms of the doctor, on runs made sick."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.doctor.data import POOLS, pool
from benchmarks.doctor.examine import Examined, examine
from benchmarks.doctor.sane import HEALTHY
from benchmarks.doctor.score import (
    LOOKS,
    alarms,
    by_check,
    found,
    named,
    of_kind,
    right,
    wrong_findings,
)
from benchmarks.doctor.sick import EXPECTED, FAULTS, draw


def main() -> None:
    """Run what is asked for and print the tables."""
    asked = _arguments()
    began = time.perf_counter()
    print(f"pool {asked.pool}: {', '.join(data.name for data in pool(asked.pool))}")
    runs = list(_examined(asked))
    print(as_text(runs))
    print(f"\n{len(runs)} runs in {time.perf_counter() - began:.0f} s")
    if asked.json:
        asked.json.write_text(json.dumps(as_dict(runs, asked.pool), indent=1) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.doctor", description=__doc__)
    parser.add_argument("--pool", choices=list(POOLS), default="unseen")
    parser.add_argument("--seeds", type=int, default=8, help="runs of each fault")
    parser.add_argument("--healthy", type=int, default=100, help="healthy runs")
    parser.add_argument("--first", type=int, default=0, help="number of the first run of a kind")
    parser.add_argument("--only", action="append", help="kinds of runs; repeated for several")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    return parser.parse_args()


def _examined(asked: argparse.Namespace) -> Iterator[Examined]:
    for kind in asked.only or [HEALTHY, *FAULTS]:
        wanted, number = asked.healthy if kind == HEALTHY else asked.seeds, asked.first
        while wanted:
            one = examine(draw(kind, asked.pool, number))
            number += 1
            if not one.is_what_it_should_be:
                print(f"left out, {one.accuracy:.1%} right: {kind} [{one.description}]")
                continue
            wanted -= 1
            _say_mistakes(one)
            yield one


def _say_mistakes(one: Examined) -> None:
    for name, look in LOOKS.items():
        said = named(one, look)
        missed = one.kind != HEALTHY and EXPECTED[one.kind] not in said
        wrong = said - right(one)
        if missed or wrong:
            print(
                f"{one.kind} #{one.number}, {name}: "
                f"{'missed; ' if missed else ''}{'wrong: ' + ', '.join(wrong) if wrong else ''} "
                f"[{one.description}]"
            )


# --- tables ---------------------------------------------------------------------------------------


def as_text(runs: Sequence[Examined]) -> str:
    """Everything that was counted, as the documentation shows it."""
    names = list(LOOKS)
    lines = ["", f"| fault | check | found {names[0]} | found {names[1]} |", "|---|---|---|---|"]
    for kind, check in EXPECTED.items():
        some = of_kind(runs, kind)
        if some:
            hits = [found(some, look) for look in LOOKS.values()]
            counts = " | ".join(f"{hit.hits} of {hit.of}" for hit in hits)
            lines.append(f"| {kind} | `{check}` | {counts} |")
    lines += ["", f"| | {names[0]} | {names[1]} |", "|---|---|---|"]
    sick = [one for one in runs if one.kind != HEALTHY]
    for title, count, some in (
        ("sick runs whose fault is found", found, sick),
        ("healthy runs of which something is said", alarms, of_kind(runs, HEALTHY)),
        ("sick runs of which something wrong is said", alarms, sick),
        ("findings that are wrong", wrong_findings, runs),
    ):
        if some:
            lines.append(f"| {title} | {' | '.join(str(count(some, k)) for k in LOOKS.values())} |")
    for name, look in LOOKS.items():
        wrong = {check: count for check, count in by_check(runs, look).items() if count.hits}
        spoken = ", ".join(f"{check} {count.hits}/{count.of}" for check, count in wrong.items())
        lines.append(f"\nWrong findings by check, {name}: {spoken or 'none'}.")
    same = sum(_same(one) for one in runs)
    lines.append(f"The two faces name the same in {same} of {len(runs)} runs.")
    parts = [sum(one.seconds[part] for one in runs) / len(runs) for part in range(3)]
    lines.append(
        f"Seconds a run: training {parts[0]:.2f}, the doctor beside it {parts[1]:.2f}, "
        f"afterwards {parts[2]:.2f}."
    )
    return "\n".join(lines)


def _same(one: Examined) -> bool:
    first, second = (named(one, look) for look in LOOKS.values())
    return first == second


def as_dict(runs: Sequence[Examined], pool_name: str) -> dict[str, object]:
    """The same as plain values."""
    sick = [one for one in runs if one.kind != HEALTHY]
    return {
        "pool": pool_name,
        "looks": {
            name: {
                "found": found(sick, look).as_dict(),
                "found_by_kind": {
                    kind: found(of_kind(runs, kind), look).as_dict() for kind in FAULTS
                },
                "healthy_alarms": alarms(of_kind(runs, HEALTHY), look).as_dict(),
                "sick_alarms": alarms(sick, look).as_dict(),
                "wrong_findings": wrong_findings(runs, look).as_dict(),
                "by_check": {k: count.as_dict() for k, count in by_check(runs, look).items()},
            }
            for name, look in LOOKS.items()
        },
        "same": sum(_same(one) for one in runs),
        "runs": len(runs),
    }


if __name__ == "__main__":
    main()
