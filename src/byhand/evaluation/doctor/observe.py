"""Creates `Observations` from a network, its history and its data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from byhand.arrays import Array, IntArray
from byhand.evaluation.doctor.data_observations import held_out_facts, input_facts, value_facts
from byhand.evaluation.doctor.labelled_rows import LabelledRows
from byhand.evaluation.doctor.learning_rate_trials import (
    RATIO_STEPS,
    STEPS,
    TrialPlan,
    trial,
    yardstick,
)
from byhand.evaluation.doctor.neighbours import Part, label_facts
from byhand.evaluation.doctor.network_state import recalls, score, state
from byhand.evaluation.doctor.observations import LabelFacts, Observations, Setup, Trial
from byhand.evaluation.doctor.telling_column import telling_column
from byhand.evaluation.even_rows import even_rows
from byhand.evaluation.unit_rows import fitted
from byhand.network import DropoutLayer, Network
from byhand.training.history import History
from byhand.training.optimizers import Optimizer, resolve_optimizer

SAMPLE_ROWS = 1000
"""Largest number of examples for states and trials."""

TRIAL_ROWS = 8
"""Smallest number of examples for a trial."""

DATA_ROWS = 3000
"""Largest number of examples for facts about the data."""

TOLD_ROWS = 1000
"""Largest number of examples for which columns are compared with the labels."""

LOWER, HIGHER = (0.1, 0.01, 0.001, 0.0001), (10.0, 100.0, 1000.0)
"""Learning rates of the trials, as multiples of the run's own."""

ACTIVE = 0.25
"""Trials are run if a hidden layer has a smaller fraction of active pairs."""

GOOD_ENOUGH, GOOD_VALUES = 0.1, 0.05
"""A final loss below this fraction of ln(classes), or of the loss of always predicting the mean
value, is good, and no trials are run."""

Columns = History | Mapping[str, list[float]]


@dataclass(frozen=True)
class Training:
    """The options of a run that neither its network nor its history contains.

    Args:
        optimizer: a name or object.
        learning_rate: replaces the optimizer's own.
        batch_size: number of examples in a step, or "all".
        epochs: number of epochs requested; early stopping may have ended the run before.
        l1: strength of the penalty sum(|W|).
        l2: strength of the penalty sum(W^2) / 2.
        clip_norm: largest length of the gradient, or None.
        clip_value: largest size of an entry of the gradient, or None.
        weighted: whether classes or examples have weights.
        shuffle: whether every epoch drew a new order.
        diverged: whether training diverged (NaN or infinity).
        resumed: whether the weights had been trained before the run.
        kept_epoch: epoch whose weights were kept, counted from 1; 0 for the last.
    """

    optimizer: str | Optimizer = "adam"
    learning_rate: float | None = None
    batch_size: int | str = 64
    epochs: int | None = None
    l1: float = 0.0
    l2: float = 0.0
    clip_norm: float | None = None
    clip_value: float | None = None
    weighted: bool = False
    shuffle: bool = True
    diverged: bool = False
    resumed: bool = False
    kept_epoch: int = 0


def observe(
    net: Network,
    history: Columns | None,
    train: tuple[Array, Array],
    *,
    rows: IntArray | None = None,
    validation: tuple[Array, Array] | None = None,
    test: tuple[Array, Array] | None = None,
    initial: Network | None = None,
    training: Training | None = None,
    updates: tuple[float, ...] = (),
) -> Observations:
    """Return all observations of a finished run, for `diagnose`.

    Args:
        net: the network after training.
        history: its history, or the columns of one.
        train: raw inputs and labels of the training data.
        rows: numbers of the rows of `train` that were used; by default all.
        validation: inputs and labels of the validation data.
        test: inputs and labels of the test data.
        initial: the network before its first step. Without it there are no observations of the
            start and no trials of other learning rates.
        training: options of the run; by default those of `fit`.
        updates: update-to-weight ratio of each layer; by default a short run measures it.
    """
    net = fitted(net, train[0]).copy()
    held_out = {"validation": validation, "test": test}
    examples = replace(LabelledRows.of(net, *train), order=rows)
    parts = {
        name: LabelledRows.of(net, *part) for name, part in held_out.items() if part is not None
    }
    seen = observe_data(net, examples, parts)
    seen = observe_run(seen, net, history, examples, initial, training or Training(), updates)
    return with_recalls(seen, net, parts.get("validation"))


def observe_data(
    net: Network, examples: LabelledRows, held_out: Mapping[str, LabelledRows]
) -> Observations:
    """Return the observations of the data."""
    classes, images = class_count(net, examples), examples.images
    sample = examples.sample(net, DATA_ROWS)
    train = _part(net, examples)
    return Observations(
        inputs=input_facts(train.a0, examples.x[examples.rows(DATA_ROWS)], images, train.a0_labels),
        labels=_labels(examples, train, classes),
        values=None if classes else value_facts(sample.targets, net.loss, sample.a0, images),
        held_out={
            name: held_out_facts(train, _part(net, part), classes, images)
            for name, part in held_out.items()
        },
    )


def _part(net: Network, rows: LabelledRows) -> Part:
    sample, labels = rows.sample(net, DATA_ROWS), rows.labels
    return Part(rows.raw, labels, sample.a0, None if labels is None else sample.targets.labels)


def _labels(examples: LabelledRows, train: Part, classes: int) -> LabelFacts | None:
    labels, sampled = train.labels, train.a0_labels
    if labels is None or sampled is None:
        return None
    facts = label_facts(train.a0, sampled, classes, examples.images)
    some = even_rows(len(sampled), TOLD_ROWS)
    column, told, told_next = telling_column(train.a0[some], sampled[some])
    at = examples.rows(DATA_ROWS)
    return replace(
        facts,
        counts=tuple(int(count) for count in np.bincount(labels, minlength=classes)),
        in_order=float((labels[1:] == labels[:-1]).mean()) if len(labels) > 1 else 0.0,
        rows=tuple(int(at[row]) for row in facts.rows),
        telling_column=column,
        told=told,
        told_next=told_next,
    )


def observe_run(
    seen: Observations,
    net: Network,
    history: Columns | None,
    examples: LabelledRows,
    initial: Network | None,
    training: Training,
    updates: tuple[float, ...] = (),
) -> Observations:
    """Add the observations of the network: start, end and, if it ended badly, trials."""
    sample = examples.sample(net, SAMPLE_ROWS)
    finite = bool(np.isfinite(net.parameters.vector).all()) and not training.diverged
    seen = replace(
        seen,
        setup=describe_setup(
            net,
            history,
            training,
            examples=len(examples),
            classes=class_count(net, examples),
            images=examples.images,
        ),
        curves=curves(history),
        end=state(net, sample) if finite else None,
        updates=updates,
    )
    if initial is None or training.resumed:
        return seen
    initial = initial.copy()
    initial.input_layer = net.input_layer
    plan = TrialPlan(
        net=initial,
        optimizer=_optimizer(seen.setup, training),
        batch_size=seen.setup.batch_size or len(examples),
        steps=min(STEPS, seen.setup.steps or STEPS),
        sample=sample,
    )
    seen = replace(seen, start=state(initial, sample))
    if len(sample) < TRIAL_ROWS:
        return seen
    clipped = training.clip_norm is not None or training.clip_value is not None
    if not updates and not clipped:  # trials do not clip, so their steps would be longer
        _, updates = trial(replace(plan, steps=min(plan.steps, RATIO_STEPS[1])), 1.0)
        seen = replace(seen, updates=updates)
    return _with_trials(seen, net, plan, examples.images) if _needs_trials(seen) else seen


def with_recalls(seen: Observations, net: Network, validation: LabelledRows | None) -> Observations:
    """Add how many validation examples of each class the network predicts right."""
    if validation is None or seen.setup.diverged or not seen.setup.classes:
        return seen
    sample = validation.sample(net, DATA_ROWS)
    return replace(seen, recalls=recalls(net, sample, seen.setup.classes))


# --- trials ---------------------------------------------------------------------------------------


def _needs_trials(seen: Observations) -> bool:
    """Return whether the run ended badly, or with units that large steps may have killed."""
    if seen.end is None:
        return True
    usual = seen.values.usual_loss if seen.values else math.log(max(seen.setup.classes, 2))
    hidden = [layer for layer in seen.end.layers if layer.hidden]
    inactive = any(len(layer.silent) > layer.units / 2 or layer.active < ACTIVE for layer in hidden)
    good = GOOD_VALUES if seen.values and not seen.values.are_labels else GOOD_ENOUGH
    return inactive or seen.end.loss > good * usual


def _with_trials(seen: Observations, net: Network, plan: TrialPlan, images: bool) -> Observations:
    own = score(net, plan.evaluation) if seen.end is not None else (math.inf, 0.0)
    return replace(
        seen,
        trials=_trials(plan, own[0]),
        trial_loss=own[0],
        trial_accuracy=own[1],
        yardstick=yardstick(plan, images),
    )


def _trials(plan: TrialPlan, own_loss: float) -> tuple[Trial, ...]:
    """Try the run's learning rate and lower ones; if none of these is much better, higher ones."""
    done = [trial(plan, factor)[0] for factor in (1.0, *LOWER)]
    if min(one.loss for one in done[1:]) > own_loss / 2:
        done += [trial(plan, factor)[0] for factor in HIGHER]
    return tuple(sorted(done, key=lambda one: one.factor))


# --- setup ----------------------------------------------------------------------------------------


def describe_setup(
    net: Network,
    history: Columns | None,
    training: Training,
    *,
    examples: int,
    classes: int,
    images: bool,
) -> Setup:
    """Return the setup of a run, given the number of examples and classes."""
    optimizer = resolve_optimizer(training.optimizer, training.learning_rate)
    columns = curves(history)
    batch = examples if training.batch_size == "all" else min(int(training.batch_size), examples)
    rates = columns.get("learning_rate", ())
    return Setup(
        classes=classes,
        loss=net.loss.name,
        output=net.output_layer.activation.name,
        normalisation=net.input_layer.normalisation,
        images=images,
        optimizer=optimizer.name,
        learning_rate=max(rates, default=optimizer.learning_rate),
        batch_size=batch,
        examples=examples,
        steps=len(next(iter(columns.values()), ())) * math.ceil(examples / batch),
        epochs=training.epochs,
        l1=training.l1,
        l2=training.l2,
        weight_decay=optimizer.weight_decay,
        dropout=max(
            (layer.rate for layer in net.layers[1:] if isinstance(layer, DropoutLayer)), default=0.0
        ),
        label_smoothing=float(getattr(net.loss, "label_smoothing", 0.0)),
        clip_norm=training.clip_norm,
        clip_value=training.clip_value,
        weighted=training.weighted,
        shuffled=training.shuffle,
        diverged=training.diverged,
        resumed=training.resumed,
        kept_epoch=training.kept_epoch,
    )


def curves(history: Columns | None) -> dict[str, tuple[float, ...]]:
    """Return the columns of a history."""
    return {name: tuple(column) for name, column in (history or {}).items()}


def _optimizer(setup: Setup, training: Training) -> Optimizer:
    optimizer = resolve_optimizer(training.optimizer, training.learning_rate)
    return replace(optimizer, learning_rate=setup.learning_rate or optimizer.learning_rate)


def class_count(net: Network, examples: LabelledRows) -> int:
    """Return the number of classes; 0 if the targets are values."""
    return max(net.output_layer.units, 2) if examples.labels is not None else 0
