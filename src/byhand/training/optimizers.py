"""Optimizers: rules that compute a step from the gradient.

An optimizer is a frozen description. `init_state` returns its state, arrays as long as the
parameter vector, all 0; `update` takes one step on the vectors. It never prints, stops, counts
epochs or changes its own learning rate. Weight decay is decoupled, as in AdamW: before each step,
weights (not biases) are multiplied by 1 - learning_rate * weight_decay  (Loshchilov & Hutter
2019). The L2 penalty, which goes through the gradient, is in `penalties.py`, and clipping in
`clipping.py`.

In the formulas p are all parameters and g their gradients, both flat; lr is the learning rate, and
t counts steps from 1. The JavaScript is an expression in p, g and the settings for the first step,
when the state is still 0 and the weights have already decayed. The report takes that step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, replace
from typing import ClassVar, TypeAlias

import numpy as np

from byhand import backend
from byhand.arrays import FloatArray, aligned_zeros
from byhand.backend import overridable
from byhand.checks import fraction, number
from byhand.errors import ArgumentError
from byhand.network.parameters import NamedVector
from byhand.tables import Described, Table, forget_inherited

State: TypeAlias = dict[str, FloatArray]


@dataclass(frozen=True)
class Optimizer(Described):
    """Base class of optimizers. Derive from it, define `name` and `step`, register it.

    Args:
        learning_rate: multiplies each step; a schedule may change it.
        weight_decay: each step multiplies weights by 1 - learning_rate * weight_decay.
    """

    learning_rate: float
    _: KW_ONLY
    weight_decay: float = 0.0

    name: ClassVar[str]
    formula: ClassVar[str] = ""
    javascript: ClassVar[str | None] = None  # p after the first step, for the report
    state_names: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        """Remove the inherited formulas from an optimizer with its own step."""
        forget_inherited(cls, {"step"}, formula="", javascript=None)

    def __post_init__(self) -> None:
        number("learning_rate", self.learning_rate, above=0)
        number("weight_decay", self.weight_decay, at_least=0)

    def init_state(self, parameters: NamedVector) -> State:
        """Return the arrays that are kept between steps, all 0 initially."""
        backend.active()  # choose the backend before the first step
        vector = parameters.vector
        return {name: aligned_zeros(vector.size, vector.dtype) for name in self.state_names}

    def update(
        self,
        parameters: NamedVector,
        gradients: NamedVector,
        state: State,
        learning_rate: float,
        t: int,
    ) -> None:
        """Decay the weights and take the t-th step, in place."""
        if self.weight_decay:
            parameters.weights *= 1 - learning_rate * self.weight_decay
        self.step(parameters, gradients, state, learning_rate, t)

    def step(
        self,
        parameters: NamedVector,
        gradients: NamedVector,
        state: State,
        learning_rate: float,
        t: int,
    ) -> None:
        """Change `parameters.vector` and `state` in place."""
        raise NotImplementedError


@dataclass(frozen=True)
class SGD(Optimizer):
    """p -= learning_rate * g  (Robbins & Monro 1951)."""

    learning_rate: float = 0.1
    name: ClassVar[str] = "sgd"
    formula: ClassVar[str] = "p <- p - lr g"
    javascript: ClassVar[str | None] = "p - learning_rate * g"

    @overridable
    def step(
        self,
        parameters: NamedVector,
        gradients: NamedVector,
        state: State,
        learning_rate: float,
        t: int,
    ) -> None:
        """Step against the gradient."""
        p, g = parameters.vector, gradients.vector
        p -= learning_rate * g


@dataclass(frozen=True)
class Momentum(Optimizer):
    """v = mu v + g;  p -= learning_rate * v  (Polyak 1964).

    Args:
        mu: fraction of the old velocity that is kept.
    """

    learning_rate: float = 0.05
    mu: float = 0.9
    name: ClassVar[str] = "momentum"
    formula: ClassVar[str] = "v <- mu v + g,  p <- p - lr v"
    javascript: ClassVar[str | None] = "p - learning_rate * g"
    state_names: ClassVar[tuple[str, ...]] = ("v",)
    nesterov: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        fraction("mu", self.mu)

    @overridable
    def step(
        self,
        parameters: NamedVector,
        gradients: NamedVector,
        state: State,
        learning_rate: float,
        t: int,
    ) -> None:
        """Step against v, the decaying sum of gradients; Nesterov looks one step ahead."""
        p, g, v = parameters.vector, gradients.vector, state["v"]
        v[:] = self.mu * v + g
        p -= learning_rate * (g + self.mu * v if self.nesterov else v)


@dataclass(frozen=True)
class Nesterov(Momentum):
    """v = mu v + g;  p -= learning_rate * (g + mu v)  (Nesterov 1983; Sutskever et al. 2013)."""

    name: ClassVar[str] = "nesterov"
    formula: ClassVar[str] = "v <- mu v + g,  p <- p - lr (g + mu v)"
    javascript: ClassVar[str | None] = "p - learning_rate * (1 + mu) * g"
    nesterov: ClassVar[bool] = True


@dataclass(frozen=True)
class Adagrad(Optimizer):
    """s = s + g^2;  p -= learning_rate * g / (sqrt(s) + epsilon)  (Duchi et al. 2011).

    Args:
        epsilon: added to the square root.
    """

    learning_rate: float = 1e-2
    epsilon: float = 1e-10
    name: ClassVar[str] = "adagrad"
    formula: ClassVar[str] = "s <- s + g^2,  p <- p - lr g / (sqrt(s) + eps)"
    javascript: ClassVar[str | None] = "p - learning_rate * g / (Math.abs(g) + epsilon)"
    state_names: ClassVar[tuple[str, ...]] = ("s",)

    def __post_init__(self) -> None:
        super().__post_init__()
        number("epsilon", self.epsilon, above=0)

    @overridable
    def step(
        self,
        parameters: NamedVector,
        gradients: NamedVector,
        state: State,
        learning_rate: float,
        t: int,
    ) -> None:
        """Divide each entry of g by the root of the sum of its squares so far."""
        p, g, s = parameters.vector, gradients.vector, state["s"]
        s += g**2
        p -= learning_rate * g / (np.sqrt(s) + self.epsilon)


@dataclass(frozen=True)
class RMSProp(Optimizer):
    """s = rho s + (1 - rho) g^2;  p -= learning_rate * g / (sqrt(s) + epsilon)  (Hinton 2012).

    Args:
        rho: fraction of the old mean square that is kept.
        epsilon: added to the square root.
    """

    learning_rate: float = 1e-3
    rho: float = 0.9
    epsilon: float = 1e-8
    name: ClassVar[str] = "rmsprop"
    formula: ClassVar[str] = "s <- rho s + (1 - rho) g^2,  p <- p - lr g / (sqrt(s) + eps)"
    javascript: ClassVar[str | None] = (
        "p - learning_rate * g / (Math.sqrt(1 - rho) * Math.abs(g) + epsilon)"
    )
    state_names: ClassVar[tuple[str, ...]] = ("s",)

    def __post_init__(self) -> None:
        super().__post_init__()
        fraction("rho", self.rho)
        number("epsilon", self.epsilon, above=0)

    @overridable
    def step(
        self,
        parameters: NamedVector,
        gradients: NamedVector,
        state: State,
        learning_rate: float,
        t: int,
    ) -> None:
        """Divide each entry of g by the root of its running mean square."""
        p, g, s = parameters.vector, gradients.vector, state["s"]
        s[:] = self.rho * s + (1 - self.rho) * g**2
        p -= learning_rate * g / (np.sqrt(s) + self.epsilon)


@dataclass(frozen=True)
class Adam(Optimizer):
    """Adam  (Kingma & Ba 2015): momentum and scaling, both corrected for their start at 0.

    m = beta1 m + (1 - beta1) g;      m_hat = m / (1 - beta1^t)
    v = beta2 v + (1 - beta2) g^2;    v_hat = v / (1 - beta2^t)
    p -= learning_rate * m_hat / (sqrt(v_hat) + epsilon)

    Args:
        beta1: fraction of the old mean that is kept.
        beta2: fraction of the old mean square that is kept.
        epsilon: added to the square root.
    """

    learning_rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    name: ClassVar[str] = "adam"
    formula: ClassVar[str] = "m, v <- means of g, g^2;  p <- p - lr m_hat / (sqrt(v_hat) + eps)"
    javascript: ClassVar[str | None] = "p - learning_rate * g / (Math.abs(g) + epsilon)"
    state_names: ClassVar[tuple[str, ...]] = ("m", "v")

    def __post_init__(self) -> None:
        super().__post_init__()
        fraction("beta1", self.beta1)
        fraction("beta2", self.beta2)
        number("epsilon", self.epsilon, above=0)

    @overridable
    def step(
        self,
        parameters: NamedVector,
        gradients: NamedVector,
        state: State,
        learning_rate: float,
        t: int,
    ) -> None:
        """Algorithm 1 of Kingma & Ba (2015)."""
        p, g, m, v = parameters.vector, gradients.vector, state["m"], state["v"]
        m[:] = self.beta1 * m + (1 - self.beta1) * g
        v[:] = self.beta2 * v + (1 - self.beta2) * g**2
        m_hat = m / (1 - self.beta1**t)
        v_hat = v / (1 - self.beta2**t)
        p -= learning_rate * m_hat / (np.sqrt(v_hat) + self.epsilon)


@dataclass(frozen=True)
class AdamW(Adam):
    """`Adam` with weight_decay = 0.01  (Loshchilov & Hutter 2019)."""

    _: KW_ONLY
    weight_decay: float = 0.01
    name: ClassVar[str] = "adamw"


@dataclass(frozen=True)
class Lion(Optimizer):
    """p -= learning_rate * sign(beta1 m + (1 - beta1) g);  m = beta2 m + (1 - beta2) g.

    Every parameter moves by the learning rate, so Lion needs a third to a tenth of Adam's learning
    rate, and a larger weight decay  (Chen et al. 2023).

    Args:
        beta1: fraction of the momentum in the direction of a step.
        beta2: fraction of the momentum that is kept.
    """

    learning_rate: float = 1e-4
    beta1: float = 0.9
    beta2: float = 0.99
    name: ClassVar[str] = "lion"
    formula: ClassVar[str] = "p <- p - lr sign(beta1 m + (1 - beta1) g),  m <- mean of g"
    javascript: ClassVar[str | None] = "p - learning_rate * Math.sign((1 - beta1) * g)"
    state_names: ClassVar[tuple[str, ...]] = ("m",)

    def __post_init__(self) -> None:
        super().__post_init__()
        fraction("beta1", self.beta1)
        fraction("beta2", self.beta2)

    @overridable
    def step(
        self,
        parameters: NamedVector,
        gradients: NamedVector,
        state: State,
        learning_rate: float,
        t: int,
    ) -> None:
        """Step by the sign of the momentum, in which the new gradient has extra weight."""
        p, g, m = parameters.vector, gradients.vector, state["m"]
        p -= learning_rate * np.sign(self.beta1 * m + (1 - self.beta1) * g)
        m[:] = self.beta2 * m + (1 - self.beta2) * g


OPTIMIZERS: Table[Callable[..., Optimizer]] = Table(
    "optimizer",
    {rule.name: rule for rule in (SGD, Momentum, Nesterov, Adagrad, RMSProp, Adam, AdamW, Lion)},
)


def resolve_optimizer(optimizer: str | Optimizer, learning_rate: float | None = None) -> Optimizer:
    """Resolve a name or object into an optimizer, with another learning rate if given."""
    if isinstance(optimizer, str):
        optimizer = OPTIMIZERS.find(optimizer)()
    if not isinstance(optimizer, Optimizer):
        raise ArgumentError(f"optimizer must be a name or an Optimizer; got {optimizer!r}.")
    if learning_rate is None:
        return optimizer
    return replace(optimizer, learning_rate=learning_rate)
