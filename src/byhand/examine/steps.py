"""One training step, each part of it a method that a mistake can replace.

`Steps` computes byhand's numbers: activations are those of `byhand.network`, and a test compares
the rest with `Network.forward`, `Network.backward` and plain gradient descent. A mistake derives
from `Steps` and overrides the part that it gets wrong; several mistakes are combined by
inheritance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.examine.problem import Problem
from byhand.network.activations import ACTIVATIONS, Activation

CROSS_ENTROPY, BINARY, SQUARED = (
    "categorical_cross_entropy",
    "binary_cross_entropy",
    "squared_error",
)


@dataclass(frozen=True)
class Setting:
    """The kind of network that someone wrote.

    Args:
        hidden: activation of the hidden layers, or of the first one.
        output: activation of the last layer, by its name.
        loss: name of the loss.
        factor: factor of the loss and its gradient: 1 if the loss is a mean over outputs, too, K if
            it is their sum, K / 2 for half of the sum; 1 for the cross-entropy.
        logits: whether forward returns the pre-activations of the last layer.
        scale: factor of the inputs.
        mixed: activation of each hidden layer, if they differ.
    """

    hidden: Activation
    output: str
    loss: str = CROSS_ENTROPY
    factor: float = 1.0
    logits: bool = False
    scale: float = 1.0
    mixed: tuple[Activation, ...] = ()

    def activation(self, layer: int) -> Activation:
        """Return the activation of a hidden layer, counted from 1."""
        return self.mixed[layer - 1] if self.mixed else self.hidden

    @property
    def names(self) -> frozenset[str]:
        """Names of the activations of the hidden layers."""
        return frozenset(one.name for one in self.mixed or (self.hidden,))

    def with_loss(self, loss: str, factor: float) -> Setting:
        """Return the setting with another loss."""
        return replace(self, loss=loss, factor=factor)


class Steps:
    """Forward, loss, backward and update of one batch, as they should be.

    With layers l = 1 .. L:

        Z_l = A_(l-1) W_l + b_l,  A_l = f(Z_l)
        dZ_L = dLoss/dZ_L / n,  dZ_l = (dZ_(l+1) W_(l+1)^T) * f'(Z_l)
        dW_l = A_(l-1)^T dZ_l,  db_l = sum over rows of dZ_l
        W_l <- W_l - rate * dW_l

    `where` restricts a mistake to some layers.
    """

    def __init__(
        self, problem: Problem, setting: Setting, where: dict[type, frozenset[int]] | None = None
    ) -> None:
        self.problem, self.setting = problem, setting
        self.where = where or {}
        self.n, self.K, self.L = len(problem.X), problem.sizes[-1], len(problem.weights)
        self.Z: dict[int, FloatArray] = {}
        self.A: dict[int, FloatArray] = {}
        self.dZ: dict[int, FloatArray] = {}
        self.dA: dict[int, FloatArray] = {}
        self.dW: dict[int, FloatArray] = {}
        self.db: dict[int, Array] = {}
        self.values: dict[str, Any] = {}

    def at(self, mistake: type, layer: int) -> bool:
        """Return whether a mistake is made in a layer."""
        return mistake not in self.where or layer in self.where[mistake]

    def W(self, layer: int) -> FloatArray:
        """Weights of a layer, (n_in, n_out)."""
        return self.problem.weights[layer - 1]

    def b(self, layer: int) -> FloatArray:
        """Biases of a layer, (n_out,)."""
        return self.problem.biases[layer - 1]

    def run(self) -> dict[str, Any]:
        """Return Z1, A1, ..., loss, dW1, db1, ..., new W1, new b1, ... by name."""
        with np.errstate(all="ignore"):
            self._forward()
            self.values["loss"] = self.loss()
            self._backward()
            for layer in range(1, self.L + 1):
                self.values[f"new W{layer}"] = self.new_weights(layer)
                self.values[f"new b{layer}"] = self.new_biases(layer)
        return self.values

    def _forward(self) -> None:
        self.A[0] = self.inputs()
        for layer in range(1, self.L + 1):
            self.Z[layer] = self.keep(f"Z{layer}", self.pre_activation(layer))
            self.A[layer] = self.keep(f"A{layer}", self.activated(layer))
        if self.setting.logits:
            self.values[f"A{self.L}"] = self.values[f"Z{self.L}"]

    def _backward(self) -> None:
        dZ = self.output_delta()
        for layer in range(self.L, 0, -1):
            self.dZ[layer] = dZ
            self.dW[layer] = self.weight_gradient(layer, dZ)
            self.db[layer] = self.bias_gradient(layer, dZ)
            self.values |= {f"dW{layer}": self.dW[layer], f"db{layer}": self.db[layer]}
            if layer > 1:
                self.dA[layer - 1] = self.carried(layer, dZ)
                dZ = self.hidden_delta(layer - 1, self.dA[layer - 1])

    def keep(self, name: str, value: FloatArray) -> FloatArray:
        """Record a value of the forward pass, and return the value for the next step."""
        self.values[name] = value
        return value

    # --- forward --------------------------------------------------------------------------------

    def inputs(self) -> FloatArray:
        """A_0: the batch."""
        return self.problem.X * self.setting.scale

    def pre_activation(self, layer: int) -> FloatArray:
        """Z = A W + b."""
        return self.fed(layer) @ self.W(layer) + self.bias(layer)

    def fed(self, layer: int) -> FloatArray:
        """The output of the layer before."""
        return self.A[layer - 1]

    def bias(self, layer: int) -> FloatArray:
        """Return the b that is added."""
        return self.b(layer)

    def activated(self, layer: int) -> FloatArray:
        """A = f(Z)."""
        Z = self.Z[layer]
        return self.output(Z) if layer == self.L else self.hidden(layer, Z)

    def hidden(self, layer: int, Z: FloatArray) -> FloatArray:
        """f(Z) of a hidden layer."""
        return self.setting.activation(layer)(Z)

    def output(self, Z: FloatArray) -> FloatArray:
        """f(Z) of the last layer."""
        return ACTIVATIONS[self.setting.output](Z)

    # --- loss -----------------------------------------------------------------------------------

    def targets(self) -> FloatArray:
        """T: labels one-hot, (n, K)."""
        if self.problem.wanted is not None:
            return self.problem.wanted
        return np.eye(self.K)[self.problem.labels]

    def losses(self) -> FloatArray:
        """Loss of each example."""
        A, T = self.A[self.L], self.targets()
        if self.setting.loss == CROSS_ENTROPY:
            return -np.asarray(np.where(T > 0, self.log(A), 0).sum(axis=1))
        if self.setting.loss == BINARY:
            return -self.setting.factor * (T * self.log(A) + (1 - T) * self.log(1 - A)).mean(axis=1)
        return self.setting.factor * np.asarray(((A - T) ** 2).mean(axis=1))

    def log(self, A: FloatArray) -> FloatArray:
        """Natural logarithm."""
        return np.log(A)

    def loss(self) -> float:
        """Mean over the batch."""
        return float(self.losses().mean())

    # --- backward -------------------------------------------------------------------------------

    def output_delta(self) -> FloatArray:
        """dZ of the last layer, with the mean over the batch."""
        return self.mean(self.loss_delta())

    def mean(self, delta: FloatArray) -> FloatArray:
        """The factor 1/n of the mean."""
        return delta / self.n

    def loss_delta(self) -> FloatArray:
        """dLoss/dZ of each example: A - T where activation and loss fit, else by the chain rule."""
        if self.setting.loss == SQUARED:
            return self.through_output(2 * self.setting.factor * self.error() / self.K)
        if self.setting.loss == BINARY:
            return self.setting.factor * self.error() / self.K
        return self.error()

    def error(self) -> FloatArray:
        """A - T."""
        return self.A[self.L] - self.targets()

    def through_output(self, dA: FloatArray) -> FloatArray:
        """dZ from dA of the last layer."""
        return ACTIVATIONS[self.setting.output].backward(dA, self.Z[self.L], self.A[self.L])

    def weight_gradient(self, layer: int, dZ: FloatArray) -> FloatArray:
        """dW = A^T dZ."""
        return self.fed(layer).T @ dZ

    def bias_gradient(self, layer: int, dZ: FloatArray) -> Array:  # noqa: ARG002
        """The gradient db: the sum of dZ over its rows."""
        return np.asarray(dZ.sum(axis=0))

    def carried(self, layer: int, dZ: FloatArray) -> FloatArray:
        """dA of the layer before: dZ W^T."""
        return dZ @ self.W(layer).T

    def hidden_delta(self, layer: int, dA: FloatArray) -> FloatArray:
        """dZ = dA * f'(Z)."""
        return dA * self.slope(layer)

    def slope(self, layer: int) -> FloatArray:
        """f'(Z) of a hidden layer."""
        Z, A = self.Z[layer], self.A[layer]
        return self.setting.activation(layer).backward(np.ones_like(Z), Z, A)

    # --- update ---------------------------------------------------------------------------------

    def new_weights(self, layer: int) -> FloatArray:
        """W - rate dW."""
        return self.stepped(layer, self.W(layer), self.dW[layer])

    def new_biases(self, layer: int) -> FloatArray:
        """Return b - rate db."""
        return self.stepped(layer, self.b(layer), self.db[layer])

    def stepped(self, layer: int, value: FloatArray, gradient: Array) -> FloatArray:  # noqa: ARG002
        """A parameter after the step."""
        return np.asarray(value - self.rate() * gradient)

    def rate(self) -> float:
        """Learning rate."""
        return self.problem.rate


@dataclass(frozen=True)
class Mistake:
    """A known mistake, in all layers or in some.

    Args:
        kind: the class of steps that makes it; its name, `says` and `stage` describe it.
        layers: the layers in which it is made; all where it is None.
        kind_stage: the stage at which it was found.
    """

    kind: type[Steps]
    layers: frozenset[int] | None = None
    kind_stage: str = ""

    @property
    def name(self) -> str:
        """Name of the mistake, as in JSON: "mean_missing"."""
        return str(vars(self.kind)["name"])

    @property
    def says(self) -> str:
        """What is wrong and what to do, in a sentence."""
        text = str(vars(self.kind)["says"])
        if self.layers is None:
            return text
        where = " and ".join(str(layer) for layer in sorted(self.layers))
        return f"in layer {where}: {text}"


def steps(
    problem: Problem, setting: Setting, mistakes: Sequence[Mistake] = (), *more: type
) -> Steps:
    """Return the steps with some mistakes.

    Args:
        problem: parameters and batch.
        setting: the kind of network.
        mistakes: mistakes that are made together.
        more: further classes that override parts.
    """
    kinds = (*more, *(one.kind for one in reversed(mistakes)))
    kind = type("Combined", (*dict.fromkeys(kinds), Steps), {}) if kinds else Steps
    where = {one.kind: one.layers for one in mistakes if one.layers is not None}
    made: Steps = kind(problem, setting, where)
    return made


def observed(values: Mapping[str, Any]) -> type[Steps]:
    """Return steps that continue with a learner's numbers where these are known.

    Args:
        values: the learner's numbers.
    """

    class Observed(Steps):
        """The forward pass with some values given."""

        def keep(self, name: str, value: FloatArray) -> FloatArray:
            """Record byhand's value, and continue with the learner's."""
            self.values[name] = value
            seen = values.get(name)
            return seen if isinstance(seen, np.ndarray) and seen.shape == value.shape else value

    return Observed
