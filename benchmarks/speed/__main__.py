"""`python -m benchmarks.speed`: time byhand and its peers at the same work, in turns."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from benchmarks.speed import cases
from benchmarks.speed.cases import GROUPS, SIZES, Training, Work, quick
from benchmarks.speed.cold_start import cold_starts
from benchmarks.speed.digits import has_mnist, load_digits
from benchmarks.speed.figures import COLD
from benchmarks.speed.install_size import install_sizes
from benchmarks.speed.machine import describe_machine
from benchmarks.speed.measure import race
from benchmarks.speed.peers import PEERS
from benchmarks.speed.report import as_text
from benchmarks.speed.tables import accuracies, profile_table
from benchmarks.speed.worker import Worker

OTHERS = ("cold", "install", "profiles")
"""Groups whose measurement needs no workers that take turns."""

FEW = 3
"""Number of rounds for slow measurements, and for those that no figure depends on."""


@dataclass(frozen=True)
class Plan:
    """The measurements to make.

    Args:
        only: names or patterns of groups and cases; empty for everything.
        peers: names of the peers that may take part; empty for all.
        rounds: number of turns of each peer.
        quick: whether to use tiny sizes.
    """

    only: tuple[str, ...] = ()
    peers: tuple[str, ...] = ()
    rounds: int = 5
    quick: bool = False

    def wants(self, group: str, case: str = "") -> bool:
        """Return whether to measure a group, or a case of it."""
        names = (group, case)
        return not self.only or any(fnmatch(n, p) for n in names for p in self.only)

    def works(self) -> list[tuple[str, Work]]:
        """Return the cases that peers take turns at, with their groups."""
        found = [
            (group, quick(work) if self.quick else work)
            for group, works in GROUPS.items()
            for work in works
        ]
        return [(group, work) for group, work in found if self.wants(group, work.name)]

    def participants(self, work: Work) -> list[str]:
        """Return the peers of a case that are wanted and installed."""
        wanted = self.peers or work.peers
        return [name for name in work.peers if name in wanted and PEERS[name].installed]


def say(text: str) -> None:
    """Print progress to stderr, apart from the results."""
    print(text, file=sys.stderr, flush=True)


# --- measuring ------------------------------------------------------------------------------------


def measure(plan: Plan) -> dict[str, Any]:
    """Measure everything in the plan; return plain values."""
    results: dict[str, Any] = {
        "machine": describe_machine(),
        "settings": {"rounds": plan.rounds, "quick": plan.quick, "real": has_mnist()},
        "cases": {},
    }
    # Cold starts come first, while this process is small: a child starts at its parent's memory.
    if plan.wants("cold") and (
        cold := cold_starts(min(plan.rounds, FEW), 1 if plan.quick else None, say)
    ):
        results["cases"][COLD] = cold
    if plan.wants("install"):
        results["install"] = install_sizes()
    results["cases"] |= races(plan)
    if plan.wants("profiles"):
        results["profiles"] = profiles(plan)
    return results


def races(plan: Plan) -> dict[str, Any]:
    """Measure all cases that peers take turns at; each peer keeps one process throughout."""
    works = plan.works()
    names = dict.fromkeys(name for _, work in works for name in plan.participants(work))
    with started(names) as workers:
        return {
            work.name: race(
                work,
                {name: workers[name] for name in plan.participants(work)},
                min(plan.rounds, FEW) if group == "growth" else plan.rounds,
                say,
            )
            for group, work in works
        }


@contextmanager
def started(names: Sequence[str] | dict[str, None]) -> Iterator[dict[str, Worker]]:
    """Start a worker for each peer; end them after the block."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(closing(Worker(name))) for name in names}


def profiles(plan: Plan) -> dict[str, Any]:
    """Profile the pairs with every set of kernels that is installed."""
    from benchmarks.speed.profiling import profile  # imported late: it loads kernels and data

    digits, found = load_digits(), {}
    for work in GROUPS["pairs"]:
        for peer in (cases.OURS, cases.OURS_PLAIN):
            if PEERS[peer].installed:
                assert isinstance(work, Training)
                say(f"profile: {work.name}, {peer}")
                chosen = quick(work) if plan.quick else work
                assert isinstance(chosen, Training)
                found[f"{work.name}, {peer}"] = profile(
                    chosen, digits, PEERS[peer].option, passes=1
                )
    return found


def print_profile(network: str, optimizer: str, small: bool) -> None:
    """Print the profile of one network with every set of kernels that is installed."""
    from benchmarks.speed.profiling import profile

    widths = SIZES.get(network) or tuple(int(units) for units in network.split("-"))
    work = Training(f"{network} {optimizer}", widths, optimizer)
    digits = load_digits()
    for peer in (cases.OURS, cases.OURS_PLAIN):
        if PEERS[peer].installed:
            chosen = quick(work) if small else work
            assert isinstance(chosen, Training)
            found = profile(chosen, digits, PEERS[peer].option)
            print(f"{work.name}, {peer}, threads {found['threads']}\n")
            print(profile_table(found) + "\n")


# --- the command line -----------------------------------------------------------------------------


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the arguments of the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    add = parser.add_argument
    add("--only", action="append", default=[], metavar="CASE", help="a group, a case or a pattern")
    add("--peers", default="", help="names of peers, separated by commas")
    add("--rounds", type=int, default=5, help="number of turns of each peer (default: 5)")
    add("--quick", action="store_true", help="use tiny sizes, to check that everything runs")
    add("--json", type=Path, metavar="FILE", help="write all measurements to a file")
    add("--plot", type=Path, metavar="FILE", help="plot the measurements (.png, .svg, .pdf)")
    add("--list", action="store_true", help="list the groups, cases and peers, and exit")
    add("--profile", metavar="NETWORK", help="only profile a step of this network, e.g. 784-300-10")
    add(
        "--optimizer",
        default="sgd",
        choices=sorted(cases.LEARNING_RATES),
        help="optimizer for --profile (default: sgd)",
    )
    found = parser.parse_args(arguments)
    if found.rounds < 1:
        parser.error("--rounds must be at least 1")
    known = [*GROUPS, *OTHERS, *(work.name for works in GROUPS.values() for work in works)]
    for pattern in found.only:
        if not any(fnmatch(name, pattern) for name in known):
            parser.error(f"--only {pattern!r} matches nothing; see --list")
    return found


def listing() -> str:
    """Return the groups with their cases, and the peers with whether they are installed."""
    groups = [f"{group}: {', '.join(w.name for w in works)}" for group, works in GROUPS.items()]
    peers = [
        f"{name}: {'installed' if peer.installed else 'missing'}" for name, peer in PEERS.items()
    ]
    return "\n".join([*groups, *OTHERS, "", *peers])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write the results; return 1 if accuracies disagree, else 0."""
    options = parse(arguments)
    if options.list:
        print(listing())
        return 0
    if options.profile:
        print_profile(options.profile, options.optimizer, options.quick)
        return 0
    peers = tuple(name.strip() for name in options.peers.split(",") if name.strip())
    results = measure(Plan(tuple(options.only), peers, options.rounds, options.quick))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    print(as_text(results))
    if options.plot:
        from benchmarks.speed.plot import draw

        draw(results, options.plot)
    disagree = not options.quick and any(not agrees for *_, agrees in accuracies(results))
    return int(disagree)


if __name__ == "__main__":
    sys.exit(main())
