"""Fills in `Observations`: from a network, its history, and the data it was trained on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from byhand.arrays import Array, IntArray
from byhand.evaluation.doctor.data_observations import held_out_facts, input_facts, label_facts
from byhand.evaluation.doctor.labelled import LabelledRows
from byhand.evaluation.doctor.network_state import score, state
from byhand.evaluation.doctor.observations import LabelFacts, Observations, Setup, Trial
from byhand.evaluation.doctor.trials import RATIO_STEPS, STEPS, TrialPlan, trial, yardstick
from byhand.evaluation.unit_rows import fitted
from byhand.network import DropoutLayer, Network
from byhand.training.history import History
from byhand.training.optimizers import Optimizer, resolve_optimizer

SAMPLE_ROWS = 1000
"""Examples that states and trials are taken from, at most."""

TRIAL_ROWS = 8
"""With fewer examples nothing is tried."""

DATA_ROWS = 3000
"""Examples that facts about the data are taken from, at most."""

LOWER, HIGHER = (0.1, 0.01, 0.001, 0.0001), (10.0, 100.0, 1000.0)
"""Rates that are tried, as multiples of the run's own."""

ACTIVE = 0.25
"""Trials where fewer of a hidden layer's activations pass."""

GOOD_ENOUGH = 0.1
"""No trials where the run's loss ended below this share of ln(classes)."""

Columns = History | Mapping[str, list[float]]


@dataclass(frozen=True)
class Training:
    """The options of a run that its network and history do not tell.

    Args:
        optimizer: a name or object.
        learning_rate: replaces the optimizer's own.
        batch_size: examples in a step, or "all".
        epochs: how many were wanted; fewer were run where early stopping ended it.
        l1: strength of the penalty sum(|W|).
        l2: strength of the penalty sum(W^2) / 2.
        weighted: whether classes or examples carry weights.
        shuffle: whether every epoch drew a new order.
        diverged: whether the loss left the finite numbers.
        resumed: whether the weights had been trained before.
        kept_epoch: the epoch whose weights were kept; 0 is the last.
    """

    optimizer: str | Optimizer = "adam"
    learning_rate: float | None = None
    batch_size: int | str = 64
    epochs: int | None = None
    l1: float = 0.0
    l2: float = 0.0
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
    """Everything that can be seen of a finished run, for `diagnose`.

    Args:
        net: the network after training.
        history: its history, or the columns of one.
        train: raw inputs and labels that it was trained on.
        rows: which rows of train take part; all unless given.
        validation: the rows held out in training.
        test: the rows that training never saw.
        initial: the network before its first step; without it nothing is said about the start,
            and no other learning rate is tried.
        training: the options of the run; without them those of the defaults of `fit`.
        updates: measured update-to-weight ratios by layer; unless given a short run measures them.
    """
    net = fitted(net, train[0]).copy()
    held_out = {"validation": validation, "test": test}
    examples = replace(LabelledRows.of(net, *train), order=rows)
    seen = observe_data(
        net,
        examples,
        {name: LabelledRows.of(net, *part) for name, part in held_out.items() if part is not None},
    )
    return observe_run(seen, net, history, examples, initial, training or Training(), updates)


def observe_data(
    net: Network, examples: LabelledRows, held_out: Mapping[str, LabelledRows]
) -> Observations:
    """What can be seen of the data alone."""
    classes = class_count(net, examples)
    a0 = examples.sample(net, DATA_ROWS).a0
    raw = examples.raw
    return Observations(
        inputs=input_facts(a0, examples.x[examples.rows(DATA_ROWS)]),
        labels=_labels(net, examples, classes),
        held_out={
            name: held_out_facts(
                (raw, a0, examples.labels),
                (part.raw, part.sample(net, DATA_ROWS).a0, part.labels),
                classes,
            )
            for name, part in held_out.items()
        },
    )


def _labels(net: Network, examples: LabelledRows, classes: int) -> LabelFacts | None:
    labels, sample = examples.labels, examples.sample(net, DATA_ROWS)
    if labels is None or sample.targets.labels is None:
        return None
    facts = label_facts(sample.a0, sample.targets.labels, classes, examples.images)
    at = examples.rows(DATA_ROWS)
    return replace(
        facts,
        counts=tuple(int(count) for count in np.bincount(labels, minlength=classes)),
        in_order=float((labels[1:] == labels[:-1]).mean()) if len(labels) > 1 else 0.0,
        rows=tuple(int(at[row]) for row in facts.rows),
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
    """Adds what can be seen of the network: start, end, and where it ended badly, trials."""
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
    if not updates:
        _, updates = trial(replace(plan, steps=min(plan.steps, RATIO_STEPS[1])), 1.0)
        seen = replace(seen, updates=updates)
    return _with_trials(seen, net, plan, examples.images) if _needs_trials(seen) else seen


# --- trials ---------------------------------------------------------------------------------------


def _needs_trials(seen: Observations) -> bool:
    """Whether the run ended badly, or with units that too large steps may have killed."""
    if seen.end is None:
        return True
    usual = math.log(seen.setup.classes) if seen.setup.classes else math.inf
    hidden = [layer for layer in seen.end.layers if layer.hidden]
    ill = any(len(layer.silent) > layer.units / 2 or layer.active < ACTIVE for layer in hidden)
    return ill or seen.end.loss > GOOD_ENOUGH * usual


def _with_trials(seen: Observations, net: Network, plan: TrialPlan, images: bool) -> Observations:
    own = score(net, plan.judges) if seen.end is not None else (math.inf, 0.0)
    return replace(
        seen,
        trials=_trials(plan, own[0]),
        trial_loss=own[0],
        trial_accuracy=own[1],
        yardstick=yardstick(plan, images),
    )


def _trials(plan: TrialPlan, own_loss: float) -> tuple[Trial, ...]:
    """The run's own rate, lower ones, and unless these have settled it, higher ones."""
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
    """What the run was told to do, given how many examples and classes there are."""
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
        weighted=training.weighted,
        shuffled=training.shuffle,
        diverged=training.diverged,
        resumed=training.resumed,
        kept_epoch=training.kept_epoch,
    )


def curves(history: Columns | None) -> dict[str, tuple[float, ...]]:
    """The history's columns."""
    return {name: tuple(column) for name, column in (history or {}).items()}


def _optimizer(setup: Setup, training: Training) -> Optimizer:
    optimizer = resolve_optimizer(training.optimizer, training.learning_rate)
    return replace(optimizer, learning_rate=setup.learning_rate or optimizer.learning_rate)


def class_count(net: Network, examples: LabelledRows) -> int:
    """How many classes there are; 0 where the targets are values."""
    return max(net.output_layer.units, 2) if examples.labels is not None else 0
