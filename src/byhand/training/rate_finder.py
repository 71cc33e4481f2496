"""The learning-rate finder: a short training whose learning rate grows from step to step.

At step k of n the rate is low (high / low)^((k - 1) / (n - 1)). The smoothed loss of the batches
first stays level, then falls, and rises once the steps are too long. There the search ends. A tenth
of the rate with the lowest loss is a good starting point  (Smith 2017). A copy of the network is
trained; the network itself is not changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.checks import integer, number
from byhand.errors import ArgumentError, DivergedError
from byhand.training.callbacks import Callback
from byhand.training.run import TrainingRun

SMOOTHING = 0.9
"""Fraction of the running mean that each new loss keeps."""

WORSE = 4.0
"""The search ends when the smoothed loss exceeds this many times its lowest value."""

FEWEST = 10
"""Smallest number of steps before the search ends."""

MARGIN = 10.0
"""The suggestion is this many times smaller than the rate with the lowest loss."""

REFUSED = ("epochs", "schedule", "learning_rate", "callbacks", "resume_from", "verbose")
"""Arguments of `fit` that the search sets itself."""


@dataclass(frozen=True, eq=False)
class RateSearch:
    """The result of a search for a learning rate.

    Args:
        rates: learning rate of each step (n,).
        losses: mean loss of the batch of each step (n,).
        smoothed: running mean of the losses (n,).
    """

    rates: FloatArray
    losses: FloatArray
    smoothed: FloatArray

    @property
    def best(self) -> float:
        """The learning rate with the lowest smoothed loss."""
        return float(self.rates[np.argmin(self.smoothed)])

    @property
    def suggestion(self) -> float:
        """A tenth of the best learning rate, to one digit."""
        return float(f"{self.best / MARGIN:.0e}")

    def rows(self, count: int = 12) -> list[tuple[float, float]]:
        """Return about `count` pairs (learning rate, smoothed loss), evenly spread."""
        places = np.unique(np.linspace(0, len(self.rates) - 1, count).round().astype(int))
        return [(float(self.rates[k]), float(self.smoothed[k])) for k in places]

    def __repr__(self) -> str:
        low, high = self.rates[0], self.rates[-1]
        return (
            f"<RateSearch: {len(self.rates)} steps from {low:.1e} to {high:.1e}, lowest loss at "
            f"{self.best:.1e}, suggestion {self.suggestion:g}>"
        )


class _Watch(Callback):
    """Records rate and loss of every step, and ends the search."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.per_epoch = 1
        self.rates: list[float] = []
        self.losses: list[float] = []
        self.smoothed: list[float] = []
        self._mean = 0.0

    def on_train_begin(self, run: TrainingRun) -> None:
        self.per_epoch = run.steps_per_epoch

    def on_batch_end(self, run: TrainingRun) -> None:
        self._mean = SMOOTHING * self._mean + (1 - SMOOTHING) * run.batch_loss
        self.rates.append(run.learning_rate)
        self.losses.append(run.batch_loss)
        self.smoothed.append(self._mean / (1 - SMOOTHING ** len(self.rates)))
        is_worse = self.smoothed[-1] > WORSE * min(self.smoothed)
        if len(self.rates) == self.steps or (len(self.rates) >= FEWEST and is_worse):
            run.stop("the search for a learning rate is done")


def search_rates(
    fit: Callable[..., object],
    x: Array,
    y: Array,
    low: float,
    high: float,
    steps: int,
    options: Mapping[str, Any],
) -> RateSearch:
    """Search for a learning rate with the `fit` of a network that may be changed.

    Args:
        fit: method of a copy of the network.
        x: raw inputs.
        y: labels or values.
        low: learning rate of the first step.
        high: learning rate of the last step, if the loss does not rise before.
        steps: number of steps.
        options: further arguments of `fit`.

    Raises:
        ArgumentError: unusable rates or number of steps, or an option that the search sets itself.
        DivergedError: the loss was infinite from the first step.
    """
    low, high = number("low", low, above=0), number("high", high, above=0)
    steps = integer("steps", steps, at_least=FEWEST)
    if high <= low:
        raise ArgumentError(f"high must be above low, {low:g}; got {high:g}.")
    refused = [name for name in options if name in REFUSED]
    if refused:
        raise ArgumentError(
            f"the search for a learning rate sets {', '.join(refused)} itself; leave it out."
        )
    watch = _Watch(steps)

    def grow(t: float, epochs: float) -> float:  # noqa: ARG001 - a schedule
        done = round(t * watch.per_epoch)
        return float((high / low) ** (done / (steps - 1)))

    search = {"epochs": steps, "learning_rate": low, "schedule": grow, "verbose": 0}
    try:
        fit(x, y, **{**options, **search, "callbacks": [watch]})
    except DivergedError:
        if len(watch.rates) < FEWEST:
            raise
    return RateSearch(*(np.array(one) for one in (watch.rates, watch.losses, watch.smoothed)))
