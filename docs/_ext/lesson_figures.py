"""The pictures of the lessons, drawn from real trainings at every build."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from byhand import (
    SGD,
    Adam,
    Augmentation,
    DenseLayer,
    DropoutLayer,
    InputLayer,
    Momentum,
    MultiLayerPerceptron,
    load_dataset,
)
from unscaled import train as train_unscaled

BLUE, RED, GREEN, GREY = "#1f6fb4", "#c8442f", "#3b8f4a", "#888888"


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("builder-inited", draw_all)
    return {"parallel_read_safe": True}


def draw_all(app: Any) -> None:
    """Draw the pictures that are missing or older than this file."""
    folder = Path(app.srcdir) / "_generated" / "lessons"
    folder.mkdir(parents=True, exist_ok=True)
    for number, draw in FIGURES.items():
        path = folder / f"{number:02d}.svg"
        if _is_old(path):
            draw().savefig(path, metadata={"Date": None})
    path = folder / "unscaled.md"
    if _is_old(path):
        path.write_text(unscaled(), "utf-8")


def _is_old(path: Path) -> bool:
    return not path.exists() or path.stat().st_mtime < Path(__file__).stat().st_mtime


def new(columns: int, height: float = 2.8, rows: int = 1) -> tuple[Figure, Any]:
    """Return a figure of the width of the page, and its axes."""
    figure = Figure(figsize=(8, height), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for one in axes.flat:
        one.spines[["top", "right"]].set_visible(False)
    return figure, axes[0] if rows == 1 else axes


def picture(axes: Any, values: np.ndarray, title: str, limit: float | None = None) -> None:
    """Draw a picture: grey, or red and blue if a limit is given."""
    limits = (
        {"cmap": "Greys"} if limit is None else {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit}
    )
    axes.imshow(values, **limits)
    axes.set_title(title, fontsize=10)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)


def digits() -> Any:
    """Return the 1,797 digits that come with byhand."""
    return load_dataset("digits")


def network(*hidden: Any, inputs: int = 64, outputs: int = 10, **options: Any) -> Any:
    """Return a network with these hidden layers and a softmax."""
    return MultiLayerPerceptron(
        [InputLayer(inputs), *hidden, DenseLayer(outputs, "softmax")], seed=0, **options
    )


def drills() -> Figure:
    """Lesson 1: a digit, its row, and the mean of 200."""
    train = digits().train
    figure, axes = new(3, 2.4)
    picture(axes[0], train.images[0], "one image: (8, 8)")
    picture(axes[1], train.images[0].reshape(1, -1).repeat(6, axis=0), "the same as a row: (64,)")
    sevens = train.images[train.labels == 3][:200].reshape(-1, 64)
    picture(axes[2], sevens.mean(axis=0).reshape(8, 8), "column means of the 3s")
    return figure


def neuron() -> Figure:
    """Lesson 2: the weights of one neuron while it learns."""
    train = digits().train
    two = np.isin(train.labels, (3, 8))
    x, y = train.images[two].reshape(-1, 64) / 255, train.labels[two] == 8
    w, b, done = np.zeros(64), 0.0, 0
    figure, axes = new(3, 2.6)
    for one, steps in zip(axes, (1, 10, 100), strict=True):
        while done < steps:
            a = 1 / (1 + np.exp(-(x @ w + b)))
            dz = (a - y) / len(y)
            w, b, done = w - 0.5 * x.T @ dz, b - 0.5 * dz.sum(), done + 1
        right = np.mean((x @ w + b > 0) == y)
        title = f"{steps} step{'s' * (steps > 1)}: {right:.1%}"
        picture(one, w.reshape(8, 8), title, np.abs(w).max())
    return figure


def softmax() -> Figure:
    """Lesson 3: three probabilities and their losses."""
    z = np.linspace(-4, 4, 200)
    scores = np.stack([z, np.full_like(z, 1), np.zeros_like(z)], axis=1)
    e = np.exp(scores)
    a = e / e.sum(axis=1, keepdims=True)
    figure, axes = new(2)
    for k, colour in enumerate((RED, BLUE, GREY)):
        label = f"class {k}"
        axes[0].plot(z, a[:, k], color=colour, label=label)
        axes[1].plot(z, -np.log(a[:, k]), color=colour, label=f"the label is {k}")
    axes[0].set(xlabel="score of class 0 (others: 1 and 0)", ylabel="probability")
    axes[1].set(xlabel="score of class 0", ylabel="loss")
    for one in axes:
        one.legend(frameon=False, fontsize=9)
    return figure


def paper() -> Figure:
    """Lesson 4: the network with its numbers."""
    figure = Figure(figsize=(8, 3.4))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 10), ylim=(-0.4, 4))
    axes.axis("off")
    places = {"x": (1, ("1", "2"), ("", "")), "1": (4.2, ("z 2\na 2", "z -2\na 0"), ("0.881", "0"))}
    places["2"] = (7.6, ("z 1\na 0.881", "z -1\na 0.119"), ("0.881", "-0.881"))
    weights = {("x", "1"): ((1, -1), (0.5, -0.5)), ("1", "2"): ((0.5, -0.5), (1, -1))}
    for (start, end), matrix in weights.items():
        for i, row in enumerate(matrix):
            for j, value in enumerate(row):
                x = np.array([places[start][0], places[end][0]])
                y = np.array([3 - 2 * i, 3 - 2 * j])
                axes.plot(x, y, color="#bbbbbb", lw=1.2, zorder=1)
                at = 0.28 + 0.1 * (i == j)
                axes.text(
                    x[0] + at * np.ptp(x), y[0] + at * (y[1] - y[0]) + 0.08, f"{value:g}",
                    fontsize=9, ha="center", color="#444444", backgroundcolor=to_rgba("white", 0.8),
                )  # fmt: skip
    for x, texts, errors in places.values():
        for row, (text, error) in enumerate(zip(texts, errors, strict=True)):
            y = 3 - 2 * row
            axes.scatter([x], [y], s=2600, color="white", edgecolor="#333333", zorder=2)
            axes.text(x, y, text, ha="center", va="center", fontsize=10, zorder=3)
            if error:
                axes.text(x, y - 0.72, f"dz {error}", ha="center", color=RED, fontsize=10, zorder=3)
    axes.text(9.2, 1, "label 1\nloss 2.127", ha="center", va="center", fontsize=10, color=RED)
    for x, text in ((1, "input"), (4.2, "hidden, ReLU"), (7.6, "softmax")):
        axes.text(x, 3.75, text, ha="center", fontsize=10, color=GREY)
    return figure


def spirals(rng: np.random.Generator, n: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Return points on two spirals, and which."""
    t = np.linspace(0.3, 3, n)[:, None]
    turn = 1.4 * t + np.array([[0.0, np.pi]])
    points = np.stack([t * np.cos(turn), t * np.sin(turn)], axis=2).transpose(1, 0, 2)
    noisy = points.reshape(-1, 2) + rng.normal(0, 0.12, (2 * n, 2))
    return noisy.astype(np.float32), np.repeat([0, 1], n)


def hidden_layer() -> Figure:
    """Lesson 5: the border that a hidden layer can draw."""
    x, y = spirals(np.random.default_rng(0))
    grid = np.stack(np.meshgrid(np.linspace(-3.5, 3.5, 160), np.linspace(-3.5, 3.5, 160)), axis=-1)
    figure, axes = new(3, 3.0)
    for one, units in zip(axes, (0, 3, 16), strict=True):
        hidden = [DenseLayer(units, "tanh")] if units else []
        net = network(*hidden, inputs=2, outputs=2)
        net.fit(x, y, epochs=400, batch_size=32, learning_rate=0.02, verbose=0)
        p = net.predict_proba(grid.reshape(-1, 2).astype(np.float32))[:, 1].reshape(160, 160)
        one.contourf(grid[..., 0], grid[..., 1], p, levels=np.linspace(0, 1, 11), cmap="RdBu_r",
                     alpha=0.5)  # fmt: skip
        one.scatter(*x.T, c=np.where(y, RED, BLUE), s=6)
        score = net.evaluate(x, y)["accuracy"]
        one.set_title(f"{units or 'no'} hidden units: {score:.0%}", fontsize=10)
        one.set(xticks=[], yticks=[], aspect="equal")
    return figure


def curves(axes: Any, runs: dict[str, dict[str, Any]], per: str = "epoch") -> None:
    """Train the same network in several ways and draw the losses."""
    train = digits().train
    for (label, options), colour in zip(runs.items(), (BLUE, RED, GREEN, GREY), strict=False):
        net = network(DenseLayer(32, "relu"))
        options = {"epochs": 20, "batch_size": 64, **options}
        history = net.fit(train.images, train.labels, verbose=0, **options)
        axes.plot(
            np.arange(1, len(history["loss"]) + 1), history["loss"], color=colour, label=label
        )
    axes.set(xlabel=per, ylabel="training loss", yscale="log")
    axes.legend(frameon=False, fontsize=9)


def mini_batches() -> Figure:
    """Lesson 6: sizes of batches."""
    figure, axes = new(1, 3.2)
    sizes: tuple[int | str, ...] = ("all", 256, 64, 16)
    options = {
        f"batches of {size}": {"batch_size": size, "optimizer": "sgd", "learning_rate": 0.1}
        for size in sizes
    }
    curves(axes[0], options, "passes through the data")
    return figure


def initialisation() -> Figure:
    """Lesson 7: the signal through six layers."""
    rng = np.random.default_rng(0)
    scales = {"0.02": 0.02, "sqrt(2 / 200) = 0.1": 0.1, "0.3": 0.3}
    figure, axes = new(3, 2.8)
    for one, (name, scale) in zip(axes, scales.items(), strict=True):
        a, spreads = rng.standard_normal((500, 200)), [1.0]
        for _ in range(6):
            a = np.maximum(a @ (rng.standard_normal((200, 200)) * scale), 0)
            spreads.append(float(a.std()))
        one.semilogy(range(7), spreads, "o-", color=BLUE)
        one.set(title=f"deviation of W: {name}", xlabel="layer", ylim=(1e-5, 1e4))
        one.title.set_fontsize(10)
    axes[0].set_ylabel("deviation of A")
    return figure


def optimizers() -> Figure:
    """Lesson 8: paths in a valley, and losses on digits."""
    figure, axes = new(2, 3.2)
    x, y = np.meshgrid(np.linspace(-10, 2, 120), np.linspace(-2.2, 2.2, 120))
    axes[0].contour(x, y, 0.5 * (x**2 + 20 * y**2), levels=14, colors="#dddddd", linewidths=0.8)
    for name, colour in (("descent", BLUE), ("momentum", RED), ("Adam", GREEN)):
        path = valley(name)
        axes[0].plot(*path.T, "o-", ms=2.5, lw=1, color=colour, label=name)
    axes[0].legend(frameon=False, fontsize=9)
    axes[0].set(xticks=[], yticks=[])
    rules = {"descent": SGD(0.1), "momentum": Momentum(0.05), "Adam": Adam(0.01)}
    curves(axes[1], {name: {"optimizer": rule} for name, rule in rules.items()})
    return figure


def valley(name: str) -> np.ndarray:
    """Return forty steps of an optimizer in a narrow valley."""
    p, m, v, path = np.array([-9.0, 1.8]), np.zeros(2), np.zeros(2), [np.array([-9.0, 1.8])]
    for t in range(1, 41):
        g = np.array([1.0, 20.0]) * p
        if name == "descent":
            p = p - 0.09 * g
        elif name == "momentum":
            m = 0.8 * m + g
            p = p - 0.03 * m
        else:
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
            p = p - 0.4 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        path.append(p)
    return np.array(path)


def failing() -> Figure:
    """Lesson 9: one healthy training and four that fail."""
    train = digits().train
    shuffled = np.random.default_rng(0).permutation(train.labels)
    runs: dict[str, tuple[Any, float, dict[str, Any]]] = {
        "healthy": (train.labels, 0.1, {}),
        "rate 50 times too high": (train.labels, 5.0, {}),
        "rate 1,000 times too low": (train.labels, 1e-4, {}),
        "all weights equal": (train.labels, 0.1, {"weight_init": "small_constant"}),
        "labels shuffled": (shuffled, 0.1, {}),
    }
    figure, axes = new(1, 3.2)
    for (name, (labels, rate, options)), colour in zip(
        runs.items(), (GREEN, RED, BLUE, GREY, "#b07aa1"), strict=True
    ):
        net = network(DenseLayer(32, "relu"), **options)
        history = net.fit(train.images, labels, epochs=20, optimizer="sgd", learning_rate=rate,
                          verbose=0)  # fmt: skip
        axes[0].plot(history["loss"], color=colour, label=name)
    axes[0].axhline(np.log(10), color="#cccccc", lw=1, zorder=0)
    axes[0].set(xlabel="epoch", ylabel="training loss", yscale="log")
    axes[0].legend(frameon=False, fontsize=9)
    return figure


def over_fitting() -> Figure:
    """Lesson 10: a large network on few images."""
    data = digits()
    x, y = data.train.images[:150], data.train.labels[:150]
    held_out = (data.test.images, data.test.labels)
    figure, axes = new(2, 3.0)
    cases = {
        "nothing": ([DenseLayer(128, "relu")], 0.0),
        "L2 and dropout": ([DenseLayer(128, "relu"), DropoutLayer(0.5)], 0.005),
    }
    for one, (name, (hidden, l2)) in zip(axes, cases.items(), strict=True):
        net = network(*hidden)
        history = net.fit(x, y, epochs=150, batch_size=32, learning_rate=0.003, l2=l2,
                          validation_data=held_out, verbose=0)  # fmt: skip
        one.plot(history["loss"], color=BLUE, label="training")
        one.plot(history["val_loss"], color=RED, label="validation")
        best = max(history["val_accuracy"])
        one.set(title=f"{name}: {best:.1%} at best", xlabel="epoch", yscale="log", ylim=(2e-3, 4))
        one.title.set_fontsize(10)
    axes[0].set_ylabel("loss")
    axes[0].legend(frameon=False, fontsize=9)
    return figure


def augmentation() -> Figure:
    """Lesson 11: variants of a digit, and the accuracy of ensembles."""
    data = digits()
    figure = Figure(figsize=(8, 3.0), layout="constrained")
    left, right = figure.subfigures(1, 2)
    image = data.train.images[:1].repeat(12, axis=0)
    moved = Augmentation(shift=1.0, rotate=15.0, scale=0.1)(image, np.random.default_rng(2))
    for axes, one in zip(left.subplots(3, 4).flat, moved, strict=True):
        picture(axes, one, "")
    nets = []
    for seed in range(9):
        net = MultiLayerPerceptron(
            [InputLayer(64), DenseLayer(24, "relu"), DenseLayer(10, "softmax")], seed=seed
        )
        net.fit(data.train.images, data.train.labels, epochs=12, learning_rate=0.003, verbose=0)
        nets.append(net.predict_proba(data.test.images))
    p = np.stack(nets)
    together = [
        np.mean([
            np.mean(p[list(some)].mean(axis=0).argmax(axis=1) == data.test.labels)
            for some in itertools.combinations(range(9), m)
        ])
        for m in range(1, 10)
    ]  # fmt: skip
    axes = right.subplots()
    axes.plot(range(1, 10), together, "o-", color=BLUE)
    axes.set(xlabel="networks", ylabel="test accuracy")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def speed() -> Figure:
    """Lesson 12: a layer with loops, with one loop, and with a product."""
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((64, 784)), rng.standard_normal((784, 30))
    a, b = x.tolist(), w.T.tolist()
    ways: dict[str, Callable[[], Any]] = {
        "three loops": lambda: [
            [sum(p * q for p, q in zip(i, k, strict=True)) for k in b] for i in a
        ],
        "one loop": lambda: np.array([row @ w for row in x]),
        "matrix product": lambda: x @ w,
        "in float32": (lambda s, t: lambda: s @ t)(x.astype(np.float32), w.astype(np.float32)),
    }
    figure, axes = new(1, 2.4)
    seconds = [_best(way) for way in ways.values()]
    axes[0].barh(list(ways), seconds, color=BLUE)
    for place, value in enumerate(seconds):
        axes[0].text(value * 1.15, place, f"{value * 1000:.2g} ms", va="center", fontsize=9)
    axes[0].set(
        xscale="log", xlabel="seconds of processor time", xlim=(min(seconds) / 2, max(seconds) * 6)
    )
    axes[0].invert_yaxis()
    return figure


def _best(way: Callable[[], Any]) -> float:
    times: list[float] = []
    while len(times) < 3 or (len(times) < 300 and sum(times) < 0.2):
        began = time.process_time()
        way()
        times.append(time.process_time() - began)
    return min(times)


def unscaled() -> str:
    """Return what the doctor says about raw pixels, as Markdown."""
    (scaled, _), (raw, doctor) = train_unscaled(1), train_unscaled(255)
    finding = doctor.findings[0]
    return (
        f"With inputs from 0 to 1 the training accuracy after 200 steps is **{scaled:.0%}**, with "
        f"inputs from 0 to 255 it is **{raw:.0%}**. The doctor says:\n\n"
        f"> **{finding.name}:** {finding.evidence} {finding.meaning}\n"
    )


FIGURES: dict[int, Callable[[], Figure]] = {
    1: drills,
    2: neuron,
    3: softmax,
    4: paper,
    5: hidden_layer,
    6: mini_batches,
    7: initialisation,
    8: optimizers,
    9: failing,
    10: over_fitting,
    11: augmentation,
    12: speed,
}
