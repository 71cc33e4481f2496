"""`python -m benchmarks.mutation`: count the small changes of the core that the tests notice."""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from benchmarks.mutation.interpreted import INTERPRETED, interpret_kernels
from benchmarks.mutation.mutants import Mutant, mutants
from benchmarks.mutation.trial import OPTIONS, SURVIVES, try_mutants

ROOMS = ("src/byhand/network", "src/byhand/training", "src/byhand/kernels")

COMPILED = {
    "src/byhand/kernels/compiled.py": ["tests/kernels/test_compiled.py"],
    "src/byhand/kernels/updates.py": [
        "tests/kernels/test_updates.py",
        "tests/kernels/test_compiled.py",
    ],
}
"""Modules that Numba compiles, with their tests. With --compiled they run as plain Python."""

LEFT_OUT = (
    *COMPILED,
    "kernels/augmentation.py",
    "kernels/sparse.py",
    "kernels/cache.py",
    "kernels/parallel/",
)
"""Modules that Numba compiles, and what serves them: a changed function cannot be put into machine
code. As plain Python, the tests of those that are not in `COMPILED` take too long."""

LOADED_ONCE = "numpy", "torch"
"""Packages that tests import, loaded before the first fork."""

IN_PLACE = ["kernels/in_place/test_in_place.py"]

MORE = {
    "kernels/__init__.py": ["kernels/test_kernels.py", "test_backend.py"],
    "kernels/in_place/__init__.py": ["kernels/test_kernels.py"],
    "kernels/in_place/activations.py": IN_PLACE,
    "kernels/in_place/constants.py": IN_PLACE,
    "kernels/in_place/layers.py": IN_PLACE,
    "kernels/in_place/losses.py": IN_PLACE,
    "kernels/in_place/updates.py": IN_PLACE,
    "network/standardise.py": ["network/layers/test_pixel_scaling.py"],
    "network/layers/input_checks.py": ["network/layers/test_pixel_scaling.py"],
    "network/layers/dense.py": ["network/test_gradients.py"],
    "network/network.py": ["network/test_gradients.py", "network/test_summary.py"],
    "training/clipping.py": ["training/test_trainer.py", "training/test_edges.py"],
    "training/notebook_curves.py": ["training/test_history.py", "notebook"],
    "training/divergence.py": ["training/test_edges.py"],
    "training/penalties.py": ["training/test_trainer.py"],
    "training/fit_arguments.py": [
        "training/test_disk_blocks.py",
        "training/test_callbacks.py",
        "training/test_trainer.py",
    ],
    "training/progress.py": ["notebook", "test_forks.py"],
    "training/example_weights.py": ["training/test_fit_arguments.py"],
    "training/interrupt.py": ["cli/test_signals.py"],
    "training/run.py": ["training/test_callbacks.py", "training/test_best_weights.py"],
    "training/callbacks.py": ["training/test_best_weights.py"],
    "training/trainer.py": [
        "training/test_best_weights.py",
        "training/test_disk_blocks.py",
        "training/test_example_weights.py",
        "training/test_reproducibility.py",
    ],
}
"""Test files of a module in addition to the one that mirrors it."""

PROPERTIES = "tests/test_properties.py"
"""Tests of whole networks, for every module."""

TABLES = ["tests/test_defaults.py", "tests/test_limits.py"]
"""Tests of everything public in `network` and `training`."""

WIDE = {
    "network": ["network", "kernels/in_place", "test_mlp.py", "test_model_file.py"],
    "training": ["training", "kernels/in_place"],
    "kernels": [
        "network/layers",
        "network/test_gradients.py",
        "training/test_against_torch.py",
        "training/test_referee.py",
    ],
}
"""Tests of a room, or tests that reach it, which try a change before it counts as not noticed.

`kernels/in_place` compares the formulas of the other two rooms with their overrides."""

LONG = {
    "tests/training/test_edges.py",
    "tests/training/test_larger_than_memory.py",
    "tests/training/test_learning.py",
    "tests/training/test_loggers.py",
}
"""Tests that take too long to run for every module of their room."""


def main() -> None:
    """Try the changes module by module until time is up, and print the survivors."""
    arguments = _arguments()
    os.environ |= {"BYHAND_KERNELS": "numpy", "OPENBLAS_NUM_THREADS": "1", "BYHAND_OFFLINE": "1"}
    options, modules = OPTIONS, _modules(arguments.only)
    if arguments.compiled:
        interpret_kernels()
        options, modules = INTERPRETED, [name for name in COMPILED if arguments.only in name]
    found = [one for module in modules for one in mutants(module, Path(module).read_text())]
    chosen = found
    if arguments.sample and arguments.sample < len(found):
        chosen = random.Random(arguments.seed).sample(found, arguments.sample)  # noqa: S311
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a shell's background
    record = Record(arguments.json)
    for name in LOADED_ONCE:
        with suppress(ImportError):
            import_module(name)
    ends = time.monotonic() + 60 * arguments.minutes
    for module in modules:
        own = [one for one in chosen if one.module == module and one.name not in record.results]
        if not own or time.monotonic() > ends:
            continue
        tests = [name for name in tests_of(module) if name not in LONG]
        for one, result in try_mutants(own, tests, later_tests_of(module), ends, options):
            record.add(one, result)
            if result in SURVIVES:
                print(f"{result}: {one}", flush=True)
    results = {one: record.results[one.name] for one in chosen if one.name in record.results}
    figures = _figures(len(found), Counter(results.values()))
    print("\n".join(f"{name:<12}{value:>8.4g}" for name, value in figures.items()))
    print("\n".join(f"{result}: {one}" for one, result in results.items() if result in SURVIVES))


class Record:
    """The outcome of each change that was tried, kept in a file so that a later run goes on.

    Args:
        path: the file; None keeps nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        exists = path is not None and path.exists()
        self.results: dict[str, str] = json.loads(path.read_text()) if path and exists else {}

    def add(self, mutant: Mutant, result: str) -> None:
        """Record an outcome."""
        self.results[mutant.name] = result
        if self.path is not None:
            new = self.path.with_suffix(".new")
            new.write_text(json.dumps(self.results, indent=1))
            new.replace(self.path)


def _figures(mutants: int, counts: Counter[str]) -> dict[str, float]:
    """Return the counts, and the share of changes that tests noticed with its 95 % interval."""
    from byhand.evaluation.confidence_interval import wilson_interval

    tried = counts.total()
    noticed = tried - sum(counts[result] for result in SURVIVES)
    low, high = wilson_interval(noticed, tried) if tried else (0.0, 1.0)
    shares = {"noticed": noticed / max(tried, 1), "at least": low, "at most": high}
    return {"mutants": mutants, "tried": tried, **counts, **shares}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutation", description=__doc__)
    parser.add_argument("--sample", type=int, help="try this number of changes, drawn by the seed")
    parser.add_argument("--minutes", type=float, default=600.0, help="stop after this time")
    parser.add_argument("--only", default="", help="modules whose path holds this text")
    parser.add_argument(
        "--compiled", action="store_true", help="change the kernels that Numba compiles instead"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the sample")
    parser.add_argument("--json", type=Path, help="keep the outcomes here, and go on from them")
    return parser.parse_args()


def _modules(only: str) -> list[str]:
    paths = [path.as_posix() for room in ROOMS for path in sorted(Path(room).rglob("*.py"))]
    return [
        path
        for path in paths
        if only in path and tests_of(path) and not any(one in path for one in LEFT_OUT)
    ]


def tests_of(module: str) -> list[str]:
    """Return the test files of a module: the one that mirrors it, and those in `MORE`."""
    if module in COMPILED:
        return COMPILED[module]
    inner = Path(module).relative_to("src/byhand")
    mirror = Path("tests") / inner.parent / f"test_{inner.name}"
    own = [mirror.as_posix()] if mirror.exists() else []
    more = [f"tests/{name}" for name in MORE.get(inner.as_posix(), [])]
    tables = [] if inner.parts[0] == "kernels" else TABLES
    return [*own, *more, *tables] if own or more or tables else []


def later_tests_of(module: str) -> list[str]:
    """Return the files of tests that run only for changes that the others do not notice."""
    if module in COMPILED:
        return []
    own = tests_of(module)
    places = [Path("tests", name) for name in WIDE[Path(module).parts[2]]]
    wide = [
        path.as_posix()
        for place in places
        for path in (sorted(place.rglob("test_*.py")) if place.is_dir() else [place])
    ]
    return [
        *(name for name in own if name in LONG),
        *(name for name in wide if name not in {*own, *LONG}),
        PROPERTIES,
    ]


if __name__ == "__main__":
    main()
