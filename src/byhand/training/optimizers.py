"""Optimizers: how a step follows from the gradient.

An optimizer is a frozen description with two functions: `start` gives its memory, arrays as long
as the parameter vector, and `update` makes one step on the vectors. It never prints, stops,
counts epochs or changes its own learning rate. Weight decay is decoupled, as in AdamW: weights
(not biases) shrink by the factor 1 - rate * weight_decay before the step
(Loshchilov & Hutter 2019); the penalty L2, which goes through the gradient, is the trainer's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, replace
from typing import ClassVar, TypeAlias

from byhand import kernels
from byhand.arrays import FloatArray, aligned_zeros
from byhand.checks import number, share
from byhand.errors import ArgumentError, unknown_name
from byhand.network.parameters import NamedVector

Memory: TypeAlias = dict[str, FloatArray]


@dataclass(frozen=True)
class Optimizer:
    """What all optimizers have.

    Args:
        learning_rate: the rate that a schedule multiplies.
        weight_decay: share by which weights shrink, times the rate, at every step.
    """

    learning_rate: float
    _: KW_ONLY
    weight_decay: float = 0.0

    name: ClassVar[str]
    memory_names: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        number("learning_rate", self.learning_rate, above=0)
        number("weight_decay", self.weight_decay, at_least=0)

    def start(self, parameters: NamedVector) -> Memory:
        """The arrays that it remembers between steps, all 0 at first."""
        return {
            name: aligned_zeros(parameters.vector.size, parameters.vector.dtype)
            for name in self.memory_names
        }

    def update(
        self,
        parameters: NamedVector,
        gradients: NamedVector,
        memory: Memory,
        rate: float,
        step: int,
        scratch: FloatArray,
    ) -> None:
        """One step, in place: the `step`-th, counted from 1, with the rate of this moment."""
        if self.weight_decay:
            parameters.weights *= 1 - rate * self.weight_decay
        self._step(parameters, gradients, memory, rate, step, scratch)

    def _step(
        self,
        p: NamedVector,
        g: NamedVector,
        memory: Memory,
        rate: float,
        step: int,
        scratch: FloatArray,
    ) -> None:
        raise NotImplementedError


@dataclass(frozen=True)
class SGD(Optimizer):
    """p -= rate * g  (Robbins & Monro 1951)."""

    learning_rate: float = 0.1
    name: ClassVar[str] = "sgd"

    def _step(
        self,
        p: NamedVector,
        g: NamedVector,
        memory: Memory,
        rate: float,
        step: int,
        scratch: FloatArray,
    ) -> None:
        kernels.sgd(p.vector, g.vector, p.ends, rate, scratch)


@dataclass(frozen=True)
class Momentum(Optimizer):
    """v = mu v + g;  p -= rate * v  (Polyak 1964).

    Args:
        mu: share of the old velocity that is kept.
    """

    learning_rate: float = 0.05
    mu: float = 0.9
    name: ClassVar[str] = "momentum"
    memory_names: ClassVar[tuple[str, ...]] = ("v",)
    nesterov: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        share("mu", self.mu)

    def _step(
        self,
        p: NamedVector,
        g: NamedVector,
        memory: Memory,
        rate: float,
        step: int,
        scratch: FloatArray,
    ) -> None:
        kernels.momentum(
            p.vector, g.vector, memory["v"], p.ends, rate, self.mu, self.nesterov, scratch
        )


@dataclass(frozen=True)
class Nesterov(Momentum):
    """v = mu v + g;  p -= rate * (g + mu v)  (Nesterov 1983, in Sutskever's form of 2013)."""

    name: ClassVar[str] = "nesterov"
    nesterov: ClassVar[bool] = True


@dataclass(frozen=True)
class RMSProp(Optimizer):
    """s = rho s + (1 - rho) g^2;  p -= rate * g / (sqrt(s) + epsilon)  (Tieleman & Hinton 2012).

    Args:
        rho: share of the old mean square that is kept.
        epsilon: added outside the root.
    """

    learning_rate: float = 1e-3
    rho: float = 0.9
    epsilon: float = 1e-8
    name: ClassVar[str] = "rmsprop"
    memory_names: ClassVar[tuple[str, ...]] = ("s",)

    def __post_init__(self) -> None:
        super().__post_init__()
        share("rho", self.rho)
        number("epsilon", self.epsilon, above=0)

    def _step(
        self,
        p: NamedVector,
        g: NamedVector,
        memory: Memory,
        rate: float,
        step: int,
        scratch: FloatArray,
    ) -> None:
        kernels.rmsprop(
            p.vector, g.vector, memory["s"], p.ends, rate, self.rho, self.epsilon, scratch
        )


@dataclass(frozen=True)
class Adam(Optimizer):
    """m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2, both freed of their bias;
    p -= rate * m^ / (sqrt(v^) + epsilon)  (Kingma & Ba 2015).

    Args:
        beta1: share of the old mean that is kept.
        beta2: share of the old mean square that is kept.
        epsilon: added outside the root.
    """  # noqa: D205 - the formula takes two lines

    learning_rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    name: ClassVar[str] = "adam"
    memory_names: ClassVar[tuple[str, ...]] = ("m", "v")

    def __post_init__(self) -> None:
        super().__post_init__()
        share("beta1", self.beta1)
        share("beta2", self.beta2)
        number("epsilon", self.epsilon, above=0)

    def _step(
        self,
        p: NamedVector,
        g: NamedVector,
        memory: Memory,
        rate: float,
        step: int,
        scratch: FloatArray,
    ) -> None:
        kernels.adam(
            p.vector,
            g.vector,
            memory["m"],
            memory["v"],
            p.ends,
            rate,
            self.beta1,
            self.beta2,
            self.epsilon,
            step,
            scratch,
        )


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with decoupled weight decay, 0.01 unless given  (Loshchilov & Hutter 2019)."""

    _: KW_ONLY
    weight_decay: float = 0.01
    name: ClassVar[str] = "adamw"


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    optimizer.name: optimizer for optimizer in (SGD, Momentum, Nesterov, RMSProp, Adam, AdamW)
}


def resolve_optimizer(optimizer: str | Optimizer, learning_rate: float | None = None) -> Optimizer:
    """The optimizer that a name or object means, with another learning rate if one is given."""
    if isinstance(optimizer, str):
        if optimizer.lower() not in OPTIMIZERS:
            raise unknown_name("optimizer", optimizer, OPTIMIZERS)
        optimizer = OPTIMIZERS[optimizer.lower()]()
    if not isinstance(optimizer, Optimizer):
        raise ArgumentError(f"optimizer must be a name or an Optimizer; got {optimizer!r}.")
    if learning_rate is None:
        return optimizer
    return replace(optimizer, learning_rate=learning_rate)
