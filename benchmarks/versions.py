"""Two versions of byhand, side by side: an epoch of MNIST with each, in turns.

    git worktree add ../before v0.1.0
    python -m benchmarks.versions ../before/src src --rounds 6

Every turn is a process of its own. A ratio is the median over the rounds of the second version's
time / the first's, with the quartiles: below 1, the second is faster. Both must reach the same
weights after 100 steps, up to rounding. (Many more steps would amplify the rounding.)
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from itertools import product
from pathlib import Path

NETWORKS = ("784-512-256-128-10", "784-300-10", "784-16-10")
OPTIMIZERS = {"sgd": 0.1, "adam": 0.001}

TURN = """
import json, sys, time
import numpy as np
from byhand import MultiLayerPerceptron
from byhand.data import load_dataset
from byhand.network import DenseLayer, InputLayer

units, optimizer, rate = json.loads(sys.argv[1])
train = load_dataset("mnist").train
x, y = train.images.reshape(len(train.images), -1), train.labels
options = {"batch_size": 64, "optimizer": optimizer, "learning_rate": rate, "verbose": 0}

def fit(rows, epochs):
    hidden = [DenseLayer(n, "relu") for n in units]
    net = MultiLayerPerceptron([InputLayer(784), *hidden, DenseLayer(10, "softmax")], seed=0)
    net.fit(x[:rows], y[:rows], epochs=epochs, **options)
    return net

first = fit(6400, 1)  # kernels are compiled or loaded
epochs = 10 if max(units) < 100 else 2
began = time.perf_counter()
fit(len(x), epochs)
seconds = (time.perf_counter() - began) / epochs
print(json.dumps([seconds, float(np.abs(first.parameters["W1"]).sum())]))
"""


def turn(source: Path, backend: str, network: str, optimizer: str) -> tuple[float, float]:
    """Return the seconds of an epoch, and the sum of the first weights after 100 steps."""
    units = [int(n) for n in network.split("-")[1:-1]]
    done = subprocess.run(
        [sys.executable, "-c", TURN, json.dumps([units, optimizer, OPTIMIZERS[optimizer]])],
        env={**os.environ, "PYTHONPATH": str(source.resolve()), "BYHAND_KERNELS": backend},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{source}: {done.stderr.strip()}")
    seconds, weights = json.loads(done.stdout)
    return seconds, weights


def compare(
    before: Path, after: Path, backend: str, network: str, optimizer: str, rounds: int
) -> str:
    """Return one row of the table."""
    times: list[tuple[float, float]] = []
    for _ in range(rounds):
        (a, old), (b, new) = (turn(one, backend, network, optimizer) for one in (before, after))
        if abs(old - new) > 1e-3 * old:
            sys.exit(f"{network}, {optimizer}: the weights differ, {old} and {new}")
        times.append((a, b))
    ratios = [b / a for a, b in times]
    low, middle, high = statistics.quantiles(ratios, n=4)
    seconds = [statistics.median(column) for column in zip(*times, strict=True)]
    cells = [f"{network} {optimizer}", backend, *(f"{1000 * s:.0f} ms" for s in seconds)]
    return f"| {' | '.join(cells)} | {middle:.2f} ({low:.2f} to {high:.2f}) |"


def main() -> None:
    """Print a row for each network, optimizer and backend."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--backends", nargs="+", default=["numba", "numpy"])
    asked = parser.parse_args()
    print("| one epoch | backend | before | after | after / before |\n|---|---|---|---|---|")
    for backend, network, optimizer in product(asked.backends, NETWORKS, OPTIMIZERS):
        row = compare(asked.before, asked.after, backend, network, optimizer, asked.rounds)
        print(row, flush=True)


if __name__ == "__main__":
    main()
