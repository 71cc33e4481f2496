"""Trials: short runs from the same initial weights with other learning rates.

Whether a learning rate is too high or too low depends on the data, the network and the optimizer,
so no threshold can decide it. A training of about a hundred steps with a tenth of the learning
rate, or ten times as much, can.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from byhand.arrays import FloatArray
from byhand.evaluation.doctor.neighbours import comparable
from byhand.evaluation.doctor.network_state import Sample, one_pass, score
from byhand.evaluation.doctor.observations import Trial
from byhand.evaluation.even_rows import even_rows
from byhand.network import DenseLayer, InputLayer, Network
from byhand.network.losses import SquaredError
from byhand.network.targets import Targets
from byhand.randomness import stream
from byhand.training.optimizers import Adam, Optimizer

STEPS = 150
"""Largest number of steps of a trial."""

RATIO_STEPS = (5, 30)
"""First and last step whose updates are measured; an optimizer needs a few steps to settle."""

YARDSTICK_UNITS, YARDSTICK_LEARNING_RATE, YARDSTICK_BATCH, YARDSTICK_STEPS = 64, 3e-3, 50, 300
YARDSTICK_INPUTS = 2000
"""Trials use at most this many columns, evenly spaced, which saves seconds on wide examples."""

LARGEST_BATCH = 512
HELD_BACK = 4
"""Every fourth example of the sample is left out of the training and evaluates the trial."""


@dataclass(frozen=True)
class TrialPlan:
    """The settings that all trials of a run share.

    Args:
        net: the network before its first step; a trial trains a copy of it.
        optimizer: the run's optimizer with its learning rate; a trial sets weight decay to 0.
        batch_size: number of examples in a step.
        steps: number of steps.
        sample: the examples, both for training and for evaluation.
    """

    net: Network
    optimizer: Optimizer
    batch_size: int
    steps: int
    sample: Sample

    @property
    def evaluation(self) -> Sample:
        """The examples on which a trial is evaluated."""
        return self.sample.take(np.arange(0, len(self.sample), HELD_BACK))

    @property
    def training(self) -> Sample:
        """The examples on which a trial trains."""
        rows = np.arange(len(self.sample))
        return self.sample.take(rows[rows % HELD_BACK > 0])


def trial(plan: TrialPlan, factor: float) -> tuple[Trial, tuple[float, ...]]:
    """Train with `factor` times the learning rate; return the result and the update ratios."""
    net, examples = plan.net.copy(), plan.training
    optimizer = replace(
        plan.optimizer, learning_rate=plan.optimizer.learning_rate * factor, weight_decay=0.0
    )
    batch = min(plan.batch_size, LARGEST_BATCH, len(examples))
    rng = stream(net.seed, "doctor")
    cache = net.new_cache(batch, examples.a0)
    state, learning_rate = optimizer.init_state(net.parameters), optimizer.learning_rate
    ratios: list[tuple[float, ...]] = []
    with np.errstate(all="ignore"):
        for step in range(1, plan.steps + 1):
            rows = rng.permutation(len(examples))[:batch]
            one_pass(net, cache, examples.take(rows), True)
            net.update_statistics(cache)
            before = net.parameters.weights.copy() if step <= RATIO_STEPS[1] else None
            optimizer.update(net.parameters, net.gradients, state, learning_rate, step)
            if not math.isfinite(float(cache.loss.losses.sum())):
                break
            if before is not None and (step > RATIO_STEPS[0] or plan.steps <= RATIO_STEPS[0]):
                ratios.append(update_ratios(net, before))
        loss, accuracy = score(net, plan.evaluation)
    return Trial(factor, plan.steps, loss, accuracy), medians(ratios)


def yardstick(plan: TrialPlan, images: bool) -> float:
    """Return the accuracy, or r2, that a small network reaches on these examples in 300 steps.

    The network has one hidden layer of 64 relu units and standardised inputs, and trains with Adam.
    In regression its last layer is linear, and the target values are standardised, too.
    """
    columns = even_rows(plan.sample.a0.shape[1], YARDSTICK_INPUTS)
    a0 = comparable(plan.sample.a0[:, columns], images)
    targets, output, loss = plan.sample.targets, plan.net.output_layer, plan.net.loss
    last = DenseLayer(output.units, output.activation)
    if targets.labels is None:
        targets, last, loss = _standardised(targets), DenseLayer(output.units), SquaredError()
    net = Network(
        [
            InputLayer(a0.shape[1], "none"),
            DenseLayer(YARDSTICK_UNITS, "relu"),
            last,
        ],
        loss=loss,
        seed=plan.net.seed,
        dtype=plan.net.dtype,
    )
    sample = Sample(a0.astype(net.dtype), targets)
    small = TrialPlan(net, Adam(YARDSTICK_LEARNING_RATE), YARDSTICK_BATCH, YARDSTICK_STEPS, sample)
    return trial(small, 1.0)[0].accuracy


def _standardised(targets: Targets) -> Targets:
    """Return target values with mean 0 and deviation 1 in each column."""
    values = targets.values.astype(np.float64)
    deviation = values.std(axis=0)
    scaled = (values - values.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    return Targets(scaled.astype(targets.values.dtype), None)


def update_ratios(net: Network, before: FloatArray) -> tuple[float, ...]:
    """Return |W - before| / |before| for each dense layer; NaN if the weights were 0.

    Args:
        net: the network after a step.
        before: its `parameters.weights` before the step.
    """
    dense = {f"W{placed.number}" for placed in net.stack if isinstance(placed.layer, DenseLayer)}
    ratios, start = [], 0
    for name, view in net.parameters.items():
        if view.ndim != 2:
            continue
        old = before[start : start + view.size]
        start += view.size
        if name not in dense:
            continue
        length = float(np.linalg.norm(old))
        change = float(np.linalg.norm(view.ravel() - old))
        ratios.append(change / length if length > 0 else math.nan)
    return tuple(ratios)


def medians(ratios: list[tuple[float, ...]]) -> tuple[float, ...]:
    """Return the median ratio of each layer."""
    if not ratios:
        return ()
    return tuple(float(value) for value in np.median(np.array(ratios), axis=0))
