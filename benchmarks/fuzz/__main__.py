"""`python -m benchmarks.fuzz`: feed malformed files to every reader, and print what escapes."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.fuzz.campaign import Campaign, replay
from benchmarks.fuzz.ledger import Ledger
from benchmarks.fuzz.page import write_table
from benchmarks.fuzz.readers import READERS
from benchmarks.fuzz.rounds import Found

KEPT = Path("build/fuzz")


def main(words: list[str] | None = None) -> None:
    """Try the requested number of inputs; exit with 1 if one escaped."""
    arguments = _arguments(words)
    if arguments.replay:
        sys.exit(replay(arguments.replay))
    if arguments.page:
        write_table()
        return
    ledger = Ledger(arguments.json)
    names = sorted(arguments.reader or READERS, key=ledger.inputs_of)  # who has had the least first
    readers = [READERS[name] for name in names]
    if arguments.total is not None:
        arguments.inputs = max(arguments.total - ledger.inputs, 0)
    campaign = Campaign(readers, arguments.seed, arguments.keep, ledger)
    until = time.monotonic() + 60 * arguments.minutes if arguments.minutes else float("inf")
    memory = Path("/dev/shm")  # noqa: S108 - inputs are written a thousand times a second
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as place:
        try:
            campaign.run(arguments.inputs, until, arguments.jobs, Path(place))
        except KeyboardInterrupt:
            print("stopped", file=sys.stderr)
    print(table(campaign.found))
    if arguments.json is not None:
        print(
            f"{arguments.json}: {ledger.inputs:,} inputs in {len(ledger.campaigns)} campaigns, "
            f"{ledger.inputs_since_new:,} since the last new kind of escape"
        )
    sys.exit(1 if any(found.escapes for found in campaign.found.values()) else 0)


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, help="number of inputs of all readers together")
    parser.add_argument("--minutes", type=float, help="stop after this time (1 unless --inputs)")
    parser.add_argument("--reader", action="append", choices=READERS, help="only this one")
    parser.add_argument("--total", type=int, help="stop when --json counts this many inputs")
    parser.add_argument("--seed", type=int, help="by default one that is not in --json")
    parser.add_argument("--jobs", type=int, default=1, help="processes at once (1)")
    parser.add_argument("--keep", type=Path, default=KEPT, help=f"where escapes are kept ({KEPT})")
    parser.add_argument("--replay", type=Path, help="try an escape again, by its folder")
    parser.add_argument("--json", type=Path, help="a ledger: add the figures to this file")
    parser.add_argument("--page", action="store_true", help="write the table of the page instead")
    arguments = parser.parse_args(words)
    if arguments.total is not None and arguments.json is None:
        parser.error("--total needs --json, the ledger in which inputs are counted")
    if arguments.inputs is None and arguments.minutes is None and arguments.total is None:
        arguments.minutes = 1.0
    return arguments


def table(found: dict[str, Found]) -> str:
    """Return the table of results."""
    lines = [
        f"{'reader':<16}{'inputs':>12}{'accepted':>12}{'escapes':>9}{'kinds':>7}{'a second':>10}"
    ]
    total = Found()
    for name, one in found.items():
        lines.append(_line(name, one))
        total.add(one)
        lines += [f"    {count:>6} x {kind}" for kind, count in one.counts.most_common()]
    return "\n".join([*lines, _line("all", total)])


def _line(name: str, found: Found) -> str:
    speed = found.inputs / found.seconds if found.seconds else 0
    return (
        f"{name:<16}{found.inputs:>12,}{found.answers['accepted']:>12,}"
        f"{found.counts.total():>9,}{len(found.counts):>7}{speed:>10,.0f}"
    )


if __name__ == "__main__":
    if shutil.which("true") is None:  # not a POSIX system
        sys.exit("the fuzzers need a POSIX system: they fork, and limit memory and time.")
    main()
