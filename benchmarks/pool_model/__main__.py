"""`python -m benchmarks.pool_model`: try every order of steps in every scenario.

It plants the faults first and exits with 1 if the search misses one, or finds one that was not
planted.
"""

from __future__ import annotations

import argparse
import sys
import time

from benchmarks.pool_model.faults import PLANTED
from benchmarks.pool_model.model import Model
from benchmarks.pool_model.scenarios import FULL
from benchmarks.pool_model.search import search


def main() -> None:
    """Print a line for each planted fault and each scenario."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pool_model", description=__doc__)
    parser.add_argument("--only", default="", help="scenarios whose name holds this text")
    only = parser.parse_args().only
    missed = [planted.name for planted in PLANTED if not search(planted.model()).fault]
    print(f"planted faults found: {len(PLANTED) - len(missed)} of {len(PLANTED)}", *missed)
    states, wrong = 0, bool(missed)
    for scenario in FULL:
        if only not in scenario.name:
            continue
        began = time.process_time()
        tried = search(Model(scenario))
        seconds = time.process_time() - began
        memory = "acquire and release" if scenario.weak else "sequential"
        print(
            f"{scenario.name:<50}{memory:<22}{tried.states:>9} states {tried.steps:>9} steps "
            f"{seconds:>6.0f} s  {tried.fault or ''}",
            flush=True,
        )
        print("".join(f"    {step}\n" for step in tried.trace), end="")
        states += tried.states
        wrong = wrong or tried.fault is not None
    print(f"{states} states in all")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
