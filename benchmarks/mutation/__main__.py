"""`python -m benchmarks.mutation`: count the small changes of the core that the tests notice."""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from collections import Counter
from pathlib import Path

from benchmarks.mutation.mutants import Mutant, mutants
from benchmarks.mutation.trial import ALIVE, UNREACHED, try_mutants

ROOMS = ("src/byhand/network", "src/byhand/training", "src/byhand/kernels")

COMPILED = ("kernels/compiled.py", "kernels/updates.py", "kernels/cache.py", "kernels/parallel/")
"""Modules that Numba compiles; a changed function cannot be put into machine code."""

MORE = {
    "network/one_hot.py": ["network/test_losses.py", "network/test_targets.py"],
    "network/standardise.py": ["network/layers/test_input.py"],
    "network/layers/input_checks.py": ["network/layers/test_input.py"],
    "network/layers/dense.py": ["network/test_gradients.py"],
    "network/network.py": ["network/test_gradients.py"],
    "training/clipping.py": ["training/test_edges.py"],
    "training/divergence.py": ["training/test_edges.py"],
    "training/penalties.py": ["training/test_trainer.py"],
    "training/example_weights.py": ["training/test_fit_arguments.py"],
    "training/run.py": ["training/test_callbacks.py", "training/test_best_weights.py"],
    "training/callbacks.py": ["training/test_best_weights.py"],
    "training/trainer.py": ["training/test_reproducibility.py"],
}
"""Test files of a module in addition to the one that mirrors it."""

PROPERTIES = "tests/test_properties.py"
"""Tests of whole networks, for every module."""


def main() -> None:
    """Try the changes in random order until time is up, and print the survivors."""
    arguments = _arguments()
    os.environ |= {"BYHAND_KERNELS": "numpy", "OPENBLAS_NUM_THREADS": "1", "BYHAND_OFFLINE": "1"}
    modules = _modules(arguments.only)
    found = [one for module in modules for one in mutants(module, Path(module).read_text())]
    chosen = found
    if arguments.sample and arguments.sample < len(found):
        chosen = random.Random(arguments.seed).sample(found, arguments.sample)  # noqa: S311
    ends = time.monotonic() + 60 * arguments.minutes
    alive, counts = list[Mutant](), Counter[str]()
    for module in modules:
        own = [one for one in chosen if one.module == module]
        if not own or time.monotonic() > ends:
            continue
        for one, result in try_mutants(own, tests_of(module), ends):
            counts[result] += 1
            if result in (ALIVE, UNREACHED):
                alive.append(one)
                print(f"{result}: {one}", flush=True)
    figures = _figures(len(found), counts)
    print("\n".join(f"{name:<12}{value:>8.4g}" for name, value in figures.items()))
    if arguments.json:
        arguments.json.write_text(json.dumps({**figures, "left": [*map(str, alive)]}, indent=1))


def _figures(mutants: int, counts: Counter[str]) -> dict[str, float]:
    """Return the counts, and the share of changes that tests noticed with its 95 % interval."""
    from byhand.evaluation.confidence_interval import wilson_interval

    tried = counts.total()
    noticed = tried - counts[ALIVE] - counts[UNREACHED]
    low, high = wilson_interval(noticed, tried) if tried else (0.0, 1.0)
    shares = {"noticed": noticed / max(tried, 1), "at least": low, "at most": high}
    return {"mutants": mutants, "tried": tried, **counts, **shares}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutation", description=__doc__)
    parser.add_argument("--sample", type=int, help="try this number of changes, drawn by the seed")
    parser.add_argument("--minutes", type=float, default=600.0, help="stop after this time")
    parser.add_argument("--only", default="", help="modules whose path holds this text")
    parser.add_argument("--seed", type=int, default=0, help="seed of the sample")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    return parser.parse_args()


def _modules(only: str) -> list[str]:
    paths = [path.as_posix() for room in ROOMS for path in sorted(Path(room).rglob("*.py"))]
    return [
        path
        for path in paths
        if only in path and tests_of(path) and not any(one in path for one in COMPILED)
    ]


def tests_of(module: str) -> list[str]:
    """Return the test files of a module: the one that mirrors it, and those in `MORE`."""
    inner = Path(module).relative_to("src/byhand")
    mirror = Path("tests") / inner.parent / f"test_{inner.name}"
    own = [mirror.as_posix()] if mirror.exists() else []
    more = [f"tests/{name}" for name in MORE.get(inner.as_posix(), [])]
    return [*own, *more, PROPERTIES] if own or more else []


if __name__ == "__main__":
    main()
