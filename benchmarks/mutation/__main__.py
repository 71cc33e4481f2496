"""`python -m benchmarks.mutation`: how many small changes of the core do the tests notice?"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections import Counter
from functools import cache
from pathlib import Path

from benchmarks.mutation.mutants import Mutant, mutants
from benchmarks.mutation.trial import ALIVE, run_tests

ROOMS = ("src/byhand/network", "src/byhand/training")

MORE = {
    "network/one_hot.py": ["network/test_losses.py", "network/test_targets.py"],
    "network/standardise.py": ["network/layers/test_input.py"],
    "network/layers/input_checks.py": ["network/layers/test_input.py"],
    "network/layers/dense.py": ["network/test_gradients.py"],
    "network/network.py": ["network/test_gradients.py"],
    "training/checkpoint.py": ["training/test_resume.py"],
    "training/clipping.py": ["training/test_trainer.py", "training/test_edges.py"],
    "training/divergence.py": ["training/test_edges.py"],
    "training/penalties.py": ["training/test_trainer.py"],
    "training/run.py": ["training/test_callbacks.py", "training/test_best_weights.py"],
    "training/callbacks.py": ["training/test_best_weights.py"],
    "training/trainer.py": ["training/test_reproducibility.py"],
}
"""Test files of a module beside the one that mirrors it."""


def main() -> None:
    """Try the changes in random order, as far as the time goes, and print what stays alive."""
    arguments = _arguments()
    os.environ |= {"BYHAND_KERNELS": "numpy", "OPENBLAS_NUM_THREADS": "1", "BYHAND_OFFLINE": "1"}
    _warm_up()
    ends = time.monotonic() + 60 * arguments.minutes
    modules = _modules(arguments.only)
    found = [one for module in modules for one in mutants(module, Path(module).read_text())]
    random.Random(arguments.seed).shuffle(found)  # noqa: S311
    alive, counts = list[Mutant](), Counter[str]()
    for one in found:
        if time.monotonic() > ends:
            break
        limit = _time_limit(one.module)
        result = run_tests(tests_of(one.module), limit, one.module, one.tree)
        counts[result] += 1
        if result == ALIVE:
            alive.append(one)
            print(one, flush=True)
    noticed = 1 - counts[ALIVE] / max(counts.total(), 1)
    figures: dict[str, float] = {"mutants": len(found), "tried": counts.total(), **counts}
    figures["noticed"] = noticed
    print("\n".join(f"{name:<12}{value:>8.4g}" for name, value in figures.items()))
    if arguments.json:
        arguments.json.write_text(json.dumps({**figures, "left": [*map(str, alive)]}, indent=1))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutation", description=__doc__)
    parser.add_argument("--minutes", type=float, default=600.0, help="stop after this time")
    parser.add_argument("--only", default="", help="modules whose path holds this text")
    parser.add_argument("--seed", type=int, default=0, help="seed of the order")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    return parser.parse_args()


def _modules(only: str) -> list[str]:
    paths = [path.as_posix() for room in ROOMS for path in sorted(Path(room).rglob("*.py"))]
    return [path for path in paths if only in path and tests_of(path)]


def tests_of(module: str) -> list[str]:
    """Return the test files of a module: the one that mirrors it, and those in `MORE`."""
    inner = Path(module).relative_to("src/byhand")
    mirror = Path("tests") / inner.parent / f"test_{inner.name}"
    more = [f"tests/{name}" for name in MORE.get(inner.as_posix(), [])]
    return [*([mirror.as_posix()] if mirror.exists() else []), *more]


@cache
def _time_limit(module: str) -> float:
    """Return a time limit from the time that the tests take on the module as it is."""
    began = time.monotonic()
    if run_tests(tests_of(module), 600.0) != ALIVE:
        sys.exit(f"the tests of {module} fail: {' '.join(tests_of(module))}")
    return 20 + 5 * (time.monotonic() - began)


def _warm_up() -> None:
    """Import what every test needs, but nothing of byhand."""
    import numpy as np  # noqa: F401
    import pytest  # noqa: F401
    import safetensors.numpy  # noqa: F401


if __name__ == "__main__":
    main()
