"""The tools of the hunt, applied to a player's program: gradient check, trace and doctor."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from byhand.arrays import FloatArray
from byhand.evaluation.doctor import Training, diagnose, observe
from byhand.evaluation.doctor.findings_text import lines
from byhand.mlp import MultiLayerPerceptron
from byhand.network import DenseLayer, InputLayer, Layer, leaky_relu
from byhand.network.finite_differences import OFFSETS, STEP, relative_error, slopes
from byhand.training import Momentum

CHECKED_ROWS = 8
"""Number of examples of the gradient check."""

CHECKED_ENTRIES = 150
"""Largest number of entries of a parameter that are checked."""

TRACED_ROWS = 32
"""Number of examples of the trace: a batch."""

KEEP = 0.9


def gradcheck(program: SimpleNamespace) -> list[dict[str, Any]]:
    """Compare `backward` with finite differences of `loss`, for each parameter.

    Inputs and parameters are random, so neither data nor initialisation plays a part.

    Returns:
        For each parameter the relative error without and with dropout, or what is wrong with the
        shape of its gradient.
    """
    network = program.network
    rng = np.random.default_rng(2)
    X = rng.normal(0, 0.5, (CHECKED_ROWS, network.SIZES[0]))
    T = np.eye(network.SIZES[-1])[:CHECKED_ROWS]
    shapes_of = network.initialise(rng)
    p = {name: rng.normal(0, 0.2, np.shape(value)) for name, value in shapes_of.items()}
    errors: dict[str, list[float]] = {name: [] for name in p}
    shapes: dict[str, str] = {}
    for keep in (1.0, KEEP):
        c = network.forward(p, X, keep, np.random.default_rng(1))
        g = network.backward(p, c, T)
        loss = _loss(program, p, X, T, keep)
        for name, value in p.items():
            given = np.asarray(g[name], float)
            if given.shape != value.shape:
                shapes[name] = f"has shape {given.shape}, and {name} has {value.shape}"
            errors[name].append(_error(given, value, loss))
    return [
        {"parameter": name, "errors": errors[name], "shape": shapes.get(name, "")}
        for name in backwards(p)
    ]


def trace(program: SimpleNamespace) -> list[dict[str, Any]]:
    """Follow a batch through the program: the size of every value, before and after training.

    Returns:
        For each value its shape, and smallest, mean and largest number in both states.
    """
    images, labels = program.data.load()
    X, T = _batch(program, TRACED_ROWS)
    before = program.network.initialise(np.random.default_rng(program.train.SEED))
    after, _, _ = _trained(program)
    states = [_values(program, p, X, T) for p in (before, after)]
    traced: dict[str, list[Any]] = {
        "images": [images] * 2,
        "labels": [labels] * 2,
        **{name: [state[name] for state in states] for name in states[0]},
    }
    return [
        {"value": name, "shape": list(np.shape(both[0])), "states": [_range(one) for one in both]}
        for name, both in traced.items()
    ]


def doctor(program: SimpleNamespace) -> list[str]:
    """Train with the program, rebuild the networks as byhand's own, and ask the doctor.

    The doctor sees data, weights and losses, not the code, so it finds only what shows in a run.
    """
    train, network = program.train, program.network
    after, history, parts = _trained(program)
    before = network.initialise(np.random.default_rng(train.SEED))
    columns = {name: [float(row[name]) for row in history] for name in history[0]}
    seen = observe(
        _as_byhand(network, after),
        columns,
        parts["train"],
        validation=parts["validation"],
        test=parts["test"],
        initial=_as_byhand(network, before),
        training=Training(
            optimizer=Momentum(train.RATE, train.MOMENTUM),
            batch_size=train.BATCH,
            epochs=train.EPOCHS,
            l2=network.L2,
            diverged=not all(np.isfinite(value).all() for value in after.values()),
        ),
    )
    return lines([finding for finding in diagnose(seen) if finding.severe])


TOOLS: dict[str, Callable[[SimpleNamespace], Any]] = {
    "gradcheck": gradcheck,
    "trace": trace,
    "doctor": doctor,
}
"""Each tool by its name."""


# --- the gradient check ---------------------------------------------------------------------------


def _loss(program: SimpleNamespace, p: Any, X: Any, T: Any, keep: float) -> Callable[[], float]:
    """Return the loss as a function of the current contents of p."""

    def loss() -> float:
        c = program.network.forward(p, X, keep, np.random.default_rng(1))
        return float(program.network.loss(p, c["A3"], T))

    return loss


def _error(given: FloatArray, value: FloatArray, loss: Callable[[], float]) -> float:
    """Return the relative error of a gradient, as `step` would use it if its shape is wrong."""
    try:
        given = np.broadcast_to(given, value.shape)
    except ValueError:
        return 1.0
    entries = np.unique(np.linspace(0, value.size - 1, CHECKED_ENTRIES).astype(int))
    places = [np.unravel_index(entry, value.shape) for entry in entries]
    measured = np.array([_slope(value, place, loss) for place in places])
    computed = np.array([given[place] for place in places])
    return relative_error(computed, measured, negligible=1e-9)


def _slope(value: FloatArray, place: Any, loss: Callable[[], float]) -> float:
    """Return the slope of the loss at one entry of a parameter, by finite differences."""
    before = value[place]
    losses = []
    for offset in OFFSETS[2]:
        value[place] = before + offset * STEP
        losses.append(loss())
    value[place] = before
    return float(slopes(np.array(losses), STEP))


def backwards(names: Iterable[str]) -> list[str]:
    """Return W3, b3, W2, ...: the order in which their gradients are computed."""
    return sorted(names, key=lambda name: (-int(name[-1]), name))


# --- runs of the program --------------------------------------------------------------------------


def _batch(program: SimpleNamespace, rows: int) -> tuple[Any, Any]:
    x, labels = program.data.prepare()["train"]
    return x[:rows], program.data.one_hot(labels[:rows])


def _trained(program: SimpleNamespace) -> tuple[Any, Any, Any]:
    """Train as `main` does; return the weights, the history and the parts."""
    parts = program.data.prepare()
    rng = np.random.default_rng(program.train.SEED)
    with quiet():
        best, history = program.train.fit(program.network.initialise(rng), parts, rng)
    return best, history, parts


def _values(program: SimpleNamespace, p: Any, X: Any, T: Any) -> dict[str, Any]:
    """Return every value of a training step: forwards, the loss, and backwards."""
    with np.errstate(all="ignore"):
        c = program.network.forward(p, X, program.train.KEEP, np.random.default_rng(1))
        g = program.network.backward(p, c, T)
        loss = program.network.loss(p, c["A3"], T)
    return {
        **c,
        "sum of A3": np.sum(c["A3"], axis=1),
        "loss": loss,
        **{f"d{name}": g[name] for name in backwards(g)},
    }


def _range(values: Any) -> list[float]:
    array = np.asarray(values, float)
    with np.errstate(all="ignore"):
        return [float(array.min()), float(array.mean()), float(array.max())]


def _as_byhand(network: Any, p: Mapping[str, Any]) -> MultiLayerPerceptron:
    """Return a network of byhand with these parameters."""
    inputs, *hidden, outputs = network.SIZES
    layers: list[InputLayer | Layer] = [InputLayer(inputs, "none")]
    layers += [DenseLayer(units, leaky_relu(network.LEAK)) for units in hidden]
    layers.append(DenseLayer(outputs, "softmax"))
    net = MultiLayerPerceptron(layers, dtype="float64")
    for name, value in p.items():
        net.parameters[name][...] = value
    return net


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Within a `with` block, discard what a program prints."""
    with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        yield
