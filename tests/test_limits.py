"""Every number that a user may give is taken up to its limit, and refused beyond it.

Each limit is tried on both sides: the limit itself, and the next floating-point number or integer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from byhand import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    ArgumentError,
    BatchNormLayer,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    DenseLayer,
    DropoutLayer,
    EarlyStopping,
    Huber,
    InputLayer,
    LayerNormLayer,
    Lion,
    Momentum,
    MultiLayerPerceptron,
    Nesterov,
    NoiseLayer,
    OneCycle,
    ReduceOnPlateau,
    RMSProp,
    Warmup,
)
from byhand.network.activations import leaky_relu
from byhand.network.losses import Focal
from byhand.training.fit_arguments import check_settings
from byhand.training.run import Settings
from byhand.training.schedules import Exponential, InverseTime, Step
from byhand.training.snapshots import Snapshots


@dataclass(frozen=True)
class Limits:
    """The range of a number: from `low` to `high`, each of which belongs to it or not."""

    low: float
    takes_low: bool
    high: float = math.inf
    takes_high: bool = False
    integers: bool = False

    def taken(self) -> list[float]:
        """Numbers within, as close to the limits as possible."""
        if self.integers:
            return [int(self.low), int(self.low) + 1]
        low = self.low if self.takes_low else math.nextafter(self.low, math.inf)
        high = self.high if self.takes_high else math.nextafter(self.high, -math.inf)
        return [low, high]

    def refused(self) -> list[Any]:
        """Numbers outside, as close to the limits as possible, and what is no number."""
        if self.integers:
            return [int(self.low) - 1, self.low + 0.5, True, math.nan, "2", None]
        low = math.nextafter(self.low, -math.inf) if self.takes_low else self.low
        high = math.nextafter(self.high, math.inf) if self.takes_high else self.high
        return [low, high, -math.inf, math.inf, math.nan, True, "1"]


POSITIVE, NOT_NEGATIVE, FRACTION = Limits(0, False), Limits(0, True), Limits(0, True, 1)
INSIDE, COUNT = Limits(0, False, 1), Limits(1, True, integers=True)

CASES: dict[str, tuple[Callable[[Any], object], Limits]] = {
    "SGD, learning_rate": (SGD, POSITIVE),
    "Momentum, mu": (lambda v: Momentum(mu=v), FRACTION),
    "Nesterov, mu": (lambda v: Nesterov(mu=v), FRACTION),
    "Adagrad, epsilon": (lambda v: Adagrad(epsilon=v), POSITIVE),
    "RMSProp, rho": (lambda v: RMSProp(rho=v), FRACTION),
    "RMSProp, epsilon": (lambda v: RMSProp(epsilon=v), POSITIVE),
    "Adam, beta1": (lambda v: Adam(beta1=v), FRACTION),
    "Adam, beta2": (lambda v: Adam(beta2=v), FRACTION),
    "Adam, epsilon": (lambda v: Adam(epsilon=v), POSITIVE),
    "AdamW, weight_decay": (lambda v: AdamW(weight_decay=v), NOT_NEGATIVE),
    "Lion, beta1": (lambda v: Lion(beta1=v), FRACTION),
    "Lion, beta2": (lambda v: Lion(beta2=v), FRACTION),
    "Step, drop": (lambda v: Step(drop=v), POSITIVE),
    "Step, every": (lambda v: Step(every=v), POSITIVE),
    "Exponential, decay": (Exponential, POSITIVE),
    "InverseTime, decay": (InverseTime, POSITIVE),
    "OneCycle, peak": (lambda v: OneCycle(peak=v), INSIDE),
    "OneCycle, start": (lambda v: OneCycle(start=v), NOT_NEGATIVE),
    "OneCycle, end": (lambda v: OneCycle(end=v), NOT_NEGATIVE),
    "Warmup, epochs": (lambda v: Warmup(epochs=v), POSITIVE),
    "EarlyStopping, patience": (EarlyStopping, COUNT),
    "EarlyStopping, min_delta": (lambda v: EarlyStopping(min_delta=v), NOT_NEGATIVE),
    "ReduceOnPlateau, factor": (ReduceOnPlateau, INSIDE),
    "ReduceOnPlateau, patience": (lambda v: ReduceOnPlateau(patience=v), COUNT),
    "ReduceOnPlateau, min_delta": (lambda v: ReduceOnPlateau(min_delta=v), NOT_NEGATIVE),
    "Snapshots, count": (lambda v: Snapshots("file", v), COUNT),
    "DenseLayer, units": (DenseLayer, COUNT),
    "InputLayer, units": (InputLayer, COUNT),
    "leaky_relu, slope": (leaky_relu, FRACTION),
    "BatchNormLayer, momentum": (lambda v: BatchNormLayer(momentum=v), Limits(0, False, 1, True)),
    "BatchNormLayer, epsilon": (lambda v: BatchNormLayer(epsilon=v), POSITIVE),
    "LayerNormLayer, epsilon": (lambda v: LayerNormLayer(epsilon=v), POSITIVE),
    "DropoutLayer, rate": (DropoutLayer, FRACTION),
    "NoiseLayer, deviation": (NoiseLayer, NOT_NEGATIVE),
    "CategoricalCrossEntropy": (CategoricalCrossEntropy, FRACTION),
    "BinaryCrossEntropy": (BinaryCrossEntropy, FRACTION),
    "Focal, gamma": (Focal, NOT_NEGATIVE),
    "Huber, delta": (Huber, POSITIVE),
}

OF_FIT = {
    "l1": NOT_NEGATIVE,
    "l2": NOT_NEGATIVE,
    "clip_norm": POSITIVE,
    "clip_value": POSITIVE,
    "max_norm": POSITIVE,
    "ema": FRACTION,
    "mixup": Limits(0, True, 1000, True),
    "adversarial": NOT_NEGATIVE,
}


def checked(name: str) -> Callable[[Any], object]:
    """Return a function that checks one argument of `fit`."""
    return lambda value: check_settings(Settings(batch_size=1, **{name: value}))


ALL = CASES | {f"fit, {name}": (checked(name), limits) for name, limits in OF_FIT.items()}


@pytest.mark.parametrize("case", ALL)
def test_a_number_is_taken_up_to_its_limits(case):
    make, limits = ALL[case]
    for value in limits.taken():
        make(value)
        make(np.int64(value) if limits.integers else np.float64(value))


@pytest.mark.parametrize("case", ALL)
def test_a_number_beyond_its_limits_is_refused(case):
    make, limits = ALL[case]
    for value in limits.refused():
        with pytest.raises(ArgumentError):
            make(value)


def test_a_number_of_fit_becomes_a_float():
    settings = check_settings(Settings(batch_size=1, l2=1, clip_norm=np.float32(2)))

    assert (settings.l2, type(settings.l2)) == (1.0, float)
    assert (settings.clip_norm, type(settings.clip_norm)) == (2.0, float)
    assert settings.clip_value is None
    assert settings.max_norm is None


@pytest.mark.parametrize("steps", [9, 10])
def test_a_search_for_a_rate_takes_ten_steps_at_least(steps):
    net = MultiLayerPerceptron([InputLayer(2, "none"), DenseLayer(2, "softmax")], seed=0)
    x, y = np.array([[0.0, 1], [1, 0]]), np.array([0, 1])

    if steps < 10:
        with pytest.raises(ArgumentError, match="steps must be an integer of at least 10"):
            net.find_learning_rate(x, y, steps=steps)
    else:
        assert len(net.find_learning_rate(x, y, steps=steps).rates) == steps
