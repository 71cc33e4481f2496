"""The trial of each function of the program.

A trial calls one function of a program and returns values that must be the same in the correct
program. For functions that draw random numbers it returns facts that hold for every correct draw.
"""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeAlias

import numpy as np

from byhand.hunt.load import DIGITS

Program: TypeAlias = SimpleNamespace
Facts: TypeAlias = dict[str, Any]

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
KEEP = 0.8
MADE_UP_LOSSES = (5.0, 4.0, 4.5, 4.2, 3.0, 3.5, 3.6, 3.7, 1.0)
"""Validation losses with improvements after one and two epochs without, and then three without."""


# --- data -----------------------------------------------------------------------------------------


def load(program: Program) -> Facts:
    """All images and labels."""
    images, labels = program.data.load()
    return {"images": images, "labels": labels}


def scale(program: Program) -> Facts:
    """The inputs of 50 images."""
    return {"x": program.data.scale(_images(50))}


def one_hot(program: Program) -> Facts:
    """The rows of all classes, in another order."""
    return {"T": program.data.one_hot(np.array([3, 0, 9, 1, 2, 4, 8, 7, 6, 5, 3]))}


def split(program: Program) -> Facts:
    """Sizes; whether the parts are shuffled, free of common rows, complete, and the same again."""
    parts = [np.asarray(part) for part in program.data.split(1797)]
    again = [np.asarray(part) for part in program.data.split(1797)]
    other = [np.asarray(part) for part in program.data.split(1797, 1)]
    rows = np.concatenate(parts)
    return {
        "sizes": [len(part) for part in parts],
        "each row once": np.array_equal(np.sort(rows), np.arange(1797)),
        "shuffled": abs(_order(rows)) < 0.1,
        "the same again": all(map(np.array_equal, parts, again)),
        "another seed, another split": not np.array_equal(parts[2], other[2]),
    }


def move(program: Program) -> Facts:
    """The moved copies of images, which stay as they are; and those of white images."""
    images, white = _images(50), np.full((3, 8, 8), 7, np.uint8)
    moved = program.data.move(images)
    return {"moved": moved, "images": images, "white": program.data.move(white)}


def prepare(program: Program) -> Facts:
    """All parts."""
    parts = program.data.prepare()
    return {f"{name} {k}": part[k] for name, part in parts.items() for k in range(2)}


# --- network --------------------------------------------------------------------------------------


def initialise(program: Program) -> Facts:
    """Shapes and deviations of the weights, and whether they are independent."""
    first = program.network.initialise(np.random.default_rng(1))
    second = program.network.initialise(np.random.default_rng(2))
    facts: Facts = {"shapes": {name: np.shape(value) for name, value in sorted(first.items())}}
    for layer, (inputs, _) in enumerate(((64, 32), (32, 32), (32, 10)), start=1):
        W, other = np.asarray(first[f"W{layer}"]), np.asarray(second[f"W{layer}"])
        facts[f"deviation of W{layer}"] = abs(W.std() / np.sqrt(2 / inputs) - 1) < 0.15
        facts[f"mean of W{layer}"] = abs(W.mean()) < 0.05
        facts[f"W{layer} is drawn"] = not np.array_equal(W, other)
        facts[f"b{layer}"] = first[f"b{layer}"]
    return facts


def leaky_relu(program: Program) -> Facts:
    """Values on both sides of 0."""
    return {"A": program.network.leaky_relu(np.array([[-2.0, -0.5, 0.5, 3.0]]))}


def slope(program: Program) -> Facts:
    """Slopes on both sides of 0; at 0 there is none."""
    return {"slope": program.network.slope(np.array([[-2.0, -0.5, 0.5, 3.0]]))}


def softmax(program: Program) -> Facts:
    """Probabilities, also of scores that are large or far apart."""
    Z = np.random.default_rng(3).normal(0, 2, (7, 10))
    Z[1] += 2000
    Z[2] -= 2000
    return {"A": program.network.softmax(Z)}


def forward(program: Program) -> Facts:
    """All values without dropout; with it, what every mask must fulfil."""
    p, X = _parameters(program), _inputs(200)
    plain = program.network.forward(p, X)
    dropped = program.network.forward(p, X, KEEP, np.random.default_rng(5))
    D1, kept = np.asarray(dropped["D1"]), np.asarray(dropped["D1"]) > 0
    again = program.network.forward(p, X, KEEP, np.random.default_rng(6))
    expected = np.where(dropped["Z1"] > 0, dropped["Z1"], 0.1 * dropped["Z1"]) * D1
    return {
        **{name: value for name, value in plain.items() if name != "D1"},
        "without dropout": bool(np.all(np.asarray(plain["D1"]) == 1)),
        "a mask for each entry": D1.shape == dropped["Z1"].shape,
        "kept": abs(kept.mean() - KEEP) < 0.05,
        "what is kept is scaled": np.allclose(D1[kept], 1 / KEEP),
        "a new mask each time": not np.array_equal(D1, np.asarray(again["D1"])),
        "A1 with dropout": np.allclose(dropped["A1"], expected),
        "dropped Z1": dropped["Z1"],
    }


def loss(program: Program) -> Facts:
    """The loss of some probabilities."""
    A3 = np.random.default_rng(7).dirichlet(np.ones(10), 12)
    return {"loss": program.network.loss(_parameters(program), A3, _targets(12))}


def backward(program: Program) -> Facts:
    """All gradients, of a batch with dropout."""
    p, X, T = _parameters(program), _inputs(8), _targets(8)
    c = program.network.forward(p, X, KEEP, np.random.default_rng(8))
    return dict(program.network.backward(p, c, T))


# --- training -------------------------------------------------------------------------------------


def batches(program: Program) -> Facts:
    """Sizes; whether each row occurs once, and whether the order is new each time."""
    rng = np.random.default_rng(9)
    epochs = [[np.asarray(rows) for rows in program.train.batches(rng, 150)] for _ in range(3)]
    orders = [np.concatenate(epoch) for epoch in epochs]
    return {
        "sizes": [[len(rows) for rows in epoch] for epoch in epochs],
        "each row once": [np.array_equal(np.sort(order), np.arange(150)) for order in orders],
        "shuffled": [bool(abs(_order(order)) < 0.5) for order in orders],
        "a new order": not np.array_equal(orders[0], orders[1]),
        "rows are mixed": bool(np.mean(np.diff(orders[0]) == 1) < 0.1),
        "follows rng": not np.array_equal(
            orders[0], np.concatenate(program.train.batches(np.random.default_rng(10), 150))
        ),
    }


def learning_rate(program: Program) -> Facts:
    """The rate of some epochs."""
    return {"rates": [program.train.learning_rate(epoch) for epoch in (0, 1, 2, 7, 19)]}


def step(program: Program) -> Facts:
    """Parameters and velocity after three steps."""
    rng = np.random.default_rng(11)
    p = {name: value.copy() for name, value in _parameters(program).items()}
    velocity = {name: np.zeros_like(value) for name, value in p.items()}
    g = {name: rng.normal(0, 1, value.shape) for name, value in p.items()}
    for rate in (0.1, 0.05, 0.2):
        program.train.step(p, g, velocity, rate)
    return {**p, **{f"velocity of {name}": value for name, value in velocity.items()}}


def fit(program: Program) -> Facts:
    """A short training; and one with made-up validation losses, to see when it stops."""
    parts = {
        name: (_inputs(rows, seed), _labels(rows, seed))
        for seed, (name, rows) in enumerate({"train": 70, "validation": 40, "test": 30}.items())
    }
    facts: Facts = {}
    for title, losses in (("measured", None), ("made up", iter(MADE_UP_LOSSES))):
        rows: list[int] = []
        measure = program.evaluate.mean_loss

        def mean_loss(p: Any, x: Any, labels: Any, losses: Any = losses, rows: Any = rows) -> Any:
            rows.append(len(labels))
            return next(losses) if losses else measure(p, x, labels)  # noqa: B023

        epochs = program.train.EPOCHS
        program.evaluate.mean_loss, program.train.EPOCHS = mean_loss, 9 if losses else 4
        rng = np.random.default_rng(12)
        best, history = program.train.fit(program.network.initialise(rng), parts, rng)
        program.evaluate.mean_loss, program.train.EPOCHS = measure, epochs
        facts |= {f"{title}: {name}": value for name, value in best.items()}
        facts[f"{title}: history"] = [[row["loss"], row["val_loss"]] for row in history]
        facts[f"{title}: validation rows"] = rows
    return facts


def train_main(program: Program) -> Facts:
    """What is trained with, the weights that are saved, and what is printed."""
    given: Facts = {}

    def fit(p: Any, parts: Any, rng: Any) -> Any:
        given.update({f"{name} inputs": x for name, (x, _) in parts.items()})
        given.update({f"{name} labels": labels for name, (_, labels) in parts.items()})
        given["first W1"] = p["W1"].shape
        last = {name: value + rng.random() for name, value in _parameters(program).items()}
        p.update(last)
        return {name: value - 1 for name, value in _parameters(program).items()}, [
            {"loss": 2.25, "val_loss": 2.125},
            {"loss": 1.5, "val_loss": 1.75},
        ]

    program.train.fit = fit
    with _folder(program) as folder:
        printed = _printed(program.train.main)
        with np.load(folder / "parameters.npz", allow_pickle=False) as file:
            return {**given, **{name: file[name] for name in file}, "printed": printed}


# --- evaluation -----------------------------------------------------------------------------------


def predict(program: Program) -> Facts:
    """Classes of more rows than are computed at a time."""
    return {"classes": program.evaluate.predict(_parameters(program), _inputs(300))}


def mean_loss(program: Program) -> Facts:
    """The loss on some rows."""
    return {"loss": program.evaluate.mean_loss(_parameters(program), _inputs(300), _labels(300))}


def accuracy(program: Program) -> Facts:
    """The accuracy on some rows."""
    return {"accuracy": program.evaluate.accuracy(_parameters(program), _inputs(300), _labels(300))}


def confusion(program: Program) -> Facts:
    """The matrix of some rows."""
    return {"counts": program.evaluate.confusion(_parameters(program), _inputs(300), _labels(300))}


def recall(program: Program) -> Facts:
    """The recall from a made-up matrix."""
    return {"recall": program.evaluate.recall(np.random.default_rng(13).integers(1, 50, (10, 10)))}


def report(program: Program) -> Facts:
    """Each line of the report."""
    parts = {
        name: (_inputs(rows, seed), _labels(rows, seed))
        for seed, (name, rows) in enumerate({"train": 300, "validation": 90, "test": 200}.items())
    }
    return dict(program.evaluate.report(_parameters(program), parts))


def evaluate_main(program: Program) -> Facts:
    """What is printed about some weights."""
    with _folder(program) as folder:
        np.savez(folder / "parameters.npz", **_parameters(program))
        return {"printed": _printed(program.evaluate.main)}


TRIALS: dict[tuple[str, str], Callable[[Program], Facts]] = {
    **{("data", f.__name__): f for f in (load, scale, one_hot, split, move, prepare)},
    **{
        ("network", f.__name__): f
        for f in (initialise, leaky_relu, slope, softmax, forward, loss, backward)
    },
    **{("train", f.__name__): f for f in (batches, learning_rate, step, fit)},
    ("train", "main"): train_main,
    **{
        ("evaluate", f.__name__): f
        for f in (predict, mean_loss, accuracy, confusion, recall, report)
    },
    ("evaluate", "main"): evaluate_main,
}
"""The trial of each function, by module and name."""


# --- what they share ------------------------------------------------------------------------------


def _images(count: int) -> Any:
    with np.load(DIGITS, allow_pickle=False) as file:
        return file["images"][:count]


def _inputs(rows: int, seed: int = 0) -> Any:
    return np.random.default_rng([14, seed]).normal(0, 0.5, (rows, 64))


def _labels(rows: int, seed: int = 0) -> Any:
    return np.random.default_rng([15, seed]).integers(0, 10, rows)


def _targets(rows: int) -> Any:
    return np.eye(10)[_labels(rows)]


def _parameters(program: Program) -> Any:
    """Parameters whose biases are not 0, so that each of them matters."""
    rng = np.random.default_rng(16)
    sizes = program.network.SIZES
    shapes = {f"W{i}": sizes[i - 1 : i + 1] for i in (1, 2, 3)} | {
        f"b{i}": sizes[i] for i in (1, 2, 3)
    }
    return {name: rng.normal(0, 0.25, shape) for name, shape in sorted(shapes.items())}


def _order(rows: Any) -> float:
    """Return the correlation of row numbers with their places: 1 if they are sorted."""
    return float(np.corrcoef(rows, np.arange(len(rows)))[0, 1])


@contextlib.contextmanager
def _folder(program: Program) -> Any:
    """Give a program its own folder for the files that it writes."""
    before = program.data.FILE
    with tempfile.TemporaryDirectory(prefix="byhand-hunt-") as name:
        program.data.FILE = Path(shutil.copy(DIGITS, name))
        try:
            yield Path(name)
        finally:
            program.data.FILE = before


def _printed(main: Callable[[], None]) -> list[float]:
    """Return the numbers that a main function prints."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        main()
    return [float(number) for number in NUMBER.findall(said.getvalue())]
