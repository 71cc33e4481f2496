"""Losses, each beside its gradient.

A loss gives one number for every example; the mean over examples is taken once, by the network.
All share one mould: `loss(z, a, targets, buffers, gradient)` writes `buffers.losses` and
`buffers.predictions`, and with `gradient=True` the gradient as well. For the output activation
named in `fused_with` that gradient is dLoss/dZ, in which activation and loss have cancelled to
a - t; for every other activation it is dLoss/dA.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from byhand import kernels
from byhand.arrays import Array, FloatArray, IndexArray, IntArray
from byhand.checks import number, share
from byhand.errors import ArgumentError, unknown_name


@dataclass
class LossBuffers:
    """What a loss writes, for n examples and k outputs, and its scratch."""

    losses: FloatArray  # (n,)
    predictions: IndexArray  # (n,) classes
    grad: FloatArray  # (n, k) dLoss/dZ where fused, else dLoss/dA
    scratch: FloatArray  # (n, k)
    spare: FloatArray  # (n, k)
    picked: FloatArray  # (n,)
    at: IntArray  # (n,)


@dataclass(frozen=True)
class Loss:
    """A loss: a frozen description of it, which computes when it is called."""

    name: ClassVar[str]
    fused_with: ClassVar[str | None] = None
    takes_labels: ClassVar[bool] = False  # class numbers (n,), or else values (n, k)

    def __call__(
        self, z: FloatArray, a: FloatArray, targets: Array, buffers: LossBuffers, gradient: bool
    ) -> None:
        """Write losses, predictions and, if asked, the gradient into the buffers."""
        raise NotImplementedError


@dataclass(frozen=True)
class CategoricalCrossEntropy(Loss):
    """-sum_k t_k log a_k, for softmax outputs, computed from the logits by log-sum-exp.

    Args:
        label_smoothing: s in t = (1 - s) onehot(y) + s / K  (Szegedy et al. 2016).
    """

    label_smoothing: float = 0.0
    name: ClassVar[str] = "categorical_cross_entropy"
    fused_with: ClassVar[str | None] = "softmax"
    takes_labels: ClassVar[bool] = True

    def __post_init__(self) -> None:
        share("label_smoothing", self.label_smoothing)

    def __call__(
        self, z: FloatArray, a: FloatArray, targets: Array, buffers: LossBuffers, gradient: bool
    ) -> None:
        """See `byhand.kernels.reference.softmax_cross_entropy`."""
        kernels.softmax_cross_entropy(
            z,
            a,
            targets,
            self.label_smoothing,
            buffers.losses,
            buffers.predictions,
            buffers.grad if gradient else None,
            buffers.at,
            buffers.picked,
            buffers.scratch,
        )


@dataclass(frozen=True)
class BinaryCrossEntropy(Loss):
    """Mean over outputs of -t log a - (1 - t) log(1 - a), for sigmoid outputs, from the logits.

    loss = mean_k (log(1 + exp(z)) - t z) and dZ = (a - t) / k, which neither overflow.

    Args:
        label_smoothing: s in t = (1 - s) y + s / 2.
    """

    label_smoothing: float = 0.0
    name: ClassVar[str] = "binary_cross_entropy"
    fused_with: ClassVar[str | None] = "sigmoid"

    def __post_init__(self) -> None:
        share("label_smoothing", self.label_smoothing)

    def __call__(
        self, z: FloatArray, a: FloatArray, targets: Array, buffers: LossBuffers, gradient: bool
    ) -> None:
        """Write losses, predictions and the gradient; see the class."""
        s, k = self.label_smoothing, z.shape[1]
        t, scratch = buffers.spare, buffers.scratch
        np.multiply(targets, 1 - s, out=t)
        t += s / 2
        if gradient:
            np.subtract(a, t, out=buffers.grad)
            buffers.grad /= k
        np.logaddexp(z, 0, out=scratch)
        t *= z
        scratch -= t
        np.mean(scratch, axis=1, out=buffers.losses)
        _predict_classes(a, buffers)


@dataclass(frozen=True)
class SquaredError(Loss):
    """Mean over outputs of (a - t)^2; gradient 2 (a - t) / k."""

    name: ClassVar[str] = "squared_error"

    def __call__(
        self, z: FloatArray, a: FloatArray, targets: Array, buffers: LossBuffers, gradient: bool
    ) -> None:
        """Write losses, predictions and the gradient; see the class."""
        error = buffers.scratch
        np.subtract(a, targets, out=error)
        if gradient:
            np.multiply(error, 2 / z.shape[1], out=buffers.grad)
        error *= error
        np.mean(error, axis=1, out=buffers.losses)
        _predict_classes(a, buffers)


@dataclass(frozen=True)
class AbsoluteError(Loss):
    """Mean over outputs of |a - t|; gradient sign(a - t) / k, 0 where a = t."""

    name: ClassVar[str] = "absolute_error"

    def __call__(
        self, z: FloatArray, a: FloatArray, targets: Array, buffers: LossBuffers, gradient: bool
    ) -> None:
        """Write losses, predictions and the gradient; see the class."""
        error = buffers.scratch
        np.subtract(a, targets, out=error)
        if gradient:
            np.sign(error, out=buffers.grad)
            buffers.grad /= z.shape[1]
        np.abs(error, out=error)
        np.mean(error, axis=1, out=buffers.losses)
        _predict_classes(a, buffers)


@dataclass(frozen=True)
class Huber(Loss):
    """Mean over outputs of h(a - t): e^2 / 2 where |e| <= delta, else delta (|e| - delta / 2).

    Its gradient is the error, clipped to [-delta, delta], over k  (Huber 1964).

    Args:
        delta: where the parabola becomes a straight line, in the unit of the targets.
    """

    delta: float = 1.0
    name: ClassVar[str] = "huber"

    def __post_init__(self) -> None:
        number("delta of the Huber loss", self.delta, above=0)

    def __call__(
        self, z: FloatArray, a: FloatArray, targets: Array, buffers: LossBuffers, gradient: bool
    ) -> None:
        """Write losses, predictions and the gradient; see the class."""
        error = buffers.scratch
        np.subtract(a, targets, out=error)
        clipped = buffers.spare
        np.clip(error, -self.delta, self.delta, out=clipped)
        if gradient:
            np.divide(clipped, z.shape[1], out=buffers.grad)
        # With c the clipped error, both branches are c (e - c / 2) = (2 e - c) c / 2.
        error *= 2
        error -= clipped
        error *= clipped
        error *= 0.5
        np.mean(error, axis=1, out=buffers.losses)
        _predict_classes(a, buffers)


def _predict_classes(a: FloatArray, buffers: LossBuffers) -> None:
    """The class of each row: the largest output, or for a single output whether it is over 1/2."""
    if a.shape[1] == 1:
        np.greater(a[:, 0], 0.5, out=buffers.predictions)
    else:
        np.argmax(a, axis=1, out=buffers.predictions)


LOSSES: dict[str, Callable[..., Loss]] = {
    "categorical_cross_entropy": CategoricalCrossEntropy,
    "binary_cross_entropy": BinaryCrossEntropy,
    "squared_error": SquaredError,
    "absolute_error": AbsoluteError,
    "huber": Huber,
}

ALIASES = {
    "cross_entropy": "categorical_cross_entropy",
    "mse": "squared_error",
    "mean_squared_error": "squared_error",
    "mae": "absolute_error",
    "mean_absolute_error": "absolute_error",
}

DEFAULT_LOSS = {"softmax": "categorical_cross_entropy", "sigmoid": "binary_cross_entropy"}
"""The loss that belongs to an output activation; for every other it is squared_error."""


def resolve_loss(loss: str | Loss | None, output_activation: str) -> Loss:
    """The loss that a name, a loss object or None (from the output activation) means."""
    if loss is None:
        loss = DEFAULT_LOSS.get(output_activation, "squared_error")
    if isinstance(loss, str):
        name = ALIASES.get(loss.lower(), loss.lower())
        if name not in LOSSES:
            raise unknown_name("loss", loss, [*LOSSES, *ALIASES])
        loss = LOSSES[name]()
    if not isinstance(loss, Loss):
        raise ArgumentError(f"loss must be a name or a Loss such as Huber(1.0); got {loss!r}.")
    if loss.fused_with and loss.fused_with != output_activation:
        raise ArgumentError(
            f"{loss.name} needs {loss.fused_with} as the activation of the last layer; "
            f"got {output_activation!r}. Change the activation or choose loss='squared_error'."
        )
    return loss
