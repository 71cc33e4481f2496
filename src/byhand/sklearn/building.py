"""Build the network, the optimizer and the initial weights from an estimator's parameters.

`trainer.py` applies the penalty `alpha`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from types import SimpleNamespace
from typing import Any

import numpy as np

from byhand.arrays import FloatArray
from byhand.checks import fraction, integer
from byhand.errors import ArgumentError
from byhand.mlp import MultiLayerPerceptron
from byhand.network.layers import BatchNormLayer, DenseLayer, DropoutLayer, InputLayer, Layer
from byhand.network.losses import Loss
from byhand.network.parameters import NamedVector
from byhand.training.optimizers import (
    OPTIMIZERS,
    SGD,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    Optimizer,
    State,
)

OUTPUT_ACTIVATIONS = {"logistic": "sigmoid"}
"""scikit-learn's names of activations, where they differ from ours."""

LOSSES = {"log_loss": None}
"""scikit-learn's names of losses, where they differ; None leaves it to the output activation."""


@dataclass(frozen=True)
class Architecture:
    """The layers between input and output, as an estimator's parameters describe them.

    Args:
        activations: activation of each hidden layer.
        dropout: fraction of the outputs of each hidden layer that training drops.
        batch_norm: whether hidden layers normalise before their activation.
        output: activation of the last layer.
        loss: the loss.
    """

    activations: tuple[Any, ...]
    dropout: tuple[float, ...]
    batch_norm: bool
    output: str
    loss: str | Loss

    def network(self, widths: Sequence[int], dtype: Any, seed: int) -> MultiLayerPerceptron:
        """Return a network of these widths, the inputs first; its weights are 0."""
        layers: list[InputLayer | Layer] = [InputLayer(widths[0], "none")]
        for units, fn, rate in zip(widths[1:-1], self.activations, self.dropout, strict=True):
            layers += (
                [DenseLayer(units), BatchNormLayer(fn)]
                if self.batch_norm
                else [DenseLayer(units, fn)]
            )
            layers += [DropoutLayer(rate)] if rate else []
        layers.append(DenseLayer(widths[-1], OUTPUT_ACTIVATIONS.get(self.output, self.output)))
        loss = LOSSES.get(self.loss, self.loss) if isinstance(self.loss, str) else self.loss
        return MultiLayerPerceptron(layers, weight_init="zeros", loss=loss, seed=seed, dtype=dtype)


@dataclass(frozen=True)
class AdamAsInScikitLearn(Adam):
    """Adam in the second form of its paper, at the end of section 2  (Kingma & Ba 2015).

    p -= learning_rate * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon)

    It is the first form with epsilon / sqrt(1 - beta2^t) in the place of epsilon, which differs in
    the first steps where gradients are as small as epsilon: those of units that are never active.
    """

    def step(
        self,
        parameters: NamedVector,
        gradients: NamedVector,
        state: State,
        learning_rate: float,
        t: int,
    ) -> None:
        """Make the t-th step of the first form, with the larger epsilon."""
        first_form: Any = SimpleNamespace(
            beta1=self.beta1, beta2=self.beta2, epsilon=self.epsilon / sqrt(1 - self.beta2**t)
        )
        Adam.step(first_form, parameters, gradients, state, learning_rate, t)


def hidden_widths(sizes: Any) -> list[int]:
    """Return `hidden_layer_sizes`, an integer or a sequence of them, as a list."""
    listed = list(sizes) if np.iterable(sizes) else [sizes]
    if any(isinstance(one, (int, np.integer)) and one <= 0 for one in listed):
        raise ArgumentError(f"hidden_layer_sizes must be > 0, got {listed}.")
    return [integer("hidden_layer_sizes", one) for one in listed]


def hidden_activations(activation: Any, count: int) -> tuple[Any, ...]:
    """Return the activation of each hidden layer: the same for all, or one from a list."""
    chosen = list(activation) if isinstance(activation, list) else [activation] * count
    if len(chosen) != count:
        raise ArgumentError(
            f"activation must be one for all hidden layers or a list of {count}, one for each; "
            f"got a list of {len(chosen)}."
        )
    return tuple(
        OUTPUT_ACTIVATIONS.get(one, one) if isinstance(one, str) else one for one in chosen
    )


def dropout_rates(dropout: Any, count: int) -> tuple[float, ...]:
    """Return the dropout of each hidden layer: the same for all, or one from a list."""
    chosen = list(dropout) if np.iterable(dropout) else [dropout] * count
    if len(chosen) != count:
        raise ArgumentError(
            f"dropout must be one fraction for all hidden layers or a list of {count}, one for "
            f"each; got a list of {len(chosen)}."
        )
    return tuple(fraction("dropout", one) for one in chosen)


def initial_parameters(
    widths: Sequence[int], activations: Sequence[Any], random_state: np.random.RandomState
) -> tuple[list[FloatArray], list[FloatArray]]:
    """Draw weights and biases from U(-r, r), r = sqrt(6 / (n_in + n_out))  (Glorot & Bengio 2010).

    Sigmoid layers take r = sqrt(2 / (n_in + n_out)). The last layer goes by the activation of the
    one before. The numbers are drawn in scikit-learn's order, so equal seeds give equal weights.
    """
    weights: list[FloatArray] = []
    biases: list[FloatArray] = []
    by_layer = [*activations, activations[-1] if activations else "identity"]
    for (n_in, n_out), fn in zip(pairwise(widths), by_layer, strict=True):
        radius = sqrt((2 if fn == "sigmoid" else 6) / (n_in + n_out))
        weights.append(random_state.uniform(-radius, radius, (n_in, n_out)))
        biases.append(random_state.uniform(-radius, radius, n_out))
    return weights, biases


def resolve_solver(estimator: Any) -> Optimizer:
    """Return the optimizer of a stochastic solver, with the estimator's settings."""
    solver, rate = estimator.solver, estimator.learning_rate_init
    if isinstance(solver, Optimizer):
        return solver
    if solver == "sgd":
        if not estimator.momentum:
            return SGD(rate)
        rule = Nesterov if estimator.nesterovs_momentum else Momentum
        return rule(rate, mu=estimator.momentum)
    betas = {"beta1": estimator.beta_1, "beta2": estimator.beta_2}
    if solver == "adam":
        return AdamAsInScikitLearn(rate, epsilon=estimator.epsilon, **betas)
    if solver == "adamw":
        return AdamW(rate, epsilon=estimator.epsilon, **betas)
    return OPTIMIZERS.find(solver)(learning_rate=rate)
