"""A trained network as the steps of its forward pass, which each target writes in its language.

Dropout and noise do nothing after training and are left out. Batch normalisation after training
is one scale and shift for each unit:

    scale = gamma / sqrt(variance + epsilon)
    shift = beta - mean * scale
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.errors import ArgumentError
from byhand.interop.refuse_averages import check_single
from byhand.network.activations import Activation
from byhand.network.layers import (
    BatchNormLayer,
    DenseLayer,
    DropoutLayer,
    InputLayer,
    LayerNormLayer,
    NoiseLayer,
    PlacedLayer,
)
from byhand.network.network import Network


@dataclass(frozen=True, eq=False)
class Dense:
    """A = fn(X W + b).

    Args:
        number: number of the dense layer, from 1.
        activation: fn.
        W: weights (n_in, n_out).
        b: biases (n_out,).
    """

    number: int
    activation: Activation
    W: FloatArray
    b: FloatArray

    @property
    def units(self) -> int:
        """Number of outputs."""
        return len(self.b)

    @property
    def arrays(self) -> dict[str, FloatArray]:
        """The numbers by name: W1 and b1."""
        return {f"W{self.number}": self.W, f"b{self.number}": self.b}


@dataclass(frozen=True, eq=False)
class Scale:
    """A = fn(X * scale + shift): batch normalisation after training.

    Args:
        number: number of the dense layer that it follows; 0 before the first.
        activation: fn.
        scale: one factor for each unit (units,).
        shift: one number for each unit (units,).
    """

    number: int
    activation: Activation
    scale: FloatArray
    shift: FloatArray

    @property
    def units(self) -> int:
        """Number of outputs, which is that of inputs."""
        return len(self.scale)

    @property
    def arrays(self) -> dict[str, FloatArray]:
        """The numbers by name: scale1 and shift1."""
        return {f"scale{self.number}": self.scale, f"shift{self.number}": self.shift}


@dataclass(frozen=True, eq=False)
class Int8Dense:
    """A = fn(X W + b) with W = Q^T * step, in whole numbers; see `quantise.py`.

    Args:
        number: number of the dense layer, from 1.
        activation: fn.
        Q: weights, int8 (units, n_in).
        step: size of 1 in the weights of each unit (units,).
        b: biases (units,).
    """

    number: int
    activation: Activation
    Q: Array
    step: FloatArray
    b: FloatArray

    @property
    def units(self) -> int:
        """Number of outputs."""
        return len(self.Q)

    @property
    def arrays(self) -> dict[str, Array]:
        """The numbers by name: W1, step1 and b1."""
        l = self.number  # noqa: E741 - the l of Wl
        return {f"W{l}": self.Q, f"step{l}": self.step, f"b{l}": self.b}


@dataclass(frozen=True, eq=False)
class LayerNorm:
    """A = fn(gamma x_hat + beta), x_hat = (X - mean) / sqrt(variance + epsilon) of each row.

    Args:
        number: number of the dense layer that it follows; 0 before the first.
        activation: fn.
        gamma: one factor for each unit (units,).
        beta: one number for each unit (units,).
        epsilon: added to the variance.
    """

    number: int
    activation: Activation
    gamma: FloatArray
    beta: FloatArray
    epsilon: float

    @property
    def units(self) -> int:
        """Number of outputs, which is that of inputs."""
        return len(self.gamma)

    @property
    def arrays(self) -> dict[str, FloatArray]:
        """The numbers by name: gamma1 and beta1."""
        return {f"gamma{self.number}": self.gamma, f"beta{self.number}": self.beta}


Step = Dense | Scale | LayerNorm | Int8Dense

IDLE = (DropoutLayer, NoiseLayer)
"""Layers that do nothing after training."""


@dataclass(frozen=True, eq=False)
class Program:
    """Everything needed to compute and describe the outputs of a network.

    Args:
        input: the input layer with its normalisation.
        steps: the layers that compute.
        dtype: precision of the network.
        class_names: names of the classes, or None.
        task: "classification", "multi-label" or "regression".
        shape: inputs and units of each dense layer, such as "784-300-10".
        origin: recipe and data that it was trained on, if known.
    """

    input: InputLayer
    steps: tuple[Step, ...]
    dtype: np.dtype[np.generic]
    class_names: tuple[str, ...] | None
    task: str
    shape: str
    origin: str

    @property
    def units(self) -> int:
        """Number of outputs."""
        return self.steps[-1].units

    @property
    def title(self) -> str:
        """The network in one line."""
        return f"The network {self.shape}{self.origin}"

    @property
    def activations(self) -> dict[str, Activation]:
        """The activations in use, each once, by name."""
        return {step.activation.name: step.activation for step in self.steps}

    @property
    def arrays(self) -> dict[str, Array]:
        """All numbers of the steps by name."""
        return {name: array for step in self.steps for name, array in step.arrays.items()}


def program_of(net: Network) -> Program:
    """Return the steps of a network.

    Raises:
        ArgumentError: it is untrained, an ensemble, or has a user's own layer, which no target
            knows.
    """
    check_single(net)
    if not net.input_layer.ready:
        raise ArgumentError(
            f"the network is untrained: fit chooses its normalisation "
            f"({net.input_layer.normalisation!r}). Train it first, or give the input layer "
            "'pixels' or 'none'."
        )
    steps = [_step(placed) for placed in net.stack if type(placed.layer) not in IDLE]
    return Program(
        _with_mean(net.input_layer),
        tuple(steps),
        net.dtype,
        tuple(net.class_names) if net.class_names else None,
        net.task,
        net.shape_text,
        _origin(net),
    )


def _with_mean(first: InputLayer) -> InputLayer:
    """Return the input layer with x * factor - offset, of byhand 0.1, as (x - mean) * factor."""
    if first.offset is None:
        return first
    factor, offset = np.asarray(first.factor, np.float64), np.asarray(first.offset, np.float64)
    return replace(first, factor=factor, mean=offset / factor, offset=None)


def _step(placed: PlacedLayer) -> Step:
    layer = placed.layer
    if type(layer) is DenseLayer:
        W, b = placed.parameters
        return Dense(placed.number, layer.activation, W, b)
    if type(layer) is BatchNormLayer:
        (gamma, beta), (mean, variance) = placed.parameters, placed.statistics
        scale = gamma / np.sqrt(variance.astype(np.float64) + layer.epsilon)
        shift = beta - mean * scale
        dtype = gamma.dtype
        return Scale(placed.number, layer.activation, scale.astype(dtype), shift.astype(dtype))
    if type(layer) is LayerNormLayer:
        gamma, beta = placed.parameters
        return LayerNorm(placed.number, layer.activation, gamma, beta, layer.epsilon)
    raise ArgumentError(
        f"a layer of the kind {layer.kind!r} cannot be exported, because it is your own. Save the "
        "network with save() instead."
    )


def _origin(net: Network) -> str:
    """Return " of the recipe basic, trained on mnist", or as much of it as is known."""
    recipe, dataset = net.facts.get("recipe"), net.facts.get("dataset")
    named = f" of the recipe {recipe}" if recipe else ""
    return named + (f", trained on {dataset}" if dataset else "")
