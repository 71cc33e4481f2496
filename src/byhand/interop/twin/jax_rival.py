"""The JAX side of a twin run: jax.numpy forwards, jax.grad backwards, optax updates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import numpy as np

from byhand.arrays import FloatArray
from byhand.errors import ArgumentError
from byhand.extras import require
from byhand.interop.refuse_averages import check_single
from byhand.interop.twin.batch import Batch
from byhand.network.activations import Activation
from byhand.network.layers import (
    BatchNormLayer,
    DenseLayer,
    DropoutLayer,
    LayerNormLayer,
    PlacedLayer,
)
from byhand.network.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Focal,
    Huber,
    Loss,
    PoissonDeviance,
    SquaredError,
)
from byhand.training.optimizers import (
    SGD,
    Adam,
    AdamW,
    Lion,
    Momentum,
    Nesterov,
    Optimizer,
    RMSProp,
)
from byhand.training.run import TrainingRun

jax = require("jax", "jax", "a twin run with jax needs")
optax = require("optax", "jax", "a twin run with jax needs")
jnp, nn = jax.numpy, jax.nn

Array = Any
Arrays = dict[str, Any]

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "identity": lambda z: z,
    "relu": nn.relu,
    "elu": nn.elu,
    "gelu": partial(nn.gelu, approximate=True),
    "sigmoid": nn.sigmoid,
    "tanh": jnp.tanh,
    "softplus": nn.softplus,
    "swish": nn.silu,
    "softmax": partial(nn.softmax, axis=1),
    "exp": jnp.exp,
}
"""JAX's function of each activation; leaky_relu has a slope as well."""

LAYERS = (DenseLayer, BatchNormLayer, LayerNormLayer, DropoutLayer)


class JaxRival:
    """A copy of the network of a run, trained by JAX and optax."""

    def __init__(self, run: TrainingRun) -> None:
        """Copy the parameters; raise ArgumentError for what JAX and optax do not have."""
        self.library = f"jax {jax.__version__}"
        self.run, self.settings, self.stack = run, run.settings, run.net.stack
        check_single(run.net)
        _check(run)
        with self._precision():
            self.values: Arrays = {k: jnp.array(v) for k, v in run.net.parameters.items()}
            self.statistics: Arrays = {k: jnp.array(v) for k, v in run.net.statistics.items()}
            self.rule = optax_rule(run.optimizer, self.settings.clip_value, self.settings.clip_norm)
            self.state = self.rule.init(self.values)
        self._gradient = jax.jit(jax.value_and_grad(self._objective, has_aux=True))

    def step(self, batch: Batch) -> float:
        """Make one step; return the mean loss of the batch before it."""
        with self._precision():
            weights = np.ones(len(batch.A0)) if batch.weights is None else batch.weights
            inputs = (batch.A0, batch.targets, weights.astype(batch.A0.dtype), dict(batch.masks))
            (_, (loss, self.statistics)), grads = self._gradient(
                self.values, self.statistics, *inputs
            )
            updates, self.state = self.rule.update(grads, self.state, self.values)
            rate, decay = batch.learning_rate, self.run.optimizer.weight_decay
            for name, value in self.values.items():
                kept = 1 - rate * decay if name.startswith("W") else 1
                self.values[name] = self._limited(name, kept * value - rate * updates[name])
            return float(loss)

    def parameters(self) -> Mapping[str, FloatArray]:
        """Return parameters and running statistics under byhand's names."""
        return {k: np.asarray(v) for k, v in {**self.values, **self.statistics}.items()}

    def _precision(self) -> AbstractContextManager[None]:
        """Compute in float64 if the network does, within a block: JAX's own switch is global."""
        is_double = bool(self.run.net.dtype == np.float64)
        switch = jax.enable_x64 if hasattr(jax, "enable_x64") else jax.experimental.enable_x64
        context: AbstractContextManager[None] = switch(is_double)
        return context

    # --- the loss that JAX differentiates --------------------------------------------------------

    def _objective(
        self,
        values: Arrays,
        statistics: Arrays,
        x: Array,
        targets: Array,
        weights: Array,
        masks: Mapping[int, Array],
    ) -> tuple[Array, tuple[Array, Arrays]]:
        """Return loss + penalty, and beside it the loss and the new running statistics."""
        z, running = x, dict(statistics)
        for placed in self.stack:
            z = _pre_activation(placed, x, values, running, masks)
            x = _activated(placed.layer.activation, z)
        losses = loss_of(self.run.net.loss, z, x, targets)
        loss = (losses * weights).mean()
        return loss + self._penalty(values), (loss, running)

    def _penalty(self, values: Arrays) -> Array:
        """l2/2 sum(W^2) + l1 sum(|W|)."""
        weights = [value for name, value in values.items() if name.startswith("W")]
        l2 = self.settings.l2 / 2 * sum((W**2).sum() for W in weights)
        return l2 + self.settings.l1 * sum(jnp.abs(W).sum() for W in weights)

    def _limited(self, name: str, value: Array) -> Array:
        """Return weights with the columns into a unit no longer than the limit."""
        limit = self.settings.max_norm
        if not limit or not name.startswith("W"):
            return value
        norms = jnp.linalg.norm(value, axis=0, keepdims=True)
        return value * (limit / jnp.maximum(norms, limit))


def _pre_activation(
    placed: PlacedLayer, x: Array, values: Arrays, running: Arrays, masks: Mapping[int, Array]
) -> Array:
    """Return Z of a layer; batch normalisation moves its running statistics."""
    layer, l = placed.layer, placed.number  # noqa: E741 - the l of Wl
    if isinstance(layer, DenseLayer):
        return x @ values[f"W{l}"] + values[f"b{l}"]
    if isinstance(layer, DropoutLayer):
        return x * masks[l]
    axis = 0 if isinstance(layer, BatchNormLayer) else 1
    mean, variance = x.mean(axis, keepdims=True), x.var(axis, keepdims=True)
    if isinstance(layer, BatchNormLayer):
        n = len(x)
        now = {"mean": mean[0], "variance": variance[0] * (n / max(n - 1, 1))}
        for name, value in now.items():
            old = running[f"{name}{l}"]
            running[f"{name}{l}"] = old + layer.momentum * (value - old)
    assert isinstance(layer, BatchNormLayer | LayerNormLayer)  # noqa: S101 - `_check` saw to it
    standard = nn.standardize(x, axis, mean, variance, epsilon=layer.epsilon)
    return values[f"gamma{l}"] * standard + values[f"beta{l}"]


def _activated(fn: Activation | None, z: Array) -> Array:
    if fn is None:
        return z
    return nn.leaky_relu(z, fn.slope) if fn.name == "leaky_relu" else ACTIVATIONS[fn.name](z)


def loss_of(loss: Loss, z: Array, a: Array, targets: Array) -> Array:
    """Return the loss of each example (n,), by optax where it has one."""
    if isinstance(loss, CategoricalCrossEntropy):
        smooth = optax.smooth_labels(nn.one_hot(targets, z.shape[1]), loss.label_smoothing)
        return optax.softmax_cross_entropy(z, smooth)
    if isinstance(loss, Focal):
        log_p = jnp.take_along_axis(nn.log_softmax(z), targets[:, None], axis=1)[:, 0]
        return -((1 - jnp.exp(log_p)) ** loss.gamma) * log_p
    if isinstance(loss, BinaryCrossEntropy):
        smooth = (1 - loss.label_smoothing) * targets + loss.label_smoothing / 2
        return optax.sigmoid_binary_cross_entropy(z, smooth).mean(1)
    if isinstance(loss, Huber):
        return optax.huber_loss(a, targets, delta=loss.delta).mean(1)
    if isinstance(loss, AbsoluteError):
        return jnp.abs(a - targets).mean(1)
    if isinstance(loss, PoissonDeviance):
        return (
            jnp.exp(z) - targets * z + jax.scipy.special.xlogy(targets, targets) - targets
        ).mean(1)
    return optax.squared_error(a, targets).mean(1)


def optax_rule(optimizer: Optimizer, clip_value: float | None, clip_norm: float | None) -> Any:
    """Return optax's rule without the learning rate: clipping, then the direction of the step.

    Raises:
        ArgumentError: optax has no such rule.
    """
    clip = [optax.clip(clip_value)] if clip_value else []
    clip += [optax.clip_by_global_norm(clip_norm)] if clip_norm else []
    return optax.chain(*clip, _direction(optimizer))


def _direction(optimizer: Optimizer) -> Any:
    kind = type(optimizer)
    if kind is SGD:
        return optax.identity()
    if isinstance(optimizer, Momentum) and kind in (Momentum, Nesterov):
        return optax.trace(optimizer.mu, nesterov=optimizer.nesterov)
    if isinstance(optimizer, RMSProp) and kind is RMSProp:
        return optax.scale_by_rms(optimizer.rho, optimizer.epsilon, eps_in_sqrt=False)
    if isinstance(optimizer, Adam) and kind in (Adam, AdamW):
        return optax.scale_by_adam(optimizer.beta1, optimizer.beta2, optimizer.epsilon)
    if isinstance(optimizer, Lion) and kind is Lion:
        return optax.scale_by_lion(optimizer.beta1, optimizer.beta2)
    raise ArgumentError(f"optax has no optimizer like {optimizer.name!r}.")


LOSSES = (
    CategoricalCrossEntropy,
    Focal,
    BinaryCrossEntropy,
    SquaredError,
    AbsoluteError,
    Huber,
    PoissonDeviance,
)


def _check(run: TrainingRun) -> None:
    """Raise for layers, activations and losses of the user's own."""
    for placed in run.net.stack:
        layer, fn = placed.layer, placed.layer.activation
        if type(layer) not in LAYERS:
            raise ArgumentError(f"jax has no layer like {layer.kind!r}.")
        if fn is not None and fn.name not in {*ACTIVATIONS, "leaky_relu"}:
            raise ArgumentError(f"jax has no activation like {fn.name!r}.")
    if type(run.net.loss) not in LOSSES:
        raise ArgumentError(f"jax has no loss like {run.net.loss.name!r}.")
