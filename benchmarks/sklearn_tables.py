"""Our estimators beside scikit-learn's, on digits and small tables.

    python -m benchmarks.sklearn_tables
    python -m benchmarks.sklearn_tables --only MNIST --apart

Both fit the same table with the same parameters and seed, in turns (A B A B ...), in one process,
as in a notebook that compares them; with --apart each fit has a process of its own, which first
fits once to warm up. They make the same steps and reach the same weights, so only the time differs;
the table also shows the difference of the weights. A ratio is the median over the rounds of theirs
/ ours: above 1, ours is faster. With --cpu the times are CPU times, which depend less on other work
of the machine; use them with one thread.
"""

from __future__ import annotations

import argparse
import importlib
import os
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "BYHAND_THREADS": "1"}
THREADS = {"one thread each": ONE_THREAD, "default threads": {}}


@dataclass(frozen=True)
class Table:
    """A table to fit.

    Args:
        name: its name.
        load: returns X and y.
        kind: "MLPClassifier" or "MLPRegressor".
        settings: parameters of both estimators.
        ours: parameters of ours only.
    """

    name: str
    load: Callable[[], tuple[np.ndarray, np.ndarray]]
    kind: str = "MLPClassifier"
    settings: dict[str, Any] = field(default_factory=dict)
    ours: dict[str, Any] = field(default_factory=dict)


def known(name: str) -> Callable[[], tuple[np.ndarray, np.ndarray]]:
    """Return the loader of a table that comes with scikit-learn, standardised."""

    def load() -> tuple[np.ndarray, np.ndarray]:
        from sklearn import datasets, preprocessing

        X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        return preprocessing.StandardScaler().fit_transform(X), y

    return load


def made(rows: int, columns: int, classes: int) -> Callable[[], tuple[np.ndarray, np.ndarray]]:
    """Return the loader of a generated table; without classes, it is for regression."""

    def load() -> tuple[np.ndarray, np.ndarray]:
        from sklearn import datasets

        if not classes:
            X, y = datasets.make_regression(rows, columns, noise=5, random_state=0)
            return X, y / y.std()
        return datasets.make_classification(
            rows, columns, n_informative=max(columns // 2, 3), n_redundant=0, n_classes=classes,
            random_state=0,
        )  # fmt: skip

    return load


def digits(images: int, dtype: str) -> Callable[[], tuple[np.ndarray, np.ndarray]]:
    """Return the loader of MNIST's first images, with pixels from 0 to 1."""

    def load() -> tuple[np.ndarray, np.ndarray]:
        from byhand import load_dataset

        train = load_dataset("mnist").train
        pixels = train.images[:images].reshape(images, -1) / 255
        return pixels.astype(dtype), train.labels[:images]

    return load


EPOCHS = {"max_iter": 3}
WIDE = EPOCHS | {"hidden_layer_sizes": (300,), "batch_size": 64}
MNIST = [
    Table("MNIST 10,000, 100 units", digits(10_000, "float64"), settings=EPOCHS),
    Table("MNIST 10,000, 100 units, float32", digits(10_000, "float32"), settings=EPOCHS),
    Table(
        "MNIST 10,000, 100 units, dtype=float32", digits(10_000, "float64"),
        settings=EPOCHS, ours={"dtype": "float32"},
    ),
    Table("MNIST 10,000, 300 units, batch 64", digits(10_000, "float64"), settings=WIDE),
    Table("MNIST 10,000, 300 units, batch 64, float32", digits(10_000, "float32"), settings=WIDE),
    Table(
        "MNIST 10,000, 300 units, batch 64, SGD", digits(10_000, "float64"),
        settings=WIDE | {"solver": "sgd"},
    ),
]  # fmt: skip
SMALL = [
    Table("iris 150 x 4", known("iris")),
    Table("wine 178 x 13", known("wine")),
    Table("breast cancer 569 x 30", known("breast_cancer")),
    Table("diabetes 442 x 10", known("diabetes"), "MLPRegressor"),
    Table("digits 1,797 x 64", known("digits"), settings={"max_iter": 40}),
    Table("made 1,000 x 20, 2 classes", made(1000, 20, 2), settings={"max_iter": 60}),
    Table("made 846 x 18, 4 classes", made(846, 18, 4), settings={"max_iter": 60}),
    Table("made 2,310 x 19, 7 classes", made(2310, 19, 7), settings={"max_iter": 30}),
    Table("made 5,404 x 5, 2 classes", made(5404, 5, 2), settings={"max_iter": 20}),
    Table("made 4,177 x 8, regression", made(4177, 8, 0), "MLPRegressor", {"max_iter": 20}),
]
ONE_EPOCH = [
    Table(f"{table.name}, one epoch", table.load, table.kind, {"max_iter": 1})
    for table in SMALL[:3]
]
TABLES = [*MNIST, *SMALL, *ONE_EPOCH]


HOMES = {"ours": "byhand.sklearn", "theirs": "sklearn.neural_network"}


@dataclass(frozen=True)
class Clock:
    """How fits are timed.

    Args:
        cpu: whether to measure CPU time.
        apart: whether each fit has a process of its own.
    """

    cpu: bool = False
    apart: bool = False

    def now(self) -> float:
        """Return seconds since some moment."""
        return time.process_time() if self.cpu else time.perf_counter()


def fit(table: Table, home: str, repeats: int, clock: Clock) -> tuple[float, Any]:
    """Return the seconds of a fit by "ours" or "theirs", and the fitted estimator."""
    kind = getattr(importlib.import_module(HOMES[home]), table.kind)
    model = kind(random_state=0, **table.settings | (table.ours if home == "ours" else {}))
    X, y = table.load()
    began = clock.now()
    for _ in range(repeats):
        model.fit(X, y)
    return (clock.now() - began) / repeats, model


def fit_apart(table: Table, home: str, repeats: int, clock: Clock) -> float:
    """Return the seconds of a fit in a process of its own, after a first one."""
    command = [sys.executable, "-m", "benchmarks.sklearn_tables", "--fit", home]
    command += ["--only", table.name, "--repeats", str(repeats), *["--cpu"] * clock.cpu]
    return float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def race(
    table: Table, rounds: int, repeats: int = 1, clock: Clock = Clock()
) -> tuple[list[float], list[float], float, int]:
    """Fit in turns; return our seconds, theirs, the difference of the weights, and the epochs."""
    models = {home: fit(table, home, repeats, clock)[1] for home in HOMES}  # also warms up
    seconds: dict[str, list[float]] = {home: [] for home in HOMES}
    for number in range(rounds):
        for home in HOMES if number % 2 else reversed(HOMES):
            once = fit_apart if clock.apart else lambda *given: fit(*given)[0]
            seconds[home].append(once(table, home, repeats, clock))
    pairs = zip(models["ours"].coefs_, models["theirs"].coefs_, strict=True)
    difference = max(float(np.abs(one - other).max()) for one, other in pairs)
    return seconds["ours"], seconds["theirs"], difference, int(models["ours"].n_iter_)


def report(tables: Sequence[Table], rounds: int, clock: Clock = Clock()) -> None:
    """Race on each table and print a line about it, with the quartiles of the ratio."""
    print(
        f"{'table':42} {'epochs':>6} {'theirs ms':>10} {'ours ms':>9} {'ratio':>6} "
        f"{'quartiles':>12} {'weights':>9}"
    )
    for table in tables:
        repeats = 10 if "one epoch" in table.name else 1
        ours, theirs, difference, epochs = race(table, rounds, repeats, clock)
        ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
        low, ratio, high = np.quantile(ratios, [0.25, 0.5, 0.75])
        milliseconds = [1000 * statistics.median(times) for times in (theirs, ours)]
        print(
            f"{table.name:42} {epochs:6} {milliseconds[0]:10.1f} {milliseconds[1]:9.1f} "
            f"{ratio:6.2f} {low:5.2f}-{high:5.2f} {difference:9.0e}",
            flush=True,
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Race with each number of threads, in separate processes."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.sklearn_tables", description=__doc__
    )
    parser.add_argument("--rounds", type=int, default=5, help="turns of each (default: 5)")
    parser.add_argument("--only", default="", help="tables with this text in their names")
    parser.add_argument("--threads", choices=THREADS, help="only this number of threads")
    parser.add_argument("--apart", action="store_true", help="each fit in a process of its own")
    parser.add_argument("--cpu", action="store_true", help="measure CPU time")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--fit", choices=HOMES, help=argparse.SUPPRESS)
    parser.add_argument("--repeats", type=int, default=1, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    clock = Clock(options.cpu, options.apart)
    if options.here or options.fit:
        warnings.simplefilter("ignore")  # a few epochs have not converged
    if options.fit:
        table = next(table for table in TABLES if table.name == options.only)
        fit(table, options.fit, 1, clock)
        print(fit(table, options.fit, options.repeats, clock)[0])
        return 0
    if options.here:
        report([table for table in TABLES if options.only in table.name], options.rounds, clock)
        return 0
    for name in [options.threads] if options.threads else THREADS:
        print(f"\n{name}", flush=True)
        fixed = {key: value for key, value in os.environ.items() if key not in ONE_THREAD}
        command = [sys.executable, "-m", "benchmarks.sklearn_tables", "--here"]
        command += ["--rounds", str(options.rounds), "--only", options.only]
        command += [*["--cpu"] * options.cpu, *["--apart"] * options.apart]
        subprocess.run(command, env=fixed | THREADS[name], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
