"""Faults as strangers make them, each with the checks that name its cause."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.doctor.strangers.data import has_several_labels
from benchmarks.doctor.strangers.runs import Sickness, changed
from byhand import Adam, Momentum
from byhand.arrays import Array
from byhand.evaluation.doctor.faults import Case, Data, Rng, is_regression, pick
from byhand.network import DenseLayer, DropoutLayer
from byhand.network.losses import CategoricalCrossEntropy
from byhand.training.schedules import Exponential, Step


def is_classes(data: Data) -> bool:
    """Return whether each example has one class."""
    return bool(data.classes) and not has_several_labels(data)


def is_table(data: Data) -> bool:
    """Return whether the examples are rows of a table."""
    return not data.images


def _images_of_classes(data: Data) -> bool:
    return data.images and is_classes(data)


def _distinct(data: Data) -> bool:
    """Return whether classes are far enough apart that wrong labels can be seen."""
    return is_classes(data) and data.bar >= 0.85 and len(data.x) > 400


def _many(data: Data) -> bool:
    return is_classes(data) and data.classes > 2


def _roomy(data: Data) -> bool:
    return is_classes(data) and len(data.x) > 1000


# --- inputs ---------------------------------------------------------------------------------------


def other_units(case: Case, rng: Rng) -> Case:
    """Feed a table in other units, hundreds to thousands, without scaling it."""
    return _rescaled(case, 10.0 ** rng.uniform(2.3, 3.5), rng.uniform(0, 2))


def tiny_units(case: Case, rng: Rng) -> Case:
    """Feed a table in units so large that its numbers are thousandths, without scaling it."""
    return _rescaled(case, 10.0 ** rng.uniform(-4, -3), 0.0)


def _rescaled(case: Case, scale: float, offset: float) -> Case:
    middle, spread = case.x.mean(axis=0), case.x.std(axis=0) + 1e-6
    train, held = ((scale * ((x - middle) / spread + offset)) for x in (case.x, case.x_held))
    x, x_held = train.astype(np.float32), held.astype(np.float32)
    return case.on(x, case.y, x_held, case.y_held, normalisation="none")


def raw_pixels(case: Case, _rng: Rng) -> Case:
    """Feed pixels of 0 to 255 as they are."""
    return replace(case, normalisation="none")


def failed_loading(case: Case, rng: Rng) -> Case:
    """A part of the examples could not be read and is all zeros."""
    x = case.x.copy()
    x[rng.random(len(x)) < rng.uniform(0.15, 0.4)] = 0
    return case.on(x, case.y)


def other_camera(case: Case, rng: Rng) -> Case:
    """Negatives, or images lying on their side, in the held-out part."""
    turned = np.rot90(case.x_held, 1, axes=(1, 2)).copy()
    return case.on(case.x, case.y, pick(rng, (255 - case.x_held, turned)), case.y_held)


def own_scaling(case: Case, _rng: Rng) -> Case:
    """Standardise the training table outside of the network but not the held-out one."""
    middle, spread = case.x.mean(axis=0), case.x.std(axis=0) + 1e-6
    x = ((case.x - middle) / spread).astype(np.float32)
    return case.on(x, case.y, case.x_held, case.y_held, normalisation="none")


def shifted_labels(case: Case, _rng: Rng) -> Case:
    """Count the held-out labels from another number."""
    return case.on(case.x, case.y, case.x_held, (case.y_held + 1) % case.data.classes)


def answer_column(case: Case, rng: Rng) -> Case:
    """Leave the label in the table as one column, in another unit and with a little noise."""
    unit, place = rng.uniform(0.5, 20), int(rng.integers(case.x.shape[1]))

    def told(x: Array, y: Array) -> Array:
        column = unit * (y + rng.normal(0, 0.03, len(y)))
        return np.insert(x, place, column, axis=1).astype(np.float32)

    return case.on(told(case.x, case.y), case.y, told(case.x_held, case.y_held), case.y_held)


def stamped_images(case: Case, _rng: Rng) -> Case:
    """Write the label into the brightness of one pixel."""
    x, held = case.x.copy(), case.x_held.copy()
    step = 240 // case.data.classes
    x[:, 0, 0], held[:, 0, 0] = 10 + step * case.y, 10 + step * case.y_held
    return case.on(x, case.y, held, case.y_held)


def split_after_copying(case: Case, rng: Rng) -> Case:
    """Copy a good part of the held-out examples into the training data."""
    rows = rng.permutation(len(case.x_held))[: int(rng.uniform(0.3, 0.7) * len(case.x_held))]
    x = np.concatenate([case.x, case.x_held[rows]])
    return case.on(x, np.concatenate([case.y, case.y_held[rows]]))


def split_after_noise(case: Case, rng: Rng) -> Case:
    """Augment with slight noise before the split, so that near copies are on both sides."""
    rows = rng.permutation(len(case.x_held))[: int(rng.uniform(0.4, 0.8) * len(case.x_held))]
    copies = case.x_held[rows].astype(np.float32)
    near = copies + rng.normal(0, 1, copies.shape) * 0.01 * case.x.std(axis=0)
    near = near.round().clip(0, 255) if case.data.images else near
    x = np.concatenate([case.x, near.astype(case.x.dtype)])
    return case.on(x, np.concatenate([case.y, case.y_held[rows]]))


def two_sources(case: Case, rng: Rng) -> Case:
    """A third of the examples comes as negatives, or in units a hundred times smaller."""

    def mixed(x: Array) -> Array:
        some = rng.random(len(x)) < share
        other = 255 - x[some] if case.data.images else x[some] * 100
        mixed = x.copy()
        mixed[some] = other
        return mixed

    share = rng.uniform(0.2, 0.4)
    return case.on(mixed(case.x), case.y, mixed(case.x_held), case.y_held)


# --- labels ---------------------------------------------------------------------------------------


def unaligned_files(case: Case, rng: Rng) -> Case:
    """Read inputs and labels in different orders."""
    return case.on(case.x, rng.permutation(case.y), case.x_held, rng.permutation(case.y_held))


def careless_labels(case: Case, rng: Rng) -> Case:
    """Give a fifth to a third of all examples a random label."""
    share = rng.uniform(0.2, 0.35)

    def spoilt(y: Array) -> Array:
        wrong = rng.random(len(y)) < share
        other = (y + rng.integers(1, case.data.classes, len(y))) % case.data.classes
        return np.where(wrong, other, y)

    return case.on(case.x, spoilt(case.y), case.x_held, spoilt(case.y_held))


def confused_class(case: Case, rng: Rng) -> Case:
    """Give half of one class the label of another."""
    one, other = rng.permutation(case.data.classes)[:2]
    share = rng.uniform(0.4, 0.6)

    def spoilt(y: Array) -> Array:
        return np.where((y == one) & (rng.random(len(y)) < share), other, y)

    return case.on(case.x, spoilt(case.y), case.x_held, spoilt(case.y_held))


def sorted_file(case: Case, _rng: Rng) -> Case:
    """Train on a file that is sorted by class, without shuffling."""
    order = np.argsort(case.y, kind="stable")
    options = changed(case, shuffle=False)
    return case.on(case.x[order], case.y[order], options=options)


def rare_classes(case: Case, rng: Rng) -> Case:
    """Keep 2 or 3 % of the examples of all classes but a third."""
    frequent = rng.permutation(case.data.classes)[: max(1, case.data.classes // 3)]
    share = rng.uniform(0.02, 0.03)
    kept, held = (
        np.isin(y, frequent) | (rng.random(len(y)) < share) for y in (case.y, case.y_held)
    )
    return case.on(case.x[kept], case.y[kept], case.x_held[held], case.y_held[held])


def in_cents(case: Case, rng: Rng) -> Case:
    """Give the values in units of which they have thousands."""
    scale, offset = 10.0 ** rng.uniform(2.5, 4), rng.uniform(0, 3)
    y, held = ((scale * (v + offset)).astype(np.float32) for v in (case.y, case.y_held))
    return case.on(case.x, y, case.x_held, held)


# --- network and loss -----------------------------------------------------------------------------


def squashed_values(case: Case, rng: Rng) -> Case:
    """End a regression in an activation that cannot reach half of the values."""
    return replace(case, output=pick(rng, ("relu", "sigmoid", "tanh")))


def loss_of_values(case: Case, rng: Rng) -> Case:
    """Train classes with a loss for values."""
    return replace(case, loss=pick(rng, ("squared_error", "absolute_error")))


def too_smooth(case: Case, rng: Rng) -> Case:
    """Smooth the labels by 0.9 or more."""
    return replace(case, loss=CategoricalCrossEntropy(label_smoothing=rng.uniform(0.9, 0.97)))


def equal_weights(case: Case, rng: Rng) -> Case:
    """Start all weights with zero or with one other number."""
    same = float(pick(rng, (0.0, 0.01, 0.1)))
    return replace(case, weight_init=_constant(same))


def wild_weights(case: Case, rng: Rng) -> Case:
    """Draw the first weights from N(0, 2 to 4), whatever the width."""
    sigma = rng.uniform(2, 4)
    return replace(case, weight_init=_normal(sigma), extra="", widths=_deep(case, 2))


def faint_weights(case: Case, _rng: Rng) -> Case:
    """Start four layers of sigmoid or tanh with weights of a hundredth."""
    return replace(case, weight_init=_normal(0.01), extra="", widths=_deep(case, 4))


def rising_weights(case: Case, rng: Rng) -> Case:
    """Start three layers of relu with weights several times too large."""
    return replace(case, weight_init=_normal(rng.uniform(0.9, 1.5)), extra="", widths=(96, 96, 96))


def sunk_biases(case: Case, rng: Rng) -> Case:
    """Start relu units so far below zero that no example reaches them."""
    low = -rng.uniform(8, 15)
    return replace(case, bias_init=_constant(low), extra="")


def loud_output(case: Case, rng: Rng) -> Case:
    """Start the output layer alone with weights of 5 to 10."""
    return replace(case, output_init=_normal(rng.uniform(5, 10)), extra="")


def _normal(sigma: float) -> Any:
    return lambda rng, n_in, n_out: rng.normal(0, sigma, (n_in, n_out))


def _constant(value: float) -> Any:
    return lambda _rng, n_in, n_out: np.full((n_in, n_out), value)


def _deep(case: Case, depth: int) -> tuple[int, ...]:
    return (max(case.widths),) * max(depth, len(case.widths))


def two_units(case: Case, rng: Rng) -> Case:
    """Squeeze everything through one or two hidden units."""
    return replace(case, widths=(int(rng.integers(1, 3)),), extra="")


# --- training -------------------------------------------------------------------------------------


def strong_penalty(case: Case, rng: Rng) -> Case:
    """Punish the weights a thousand times too much."""
    return replace(case, options=changed(case, l2=float(rng.uniform(0.3, 1.5))))


def drowned_in_dropout(case: Case, rng: Rng) -> Case:
    """Drop 90 % or more of the units."""
    rate = float(rng.uniform(0.9, 0.97))
    layers = [
        part
        for units in case.widths
        for part in (DenseLayer(units, case.activation), DropoutLayer(rate))
    ]
    return replace(case, layers=tuple(layers), extra="")


def hasty(case: Case, rng: Rng) -> Case:
    """Take a learning rate some hundred times too high."""
    return _with_rate(case, 10 ** rng.uniform(2, 2.7))


def timid(case: Case, rng: Rng) -> Case:
    """Take a learning rate a thousand times too low."""
    return _with_rate(case, 10 ** rng.uniform(-4, -2.8))


def _with_rate(case: Case, factor: float) -> Case:
    rate = case.optimizer.learning_rate * factor
    return replace(case, optimizer=replace(case.optimizer, learning_rate=rate))


def choked(case: Case, rng: Rng) -> Case:
    """Clip the gradient to almost nothing."""
    how, limit = pick(rng, ("clip_norm", "clip_value")), 10 ** rng.uniform(-5, -4)
    plain = {"sgd", "momentum", "nesterov"}
    optimizer = case.optimizer
    if optimizer.name not in plain:
        optimizer = Momentum(0.03)
    return replace(case, optimizer=optimizer, options=changed(case, **{how: float(limit)}))


def freezing(case: Case, rng: Rng) -> Case:
    """Divide the learning rate by five or more after every epoch."""
    schedule = pick(rng, (Step(drop=0.1, every=1), Exponential(0.2), Step(drop=0.05, every=1)))
    return replace(case, options=changed(case, schedule=schedule), patience=0)


def stopped_at_once(case: Case, _rng: Rng) -> Case:
    """Train for one epoch of six steps."""
    batch = max(64, len(case.x) // 6)
    return replace(case, optimizer=Adam(1e-3), epochs=1, batch=batch, patience=0, options={})


def learnt_by_heart(case: Case, rng: Rng) -> Case:
    """Train a wide network for long on a few dozen examples."""
    rows = rng.permutation(len(case.x))[: max(30, 6 * case.data.classes)]
    return replace(
        case.on(case.x[rows], case.y[rows]),
        widths=(160, 160), extra="", options={}, patience=0, epochs=150, batch=16,
    )  # fmt: skip


SIGMOIDS = "tanh sigmoid"

SICKNESSES: dict[str, Sickness] = {
    "table in other units": Sickness(other_units, ("input_scale",), is_table),
    "table in tiny units": Sickness(tiny_units, ("input_scale",), is_table, harms=True),
    "raw pixels": Sickness(raw_pixels, ("input_scale",), lambda d: d.images),
    "examples that failed to load": Sickness(failed_loading, ("blank_inputs",)),
    "held-out images differ": Sickness(  # a cross that lies on its side is a cross
        other_camera, ("validation_shift",), lambda d: d.images, harms=True
    ),
    "held-out table not scaled": Sickness(own_scaling, ("validation_shift",), is_table, harms=True),
    "held-out labels count differently": Sickness(
        shifted_labels, ("validation_shift",), is_classes
    ),
    "answer among the columns": Sickness(
        answer_column, ("label_in_inputs",), lambda data: is_table(data) and is_classes(data)
    ),
    "answer in a pixel": Sickness(stamped_images, ("label_in_inputs",), _images_of_classes),
    "copies in both parts": Sickness(split_after_copying, ("leaking_split",)),
    "noisy copies in both parts": Sickness(split_after_noise, ("leaking_split",)),
    "two sources of examples": Sickness(two_sources, ("mixed_examples",)),
    "labels of another order": Sickness(unaligned_files, ("shuffled_labels",)),
    "careless labels": Sickness(careless_labels, ("label_noise",), _distinct),
    "half of a class mislabelled": Sickness(
        confused_class, ("relabelled_class",), lambda data: _distinct(data) and _many(data)
    ),
    "sorted file": Sickness(sorted_file, ("unshuffled",), is_classes),
    "rare classes": Sickness(rare_classes, ("class_imbalance",), _roomy),
    "values in cents": Sickness(in_cents, ("target_scale",), is_regression, harms=True),
    "values cut off by the output": Sickness(squashed_values, ("wrong_loss",), is_regression),
    "loss of values for classes": Sickness(loss_of_values, ("wrong_loss",), is_classes, harms=True),
    "labels smoothed away": Sickness(too_smooth, ("over_smoothing",), is_classes),
    "equal weights": Sickness(equal_weights, ("symmetric_initialisation",)),
    "wild weights": Sickness(wild_weights, ("saturated_start",), activations="tanh"),
    "faint weights": Sickness(
        faint_weights, ("vanishing_gradients",), activations=SIGMOIDS, harms=True
    ),
    "rising weights": Sickness(
        rising_weights, ("exploding_gradients",), activations="relu", harms=True
    ),
    "sunk biases": Sickness(sunk_biases, ("dead_start",), activations="relu"),
    "loud output": Sickness(loud_output, ("initial_loss",)),
    "two units": Sickness(two_units, ("under_fitting",), _many, harms=True),
    "strong penalty": Sickness(strong_penalty, ("over_regularised",), harms=True),
    "drowned in dropout": Sickness(drowned_in_dropout, ("over_regularised",), harms=True),
    "hasty": Sickness(hasty, ("learning_rate_high",), harms=True),
    "timid": Sickness(timid, ("learning_rate_low",), harms=True),
    "choked": Sickness(choked, ("tight_clipping",), harms=True),
    "freezing": Sickness(freezing, ("fading_rate",), harms=True),
    "stopped at once": Sickness(stopped_at_once, ("unfinished",), harms=True),
    "learnt by heart": Sickness(learnt_by_heart, ("over_fitting", "over_confidence"), harms=True),
}
"""Every fault, by the kind of run."""
