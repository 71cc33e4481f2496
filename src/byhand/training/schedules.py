"""Schedules: functions that change the learning rate during training.

A schedule is a function `(t, epochs) -> factor` that multiplies the optimizer's learning rate. t is
the time in epochs, with fractions within an epoch; `epochs` is the length of the whole training.
The trainer calls it before every step. Any function with these arguments works as well.

"reduce_on_plateau" is not a function of time: it is the callback `ReduceOnPlateau` in
`callbacks.py`, which `fit` also accepts as a schedule.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from byhand.checks import number
from byhand.errors import ArgumentError
from byhand.tables import Described, Table

ScheduleFunction: TypeAlias = Callable[[float, float], float]


class Schedule(Described):
    """Base class of schedules. Derive a dataclass, define `name` and `__call__`, register it."""

    def __call__(self, t: float, epochs: float) -> float:
        """Return the factor at time t."""
        raise NotImplementedError


@dataclass(frozen=True)
class Constant(Schedule):
    """A constant factor of 1."""

    name: ClassVar[str] = "constant"

    def __call__(self, t: float, epochs: float) -> float:
        """Return the factor at time t."""
        return 1.0


@dataclass(frozen=True)
class Step(Schedule):
    """drop ^ floor(t / every): the learning rate falls every few epochs.

    Args:
        drop: factor of each step.
        every: number of epochs between steps.
    """

    drop: float = 0.5
    every: float = 10
    name: ClassVar[str] = "step"

    def __post_init__(self) -> None:
        _check_positive(self, "drop", "every")

    def __call__(self, t: float, epochs: float) -> float:
        """Return the factor at time t."""
        return float(self.drop ** math.floor(t / self.every))


@dataclass(frozen=True)
class Exponential(Schedule):
    """decay ^ floor(t): the learning rate falls by the same factor after each epoch.

    Args:
        decay: factor of each epoch.
    """

    decay: float = 0.95
    name: ClassVar[str] = "exponential"

    def __post_init__(self) -> None:
        _check_positive(self, "decay")

    def __call__(self, t: float, epochs: float) -> float:
        """Return the factor at time t."""
        return float(self.decay ** math.floor(t))


@dataclass(frozen=True)
class InverseTime(Schedule):
    """1 / (1 + decay * floor(t)): the learning rate falls more and more slowly.

    Args:
        decay: after 1 / decay epochs the learning rate is halved.
    """

    decay: float = 0.1
    name: ClassVar[str] = "inverse_time"

    def __post_init__(self) -> None:
        _check_positive(self, "decay")

    def __call__(self, t: float, epochs: float) -> float:
        """Return the factor at time t."""
        return 1 / (1 + self.decay * math.floor(t))


@dataclass(frozen=True)
class Cosine(Schedule):
    """end + (1 - end) (1 + cos(pi t / epochs)) / 2  (Loshchilov & Hutter 2017).

    Args:
        end: the factor at the end.
    """

    end: float = 0.0
    name: ClassVar[str] = "cosine"

    def __call__(self, t: float, epochs: float) -> float:
        """Return the factor at time t."""
        return _cosine(1.0, self.end, t / epochs)


@dataclass(frozen=True)
class OneCycle(Schedule):
    """Rise from `start` to 1 along half a cosine, then fall to `end`  (Smith & Topin 2018).

    Args:
        start: the factor at the beginning.
        end: the factor at the end.
        peak: fraction of training after which the factor is 1.
    """

    start: float = 0.04
    end: float = 1e-4
    peak: float = 0.3
    name: ClassVar[str] = "one_cycle"

    def __post_init__(self) -> None:
        number("peak of a one-cycle schedule", self.peak, above=0, below=1)
        number("start of a one-cycle schedule", self.start, at_least=0)
        number("end of a one-cycle schedule", self.end, at_least=0)

    def __call__(self, t: float, epochs: float) -> float:
        """Return the factor at time t."""
        position = t / epochs
        if position < self.peak:
            return _cosine(self.start, 1.0, position / self.peak)
        return _cosine(1.0, self.end, (position - self.peak) / (1 - self.peak))


@dataclass(frozen=True)
class Warmup(Schedule):
    """t / epochs in the first epochs, then another schedule over the remaining time.

    Args:
        epochs: number of epochs until the full learning rate.
        then: the schedule that follows, by name or object.
    """

    epochs: float = 1.0
    then: str | ScheduleFunction = field(default_factory=Constant)
    name: ClassVar[str] = "warmup"

    def __post_init__(self) -> None:
        _check_positive(self, "epochs")
        object.__setattr__(self, "then", resolve_schedule(self.then))

    def __call__(self, t: float, epochs: float) -> float:
        """Return the factor at time t; slightly above 0 at the first step."""
        if t < self.epochs:
            return max(t, 1e-3) / self.epochs
        assert not isinstance(self.then, str)  # noqa: S101 - resolved above
        return self.then(t - self.epochs, max(epochs - self.epochs, 1e-9))


def _cosine(start: float, end: float, position: float) -> float:
    """Interpolate from start to end along half a cosine."""
    position = min(max(position, 0.0), 1.0)
    return end + (start - end) * (1 + math.cos(math.pi * position)) / 2


def _check_positive(schedule: object, *names: str) -> None:
    for name in names:
        number(
            f"{name} of the schedule {type(schedule).__name__}", getattr(schedule, name), above=0
        )


SCHEDULES: Table[type[Schedule]] = Table(
    "schedule",
    {
        schedule.name: schedule
        for schedule in (Constant, Step, Exponential, InverseTime, Cosine, OneCycle, Warmup)
    },
    others=("reduce_on_plateau",),  # a callback, which fit accepts as a schedule
)


def resolve_schedule(schedule: str | ScheduleFunction) -> ScheduleFunction:
    """Resolve a name or a function into a schedule."""
    if callable(schedule) and not isinstance(schedule, type):
        return schedule
    if not isinstance(schedule, str):
        raise ArgumentError(
            "schedule must be a name, an object such as Cosine(), or a function (t, epochs); "
            f"got {schedule!r}."
        )
    return SCHEDULES.find(schedule)()
