"""Sick runs: sane ones, changed in one way; what was changed is what the doctor has to name."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from benchmarks.doctor.data import Data
from benchmarks.doctor.sane import HEALTHY, SQUASHING, Case, pick, sane
from byhand import Adam, BatchNormLayer, DenseLayer, DropoutLayer

RELU_LIKE = ("relu", "leaky_relu", "elu", "gelu", "swish")

Rng = np.random.Generator


def gain(scale: float) -> Callable[[Rng, int, int], np.ndarray]:
    """An initialiser N(0, scale^2 / n_in); He's has the scale 1.4."""
    return lambda rng, n_in, n_out: rng.standard_normal((n_in, n_out)) * scale / n_in**0.5


# --- data -----------------------------------------------------------------------------------------


def unscaled(case: Case, rng: Rng) -> Case:
    """Pixels from 0 to 255, or columns with a deviation of 30 to 1000, and no normalisation."""
    if case.data.images:
        return replace(case, normalisation="none")
    factor = 10 ** rng.uniform(1.5, 3) / case.x.std()
    x, x_held = ((part * factor).astype(np.float32) for part in (case.x, case.x_held))
    return case.on(x, case.y, x_held, case.y_held, normalisation="none")


def scaled_twice(case: Case, rng: Rng) -> Case:  # noqa: ARG001
    """Divided by 255 once more than it should be."""
    unit = 255.0 if case.data.images else float(case.x.std())

    def shrink(x: np.ndarray) -> np.ndarray:
        return (x.reshape(len(x), -1) / (255.0 * unit)).astype(np.float32)

    return case.on(shrink(case.x), case.y, shrink(case.x_held), case.y_held, normalisation="none")


def blank(case: Case, rng: Rng) -> Case:
    """A share of the examples was read as nothing."""
    share = rng.uniform(0.15, 0.6)

    def wipe(x: np.ndarray) -> np.ndarray:
        x = x.copy()
        x[rng.random(len(x)) < share] = 0
        return x

    return case.on(wipe(case.x), case.y, wipe(case.x_held), case.y_held)


def leak(case: Case, rng: Rng) -> Case:
    """A share of the held-out rows is among the training rows."""
    n = max(5, int(len(case.x_held) * rng.uniform(0.1, 0.8)))
    x = np.concatenate([case.x, case.x_held[:n]])
    return case.on(x, np.concatenate([case.y, case.y_held[:n]]))


def noisy(case: Case, rng: Rng) -> Case:
    """A share of all labels is wrong: any other class, or always the next one."""
    share, classes, paired = rng.uniform(0.15, 0.4), case.data.classes, rng.random() < 0.5

    def spoil(y: np.ndarray) -> np.ndarray:
        wrong = rng.random(len(y)) < share
        steps = 1 if paired else rng.integers(1, classes, len(y))
        return np.where(wrong, (y + steps) % classes, y)

    return case.on(case.x, spoil(case.y), case.x_held, spoil(case.y_held))


def shuffled(case: Case, rng: Rng) -> Case:
    """Labels in another order than the examples."""
    return case.on(case.x, rng.permutation(case.y), case.x_held, rng.permutation(case.y_held))


def imbalanced(case: Case, rng: Rng) -> Case:
    """A third of the classes are thinned out to a twelfth or less, down to a fortieth."""
    rare = rng.permutation(case.data.classes)[: max(1, case.data.classes // 3)]
    share = 1 / rng.uniform(12, 40)

    def thin(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        keep = ~np.isin(y, rare) | (rng.random(len(y)) < share)
        return x[keep], y[keep]

    return case.on(*thin(case.x, case.y), *thin(case.x_held, case.y_held))


def shifted(case: Case, rng: Rng) -> Case:
    """Held-out data of other classes (split after sorting), or prepared in another way."""
    if rng.random() < 0.5:
        x, y = np.concatenate([case.x, case.x_held]), np.concatenate([case.y, case.y_held])
        train, held = np.split(np.argsort(y, kind="stable"), [len(case.x)])
        return case.on(x[train], y[train], x[held], y[held])
    if not case.data.images:
        return replace(case, x_held=case.x_held * np.float32(rng.uniform(2, 4)))
    return replace(case, x_held=255 - case.x_held if rng.random() < 0.5 else case.x_held // 3)


def class_by_class(case: Case, rng: Rng) -> Case:  # noqa: ARG001
    """Rows sorted by label, taken in that order."""
    order = np.argsort(case.y, kind="stable")
    return case.on(case.x[order], case.y[order], options={**case.options, "shuffle": False})


# --- start ----------------------------------------------------------------------------------------


def symmetric(case: Case, rng: Rng) -> Case:
    """All weights the same number."""
    constant = pick(rng, (0.0, 0.01, 0.1))
    return replace(case, weight_init=lambda _, n_in, n_out: np.full((n_in, n_out), constant))


def dead(case: Case, rng: Rng) -> Case:
    """Biases so far below 0 that most relu units never fire."""
    low, classes = 3 * rng.uniform(4, 8), case.data.classes

    def biases(rng: Rng, n_in: int, n_out: int) -> np.ndarray:
        off = (rng.random((n_in, n_out)) < 0.85) & (n_out > classes)  # not in the last layer
        return np.where(off, -low, 0.0)

    return replace(case, bias_init=biases)


def saturated(case: Case, rng: Rng) -> Case:
    """Weights so large that tanh and sigmoid units are always at their ends."""
    return replace(case, weight_init=gain(rng.uniform(20, 60)), output_init="glorot_uniform")


def vanishing(case: Case, rng: Rng) -> Case:
    """Many sigmoid layers, or small weights in several layers."""
    if case.activation == "sigmoid":
        return replace(case, widths=(32,) * int(rng.integers(6, 9)))
    small = gain(rng.uniform(0.05, 0.15))
    return replace(case, widths=(48,) * int(rng.integers(4, 6)), weight_init=small)


def exploding(case: Case, rng: Rng) -> Case:
    """Weights that multiply whatever passes, forth and back, several times in a row."""
    large = gain(rng.uniform(6, 12))
    return replace(case, widths=(48,) * int(rng.integers(3, 5)), weight_init=large)


def loud_output(case: Case, rng: Rng) -> Case:
    """An output layer whose first guesses are already sure, and wrong."""
    return replace(case, output_init=gain(rng.uniform(20, 60)))


# --- steps ----------------------------------------------------------------------------------------


def rate_high(case: Case, rng: Rng) -> Case:
    """A rate far beyond what the optimizer bears."""
    plain = case.optimizer.name in {"sgd", "momentum", "nesterov"}
    return _at_rate(case, np.exp(rng.uniform(*np.log((100, 400) if plain else (200, 1000)))))


def rate_low(case: Case, rng: Rng) -> Case:
    """A rate with which nothing moves."""
    return _at_rate(case, 1 / np.exp(rng.uniform(*np.log((200, 2000)))))


def _at_rate(case: Case, factor: float) -> Case:
    rate = float(case.optimizer.learning_rate * factor)
    return replace(case, optimizer=replace(case.optimizer, learning_rate=rate))


def few_steps(case: Case, rng: Rng) -> Case:
    """Full-batch descent for a handful of epochs."""
    return replace(case, batch=len(case.x), epochs=int(rng.integers(5, 15)))


def strangled(case: Case, rng: Rng) -> Case:
    """A penalty so strong that the weights cannot grow, or dropout that leaves next to nothing."""
    if rng.random() < 0.3:
        drop = DropoutLayer(float(rng.uniform(0.96, 0.985)))
        parts = [(DenseLayer(units, case.activation), drop) for units in case.widths]
        return replace(case, layers=tuple(layer for part in parts for layer in part))
    return replace(case, options={"l2": float(rng.uniform(0.3, 1.0))})


def frozen(case: Case, rng: Rng) -> Case:
    """Huge weights before batch normalisation, which hides them: steps are lost on them."""
    parts = [(DenseLayer(units), BatchNormLayer(case.activation)) for units in case.widths]
    layers = tuple(layer for part in parts for layer in part)
    huge = gain(10 ** rng.uniform(2.5, 3.5))
    return replace(case, layers=layers, weight_init=huge, output_init="glorot_uniform")


# --- fit ------------------------------------------------------------------------------------------


def overfit(case: Case, rng: Rng) -> Case:
    """Far too few examples for a wide network and many epochs."""
    n = int(rng.integers(8, 14)) * case.data.classes
    few = case.on(case.x[:n], case.y[:n], widths=(200,), epochs=300, patience=0)
    return replace(few, batch=min(case.batch, 20))


def underfit(case: Case, rng: Rng) -> Case:
    """A network with one or two hidden units."""
    return replace(case, widths=(int(rng.integers(1, 3)),))


def overconfident(case: Case, rng: Rng) -> Case:  # noqa: ARG001
    """Trained on and on after everything is learnt."""
    n = 100 * case.data.classes
    few = case.on(case.x[:n], case.y[:n], widths=(128,), epochs=250, patience=0)
    return replace(few, batch=min(case.batch, 32), optimizer=Adam(5e-3))


# --- the table ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sickness:
    """How to make a run sick.

    Args:
        make: changes a sane run.
        expected: the check that must name it.
        wanted: what the sane run must be like.
        comes_with: checks that may speak, too, because what they say is true as well.
        harms: True where the run counts only if its accuracy stays below the bar of its data, for
            what would be sick elsewhere may do for easy data; False where only if it reaches it.
    """

    make: Callable[[Case, Rng], Case]
    expected: str
    wanted: dict[str, Any] = field(default_factory=dict)
    comes_with: tuple[str, ...] = ()
    harms: bool | None = None


def _few_examples_mislead(data: Data) -> bool:
    return data.name == "clusters" or (data.images and data.name != "digits")


def _is_never_learnt_out(data: Data) -> bool:
    return data.images and data.name not in {"digits", "mnist-14x14", "mnist-6-to-9"}


def _neighbours_are_alike(data: Data) -> bool:
    return len(data.x) > 400 and data.name not in {"hastie", "shells"}


EXTRAS = {"extras": True}
PLAIN = {"optimizers": ("sgd", "momentum", "nesterov")}

SICKNESSES = {
    "unscaled inputs": Sickness(unscaled, "input_scale"),
    "inputs scaled twice": Sickness(scaled_twice, "input_scale"),
    "blank inputs": Sickness(blank, "blank_inputs", EXTRAS),
    "leaking split": Sickness(leak, "leaking_split", EXTRAS, harms=False),
    "held-out data differ": Sickness(shifted, "validation_shift", EXTRAS),
    "label noise": Sickness(noisy, "label_noise", {"data": _neighbours_are_alike, **EXTRAS}),
    "shuffled labels": Sickness(shuffled, "shuffled_labels", EXTRAS),
    "class imbalance": Sickness(imbalanced, "class_imbalance", EXTRAS),
    "class by class": Sickness(class_by_class, "unshuffled", EXTRAS),
    "symmetric start": Sickness(symmetric, "symmetric_initialisation"),
    "dead units": Sickness(dead, "dead_start", {"activations": ("relu",)}),
    "saturated units": Sickness(saturated, "saturated_start", {"activations": SQUASHING}),
    "vanishing gradients": Sickness(
        vanishing,
        "vanishing_gradients",
        {"activations": ("relu", "tanh", "sigmoid")},
        harms=True,  # an optimizer that rescales may learn all the same
    ),
    "exploding gradients": Sickness(exploding, "exploding_gradients", {"activations": RELU_LIKE}),
    "loud output layer": Sickness(loud_output, "initial_loss"),
    "rate too high": Sickness(rate_high, "learning_rate_high", harms=True),
    "rate too low": Sickness(rate_low, "learning_rate_low", harms=True),
    "frozen layers": Sickness(frozen, "update_ratio", PLAIN),
    "too few steps": Sickness(few_steps, "unfinished", harms=True),
    "penalty too strong": Sickness(strangled, "over_regularised", harms=True),
    "over-fitting": Sickness(
        overfit, "over_fitting", {"data": _few_examples_mislead}, ("over_confidence",), harms=True
    ),
    "over-confidence": Sickness(
        overconfident,
        "over_confidence",
        {"data": _is_never_learnt_out},
        ("over_fitting", "saturated_units"),  # large weights do both
    ),
    "under-fitting": Sickness(underfit, "under_fitting", harms=True),
}


def draw(kind: str, pool_name: str, number: int) -> Case:
    """The `number`-th run of a kind ("healthy" or a sickness) in a pool."""
    rng = np.random.default_rng([zlib.crc32(f"{pool_name}/{kind}".encode()), number])
    seed = int(rng.integers(2**31))
    if kind == HEALTHY:
        return replace(sane(rng, pool_name, seed, EXTRAS), number=number)
    sickness = SICKNESSES[kind]
    base = sane(rng, pool_name, seed, sickness.wanted)
    return replace(sickness.make(base, rng), kind=kind, number=number)
