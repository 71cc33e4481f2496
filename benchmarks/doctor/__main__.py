"""`python -m benchmarks.doctor`: the hit rate and false alarms of the doctor."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.doctor.data import POOLS, pool
from benchmarks.doctor.examine import Examined, examine
from benchmarks.doctor.faulty import EXPECTED, FAULTS, draw, is_possible
from benchmarks.doctor.healthy import HEALTHY
from benchmarks.doctor.score import (
    LOOKS,
    alarms,
    by_check,
    expected,
    first,
    found,
    found_first,
    named,
    of_kind,
    wrong_findings,
)


def main() -> None:
    """Train and examine the requested runs and print the tables."""
    arguments = _arguments()
    began = time.perf_counter()
    print(f"pool {arguments.pool}: {', '.join(data.name for data in pool(arguments.pool))}")
    runs = list(_examined(arguments))
    print(as_text(runs))
    print(f"\n{len(runs)} runs in {time.perf_counter() - began:.0f} s")
    if arguments.json:
        arguments.json.write_text(json.dumps(as_dict(runs, arguments.pool), indent=1) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.doctor", description=__doc__)
    parser.add_argument("--pool", choices=list(POOLS), default="unseen")
    parser.add_argument("--seeds", type=int, default=8, help="runs of each fault")
    parser.add_argument("--healthy", type=int, default=100, help="healthy runs")
    parser.add_argument("--first", type=int, default=0, help="number of the first run of each kind")
    parser.add_argument("--only", action="append", help="kind of run; may be given several times")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    return parser.parse_args()


def _examined(arguments: argparse.Namespace) -> Iterator[Examined]:
    for kind in arguments.only or [HEALTHY, *FAULTS]:
        if not is_possible(kind, arguments.pool):
            print(f"{kind} is left out: no data of this pool suit it")
            continue
        wanted, number = arguments.healthy if kind == HEALTHY else arguments.seeds, arguments.first
        while wanted:
            one = examine(draw(kind, arguments.pool, number))
            number += 1
            if not one.is_what_it_should_be:
                print(f"left out, accuracy {one.accuracy:.1%}: {kind} [{one.description}]")
                continue
            wanted -= 1
            _print_mistakes(one)
            yield one


def _print_mistakes(one: Examined) -> None:
    for name, look in LOOKS.items():
        found_checks = named(one, look)
        wrong = found_checks - expected(one)
        said = [f"wrong: {', '.join(sorted(wrong))}"] if wrong else []
        if one.kind != HEALTHY and EXPECTED[one.kind] not in found_checks:
            said.insert(0, "missed")
        elif one.kind != HEALTHY and EXPECTED[one.kind] != first(one, look):
            said.insert(0, f"second to {first(one, look)}")
        if said:
            print(f"{one.kind} #{one.number}, {name}: {'; '.join(said)} [{one.description}]")


# --- tables ---------------------------------------------------------------------------------------


def as_text(runs: Sequence[Examined]) -> str:
    """Return the tables as the documentation shows them."""
    names = list(LOOKS)
    lines = ["", "| fault | check | " + " | ".join(f"first {name}" for name in names) + " |"]
    lines.append("|---|---|---|---|")
    for kind, check in EXPECTED.items():
        some = of_kind(runs, kind)
        if some:
            hits = [found_first(some, look) for look in LOOKS.values()]
            counts = " | ".join(f"{hit.hits} of {hit.of}" for hit in hits)
            lines.append(f"| {kind} | `{check}` | {counts} |")
    lines += ["", f"| | {names[0]} | {names[1]} |", "|---|---|---|"]
    faulty = [one for one in runs if one.kind != HEALTHY]
    for title, count, some in (
        ("faulty runs whose fault is the first finding", found_first, faulty),
        ("faulty runs whose fault is among the findings", found, faulty),
        ("healthy runs with a finding", alarms, of_kind(runs, HEALTHY)),
        ("faulty runs with a wrong finding", alarms, faulty),
        ("findings that are wrong", wrong_findings, runs),
    ):
        if some:
            lines.append(f"| {title} | {' | '.join(str(count(some, k)) for k in LOOKS.values())} |")
    for name, look in LOOKS.items():
        wrong = {check: count for check, count in by_check(runs, look).items() if count.hits}
        listed = ", ".join(f"{check} {count.hits}/{count.of}" for check, count in wrong.items())
        lines.append(f"\nWrong findings by check, {name}: {listed or 'none'}.")
    same = sum(_same(one) for one in runs)
    lines.append(f"Both give the same findings in {same} of {len(runs)} runs.")
    seconds = [sum(one.seconds[k] for one in runs) / len(runs) for k in range(3)]
    lines.append(
        f"Seconds for each run: training {seconds[0]:.2f}, the doctor in training "
        f"{seconds[1]:.2f}, afterwards {seconds[2]:.2f}."
    )
    return "\n".join(lines)


def _same(one: Examined) -> bool:
    first, second = (named(one, look) for look in LOOKS.values())
    return first == second


def as_dict(runs: Sequence[Examined], pool_name: str) -> dict[str, object]:
    """Return the tables' contents as plain values."""
    faulty = [one for one in runs if one.kind != HEALTHY]
    return {
        "pool": pool_name,
        "looks": {
            name: {
                "found_first": found_first(faulty, look).as_dict(),
                "found": found(faulty, look).as_dict(),
                "found_by_kind": {
                    kind: found(of_kind(runs, kind), look).as_dict() for kind in FAULTS
                },
                "healthy_alarms": alarms(of_kind(runs, HEALTHY), look).as_dict(),
                "sick_alarms": alarms(faulty, look).as_dict(),
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
