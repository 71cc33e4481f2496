"""Our estimators beside scikit-learn's, on digits and small tables.

    python -m benchmarks.sklearn_tables

Both fit the same table with the same parameters and seed, in turns (A B A B ...), in one process.
They make the same steps and reach the same weights, so only the time differs; the table also shows
the difference of the weights. A ratio is the median over the rounds of theirs / ours: above 1, ours
is faster.
"""

from __future__ import annotations

import argparse
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
MNIST = [
    Table("MNIST 10,000, 100 units", digits(10_000, "float64"), settings=EPOCHS),
    Table("MNIST 10,000, 100 units, float32", digits(10_000, "float32"), settings=EPOCHS),
    Table(
        "MNIST 10,000, 100 units, dtype=float32", digits(10_000, "float64"),
        settings=EPOCHS, ours={"dtype": "float32"},
    ),
    Table(
        "MNIST 10,000, 300 units, batch 64", digits(10_000, "float64"),
        settings=EPOCHS | {"hidden_layer_sizes": (300,), "batch_size": 64},
    ),
    Table(
        "MNIST 10,000, 300 units, batch 64, SGD", digits(10_000, "float64"),
        settings=EPOCHS | {"hidden_layer_sizes": (300,), "batch_size": 64, "solver": "sgd"},
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


def race(
    table: Table, rounds: int, repeats: int = 1
) -> tuple[list[float], list[float], float, int]:
    """Fit in turns; return our seconds, theirs, the difference of the weights, and the epochs."""
    from sklearn import neural_network as theirs

    from byhand import sklearn as ours

    X, y = table.load()
    seconds: dict[Any, list[float]] = {ours: [], theirs: []}
    models: dict[Any, Any] = {}
    for number in range(-1, rounds):  # the first round warms up
        for home in (ours, theirs) if number % 2 else (theirs, ours):
            settings = table.settings | (table.ours if home is ours else {})
            model = getattr(home, table.kind)(random_state=0, **settings)
            began = time.perf_counter()
            for _ in range(repeats):
                models[home] = model.fit(X, y)
            if number >= 0:
                seconds[home].append((time.perf_counter() - began) / repeats)
    pairs = zip(models[ours].coefs_, models[theirs].coefs_, strict=True)
    difference = max(float(np.abs(one - other).max()) for one, other in pairs)
    return seconds[ours], seconds[theirs], difference, int(models[ours].n_iter_)


def report(tables: Sequence[Table], rounds: int) -> None:
    """Race on each table and print a line about it."""
    print(
        f"{'table':40} {'epochs':>6} {'theirs ms':>10} {'ours ms':>9} {'ratio':>6} {'weights':>9}"
    )
    for table in tables:
        repeats = 10 if "one epoch" in table.name else 1
        ours, theirs, difference, epochs = race(table, rounds, repeats)
        ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
        milliseconds = [1000 * statistics.median(times) for times in (theirs, ours)]
        print(
            f"{table.name:40} {epochs:6} {milliseconds[0]:10.1f} {milliseconds[1]:9.1f} "
            f"{ratio:6.2f} {difference:9.0e}",
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
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.here:
        warnings.simplefilter("ignore")  # a few epochs have not converged
        report([table for table in TABLES if options.only in table.name], options.rounds)
        return 0
    for name in [options.threads] if options.threads else THREADS:
        print(f"\n{name}")
        fixed = {key: value for key, value in os.environ.items() if key not in ONE_THREAD}
        command = [sys.executable, "-m", "benchmarks.sklearn_tables", "--here"]
        command += ["--rounds", str(options.rounds), "--only", options.only]
        subprocess.run(command, env=fixed | THREADS[name], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
