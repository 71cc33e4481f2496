"""Losses, their gradients, and label smoothing; softmax itself is in `activations.py`.

A loss gives one number for each example. `Network.backpropagate` in `network.py` multiplies its
gradient by 1/n; the trainer and `evaluate` take the mean of the losses.

    loss(z, a, targets)            loss of each example, (n,)
    loss.gradient(z, a, targets)   its gradient, (n, K)

where K is the number of outputs, z (n, K) are the pre-activations of the last layer and a = fn(z)
its outputs. With the output activation named in `fused_with`, the gradient is dLoss/dZ, where
activation and loss simplify to a - t; with any other activation it is dLoss/dA.
docs/mathematics.md derives a - t.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from byhand.arrays import Array, FloatArray, IndexArray, IntArray, Scratch
from byhand.backend import overridable
from byhand.checks import fraction, number
from byhand.errors import ArgumentError, DataError
from byhand.one_hot import one_hot
from byhand.tables import Described, Table, forget_inherited


@dataclass
class LossBuffers(Scratch):
    """Arrays that a loss writes for n examples and K outputs."""

    losses: FloatArray  # (n,)
    predictions: IndexArray  # (n,) classes
    grad: FloatArray  # (n, K) dLoss/dZ if fused, else dLoss/dA


@dataclass(frozen=True)
class Loss(Described):
    """Base class of losses. Derive from it, define `name`, `__call__` and `gradient`, register it.

    `formula`, `gradient_formula` and `javascript` are for traces and the report. The two JavaScript
    expressions give the loss of one example and entry k of its gradient, from the rows z, a and t
    of length K; the loss's options and the helpers of `report/page/arithmetic.js` are in scope.
    """

    name: ClassVar[str]
    formula: ClassVar[str] = ""
    gradient_formula: ClassVar[str] = ""
    javascript: ClassVar[tuple[str, str] | None] = None
    fused_with: ClassVar[str | None] = None
    takes_labels: ClassVar[bool] = False  # targets are class numbers (n,), else values (n, k)

    def __init_subclass__(cls) -> None:
        """Remove inherited fast `write` and formulas from a loss with its own computation."""
        inherited = {"formula": "", "gradient_formula": "", "javascript": None}
        forget_inherited(cls, {"__call__", "gradient"}, write=Loss.write, **inherited)

    def __call__(self, z: FloatArray, a: FloatArray, targets: Array) -> FloatArray:
        """Return the loss of each example (n,)."""
        raise NotImplementedError

    def gradient(self, z: FloatArray, a: FloatArray, targets: Array) -> FloatArray:
        """Return dLoss/dZ if fused with the output activation, else dLoss/dA; (n, K)."""
        raise NotImplementedError

    def check_targets(self, values: Array) -> None:
        """Raise DataError for target values (n, K) that the loss is not defined for."""

    @overridable
    def write(
        self, z: FloatArray, a: FloatArray, targets: Array, buffers: LossBuffers, gradient: bool
    ) -> None:
        """Write losses, predictions and, on request, the gradient to the buffers."""
        buffers.losses[:] = self(z, a, targets)
        buffers.predictions[:] = predicted_classes(a)
        if gradient:
            buffers.grad[:] = self.gradient(z, a, targets)


def predicted_classes(a: FloatArray) -> IntArray:
    """Return each row's class: the largest output, or whether a single output exceeds 1/2."""
    return a.argmax(axis=1) if a.shape[1] > 1 else (a[:, 0] > 0.5).astype(np.intp)


@dataclass(frozen=True)
class CategoricalCrossEntropy(Loss):
    """-sum_k t_k log a_k, for softmax outputs; gradient dZ = a - t.

    The targets are t = (1 - s) one_hot(y) + s / K, with K classes and label smoothing s. The loss
    is computed from d_k = max(z) - z_k, how far each logit is below the largest, as
    log sum_k exp(-d_k) + sum_k t_k d_k: no exponential overflows, and no digits of large logits are
    lost.

    Why a - t: with log a_k = z_k - log sum_i exp(z_i), and targets that add up to 1, the loss is
    log sum_i exp(z_i) - sum_k t_k z_k. Its derivative with respect to z_j is a_j - t_j.

    Args:
        label_smoothing: s, at least 0 and below 1  (Szegedy et al. 2016).
    """

    label_smoothing: float = 0.0
    name: ClassVar[str] = "categorical_cross_entropy"
    formula: ClassVar[str] = "L = -sum_k t_k log a_k"
    gradient_formula: ClassVar[str] = "dZ = a - t"
    javascript: ClassVar[tuple[str, str] | None] = (
        "logSumExp(z) - sum(K, (k) => t[k] * z[k])",
        "a[k] - t[k]",
    )
    fused_with: ClassVar[str | None] = "softmax"
    takes_labels: ClassVar[bool] = True

    def __post_init__(self) -> None:
        fraction("label_smoothing", self.label_smoothing)

    def __call__(self, z: FloatArray, a: FloatArray, targets: Array) -> FloatArray:
        """Return log sum_k exp(-d_k) + sum_k t_k d_k for each row."""
        d = z.max(axis=1, keepdims=True) - z
        return np.log(np.exp(-d).sum(axis=1)) + (self.smoothed(targets, z) * d).sum(axis=1)

    def gradient(self, z: FloatArray, a: FloatArray, targets: Array) -> FloatArray:
        """dZ = a - t."""
        return a - self.smoothed(targets, z)

    def smoothed(self, labels: Array, z: FloatArray) -> FloatArray:
        """Return the targets t (n, K) in the precision of z."""
        K, s = z.shape[1], self.label_smoothing
        return np.asarray((1 - s) * one_hot(labels, K) + s / K, z.dtype)


@dataclass(frozen=True)
class Focal(Loss):
    """-(1 - p)^gamma log p, where p is the softmax output of the correct class  (Lin et al. 2017).

    Cross-entropy with less weight on examples that are already learned: with gamma = 2 an example
    with p = 0.9 has (1 - p)^2 = 0.01 of its weight in cross-entropy, so rare and hard examples
    count for more. With gamma = 0 it is cross-entropy. The gradient is

        dZ = w (a - t),    w = (1 - p)^gamma (1 - gamma p log p / (1 - p))

    and p log p / (1 - p) tends to -1 as p tends to 1.

    Args:
        gamma: how strongly easy examples are discounted, at least 0.
    """

    gamma: float = 2.0
    name: ClassVar[str] = "focal"
    formula: ClassVar[str] = "L = -(1 - p)^gamma log p,  p = sum_k t_k a_k"
    gradient_formula: ClassVar[str] = (
        "dZ = w (a - t),  w = (1 - p)^gamma (1 - gamma p log p / (1 - p))"
    )
    javascript: ClassVar[tuple[str, str] | None] = (
        "((l) => -((-Math.expm1(l)) ** gamma) * l)(sum(K, (j) => t[j] * z[j]) - logSumExp(z))",
        "((l, q) => q ** gamma * (1 - gamma * (q > 0 ? (Math.exp(l) * l) / q : -1)) "
        "* (a[k] - t[k]))"
        "(...((l) => [l, -Math.expm1(l)])(sum(K, (j) => t[j] * z[j]) - logSumExp(z)))",
    )
    fused_with: ClassVar[str | None] = "softmax"
    takes_labels: ClassVar[bool] = True

    def __post_init__(self) -> None:
        number("gamma of the focal loss", self.gamma, at_least=0)

    def __call__(self, z: FloatArray, a: FloatArray, targets: Array) -> FloatArray:
        """Return -(1 - p)^gamma log p for each row."""
        log_p = self._log_p(z, targets)
        return -((-np.expm1(log_p)) ** self.gamma) * log_p

    def gradient(self, z: FloatArray, a: FloatArray, targets: Array) -> FloatArray:
        """dZ = w (a - t)."""
        log_p = self._log_p(z, targets)
        q = -np.expm1(log_p)  # 1 - p without the loss of digits
        ratio = np.divide(np.exp(log_p) * log_p, q, out=np.full_like(q, -1), where=q > 0)
        w = q**self.gamma * (1 - self.gamma * ratio)
        return w[:, None] * (a - one_hot(targets, z.shape[1]).astype(z.dtype))

    def _log_p(self, z: FloatArray, labels: Array) -> FloatArray:
        """Return log p from the logits: -(log sum_k exp(-d_k) + d_y), with d_k = max(z) - z_k."""
        d = z.max(axis=1, keepdims=True) - z
        right = np.take_along_axis(d, labels[:, None], axis=1)[:, 0]
        return -(np.log(np.exp(-d).sum(axis=1)) + right)


@dataclass(frozen=True)
class BinaryCrossEntropy(Loss):
    """Mean over outputs of -t log a - (1 - t) log(1 - a), for sigmoid outputs; dZ = (a - t) / K.

    Computed from the logits as mean_k (log(1 + exp(z)) - t z), where log(1 + exp(z)) is
    `logaddexp(z, 0)` and cannot overflow. Several outputs are independent yes-or-no questions:
    multi-label classification.

    Args:
        label_smoothing: s in t = (1 - s) y + s / 2.
    """

    label_smoothing: float = 0.0
    name: ClassVar[str] = "binary_cross_entropy"
    formula: ClassVar[str] = "L = mean_k(-t_k log a_k - (1 - t_k) log(1 - a_k))"
    gradient_formula: ClassVar[str] = "dZ = (a - t) / K"
    javascript: ClassVar[tuple[str, str] | None] = (
        "sum(K, (k) => softplus(z[k]) - t[k] * z[k]) / K",
        "(a[k] - t[k]) / K",
    )
    fused_with: ClassVar[str | None] = "sigmoid"

    def __post_init__(self) -> None:
        fraction("label_smoothing", self.label_smoothing)

    def __call__(self, z: FloatArray, a: FloatArray, targets: Array) -> FloatArray:
        """Return mean_k (log(1 + exp(z)) - t z) for each row."""
        return (np.logaddexp(z, 0) - self.smoothed(targets) * z).mean(axis=1)

    def gradient(self, z: FloatArray, a: FloatArray, targets: Array) -> FloatArray:
        """dZ = (a - t) / K."""
        return (a - self.smoothed(targets)) / a.shape[1]

    def smoothed(self, targets: Array) -> FloatArray:
        """Return the targets t = (1 - s) y + s / 2."""
        return (1 - self.label_smoothing) * targets + self.label_smoothing / 2


@dataclass(frozen=True)
class SquaredError(Loss):
    """Mean over outputs of (a - t)^2; gradient 2 (a - t) / K."""

    name: ClassVar[str] = "squared_error"
    formula: ClassVar[str] = "L = mean_k (a_k - t_k)^2"
    gradient_formula: ClassVar[str] = "dA = 2 (a - t) / K"
    javascript: ClassVar[tuple[str, str] | None] = (
        "sum(K, (k) => (a[k] - t[k]) ** 2) / K",
        "2 * (a[k] - t[k]) / K",
    )

    def __call__(self, z: FloatArray, a: FloatArray, targets: Array) -> FloatArray:
        """Return mean_k (a_k - t_k)^2 for each row."""
        return ((a - targets) ** 2).mean(axis=1)

    def gradient(self, z: FloatArray, a: FloatArray, targets: Array) -> FloatArray:
        """dA = 2 (a - t) / K."""
        return 2 * (a - targets) / a.shape[1]


@dataclass(frozen=True)
class AbsoluteError(Loss):
    """Mean over outputs of |a - t|; gradient sign(a - t) / K, 0 where a = t."""

    name: ClassVar[str] = "absolute_error"
    formula: ClassVar[str] = "L = mean_k |a_k - t_k|"
    gradient_formula: ClassVar[str] = "dA = sign(a - t) / K"
    javascript: ClassVar[tuple[str, str] | None] = (
        "sum(K, (k) => Math.abs(a[k] - t[k])) / K",
        "Math.sign(a[k] - t[k]) / K",
    )

    def __call__(self, z: FloatArray, a: FloatArray, targets: Array) -> FloatArray:
        """Return mean_k |a_k - t_k| for each row."""
        return np.abs(a - targets).mean(axis=1)

    def gradient(self, z: FloatArray, a: FloatArray, targets: Array) -> FloatArray:
        """dA = sign(a - t) / K."""
        return np.sign(a - targets) / a.shape[1]


@dataclass(frozen=True)
class Huber(Loss):
    """Mean over outputs of h(a - t): e^2 / 2 where |e| <= delta, else delta (|e| - delta / 2).

    Its gradient is the error clipped to [-delta, delta], divided by K  (Huber 1964).

    Args:
        delta: error at which the parabola becomes a straight line, in the units of the targets.
    """

    delta: float = 1.0
    name: ClassVar[str] = "huber"
    formula: ClassVar[str] = (
        "L = mean_k h(e_k),  e = a - t,  "
        "h(e) = e^2 / 2 where |e| <= delta, else delta (|e| - delta / 2)"
    )
    gradient_formula: ClassVar[str] = "dA = clip(a - t, -delta, delta) / K"
    javascript: ClassVar[tuple[str, str] | None] = (
        "sum(K, (k) => ((e, c) => c * (e - c / 2))(a[k] - t[k], clip(a[k] - t[k], delta))) / K",
        "clip(a[k] - t[k], delta) / K",
    )

    def __post_init__(self) -> None:
        number("delta of the Huber loss", self.delta, above=0)

    def __call__(self, z: FloatArray, a: FloatArray, targets: Array) -> FloatArray:
        """Return mean_k h(a_k - t_k) for each row."""
        e = a - targets
        c = np.clip(e, -self.delta, self.delta)
        return (c * (e - c / 2)).mean(axis=1)  # both branches of h in one formula

    def gradient(self, z: FloatArray, a: FloatArray, targets: Array) -> FloatArray:
        """dA = clip(a - t, -delta, delta) / K."""
        return np.clip(a - targets, -self.delta, self.delta) / a.shape[1]


@dataclass(frozen=True)
class PoissonDeviance(Loss):
    """Mean over outputs of t log(t / a) - t + a, half the Poisson deviance; dZ = (a - t) / K.

    For exp outputs and targets of at least 0: counts, such as calls in an hour. Computed from the
    logits as mean_k (exp(z) - t z + t log t - t), where 0 log 0 = 0  (Nelder & Wedderburn 1972).
    """

    name: ClassVar[str] = "poisson_deviance"
    formula: ClassVar[str] = "L = mean_k(t_k log(t_k / a_k) - t_k + a_k)"
    gradient_formula: ClassVar[str] = "dZ = (a - t) / K"
    javascript: ClassVar[tuple[str, str] | None] = (
        "sum(K, (k) => a[k] - t[k] * z[k] + (t[k] > 0 ? t[k] * Math.log(t[k]) : 0) - t[k]) / K",
        "(a[k] - t[k]) / K",
    )
    fused_with: ClassVar[str | None] = "exp"

    def check_targets(self, values: Array) -> None:
        """Raise DataError for negative targets, which have no logarithm."""
        if (values < 0).any():
            raise DataError(
                f"{self.name} takes counts, targets of at least 0; got {values.min():g}. Choose "
                "'squared_error' for targets that can be negative."
            )

    def __call__(self, z: FloatArray, a: FloatArray, targets: Array) -> FloatArray:
        """Return mean_k (exp(z) - t z + t log t - t) for each row."""
        log_t = np.log(np.where(targets > 0, targets, 1))
        return (a - targets * z + targets * log_t - targets).mean(axis=1)

    def gradient(self, z: FloatArray, a: FloatArray, targets: Array) -> FloatArray:
        """dZ = (a - t) / K."""
        return (a - targets) / a.shape[1]


LOSSES: Table[Callable[..., Loss]] = Table(
    "loss",
    {
        loss.name: loss
        for loss in (
            CategoricalCrossEntropy,
            Focal,
            BinaryCrossEntropy,
            SquaredError,
            AbsoluteError,
            Huber,
            PoissonDeviance,
        )
    },
    aliases={
        "cross_entropy": "categorical_cross_entropy",
        "mse": "squared_error",
        "mean_squared_error": "squared_error",
        "mae": "absolute_error",
        "mean_absolute_error": "absolute_error",
        "poisson": "poisson_deviance",
    },
)

DEFAULT_LOSS = {
    "softmax": "categorical_cross_entropy",
    "sigmoid": "binary_cross_entropy",
    "exp": "poisson_deviance",
}
"""Default loss by output activation; every other activation gets squared_error."""


def resolve_loss(loss: str | Loss | None, output_activation: str) -> Loss:
    """Resolve a name, a loss object or None (by the output activation) into a loss."""
    if loss is None:
        loss = DEFAULT_LOSS.get(output_activation, "squared_error")
    if isinstance(loss, str):
        loss = LOSSES.find(loss)()
    if not isinstance(loss, Loss):
        raise ArgumentError(f"loss must be a name or a Loss such as Huber(1.0); got {loss!r}.")
    if loss.fused_with and loss.fused_with != output_activation:
        raise ArgumentError(
            f"{loss.name} needs {loss.fused_with} as the activation of the last layer; "
            f"got {output_activation!r}. Change the activation or choose loss='squared_error'."
        )
    return loss
