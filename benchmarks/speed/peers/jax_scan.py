"""JAX: a whole epoch in one compiled call, with its steps in `lax.scan` and its state donated.

The scaled images stay on the device, and each epoch gets its order as an array of row numbers. A
short last batch, if there is one, is a separate step after the scan.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.speed.cases import Prediction, Training
from benchmarks.speed.digits import Digits, starting_weights
from benchmarks.speed.job import Job, repeat, seconds

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
ACTIVATIONS: dict[str, Any] = {
    "relu": jax.nn.relu,
    "leaky_relu": lambda z: jax.nn.leaky_relu(z, 0.01),
}


def logits(params: Any, x: Any, activation: Any) -> Any:
    """Return the outputs before softmax, (n, classes)."""
    for W, b in params[:-1]:
        x = activation(x @ W + b)
    W, b = params[-1]
    return x @ W + b


def mean_loss(params: Any, x: Any, y: Any, activation: Any) -> Any:
    """Return the mean cross-entropy."""
    z = logits(params, x, activation)
    picked = jnp.take_along_axis(z, y[:, None], axis=1)[:, 0]
    return jnp.mean(jax.nn.logsumexp(z, axis=1) - picked)


# --- optimizers: (params, grads, state, step from 1, learning_rate) -> params, state -------------


def sgd(params: Any, grads: Any, state: Any, step: Any, learning_rate: float) -> tuple[Any, Any]:  # noqa: ARG001
    """Return p - learning_rate * g."""
    return jax.tree.map(lambda p, g: p - learning_rate * g, params, grads), state


def adam(params: Any, grads: Any, state: Any, step: Any, learning_rate: float) -> tuple[Any, Any]:
    """Return the update of Kingma & Ba 2015."""
    first, second = state
    first = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, first, grads)
    second = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, second, grads)
    by1, by2 = 1 / (1 - BETA1**step), 1 / (1 - BETA2**step)
    params = jax.tree.map(
        lambda p, m, v: p - learning_rate * (m * by1) / (jnp.sqrt(v * by2) + EPSILON),
        params,
        first,
        second,
    )
    return params, (first, second)


OPTIMIZERS: dict[str, Any] = {"sgd": sgd, "adam": adam}


def new_state(work: Training) -> Any:
    """Return (parameters, optimizer state, step) with the starting weights, on the device."""
    params = jax.tree.map(jnp.array, starting_weights(work.widths))
    zeros = (jax.tree.map(jnp.zeros_like, params), jax.tree.map(jnp.zeros_like, params))
    return params, zeros if work.optimizer == "adam" else (), jnp.float32(0)


def make_epoch(work: Training) -> Any:
    """Return the function (state, x, y, order) -> (state, losses) of one epoch, for `jax.jit`."""
    activation, update, b = ACTIVATIONS[work.hidden], OPTIMIZERS[work.optimizer], work.batch_size

    def step(state: Any, x: Any, y: Any) -> tuple[Any, Any]:
        params, slots, count = state
        loss, grads = jax.value_and_grad(mean_loss)(params, x, y, activation)
        params, slots = update(params, grads, slots, count + 1, work.learning_rate)
        return (params, slots, count + 1), loss

    def epoch(state: Any, x: Any, y: Any, order: Any) -> tuple[Any, Any]:
        def on_rows(state: Any, rows: Any) -> tuple[Any, Any]:
            taken = {"mode": "promise_in_bounds", "unique_indices": True}
            return step(state, x.at[rows].get(**taken), y.at[rows].get(**taken))

        if work.batch is None:
            return step(state, x, y)
        whole = work.images // b * b
        state, losses = lax.scan(on_rows, state, order[:whole].reshape(-1, b))
        if whole < work.images:
            state, last = on_rows(state, order[whole:])
            losses = jnp.append(losses, last)
        return state, losses

    return jax.jit(epoch, donate_argnums=0)


def training(work: Training, digits: Digits, option: str) -> Job:  # noqa: ARG001 - same signature
    """Return a job of epochs, each one call of a function that is already compiled."""
    x = jnp.array(digits.scaled[: work.images])
    y = jnp.array(digits.labels[: work.images], jnp.int32)
    rng = np.random.default_rng(0)
    kept: dict[str, Any] = {}

    def reset() -> None:
        kept["state"] = jax.block_until_ready(new_state(work))

    rows = np.arange(work.images, dtype=np.int32)

    def order() -> Any:
        if work.batch is not None:
            rng.shuffle(rows)
        return jnp.array(rows)

    def compile_epoch() -> None:
        kept["epoch"] = make_epoch(work).lower(kept["state"], x, y, order()).compile()

    def run() -> None:
        for _ in range(work.epochs):
            kept["state"], losses = kept["epoch"](kept["state"], x, y, order())
        jax.block_until_ready((kept["state"], losses))

    def predict() -> np.ndarray:
        z = logits(kept["state"][0], jnp.asarray(digits.test_scaled), ACTIVATIONS[work.hidden])
        return np.asarray(z.argmax(axis=1))

    reset()
    return Job(run, reset, predict, {"compile_seconds": seconds(compile_epoch)})


def prediction(work: Prediction, digits: Digits, option: str) -> Job:  # noqa: ARG001 - same signature
    """Return a job that predicts classes of scaled images on the device, as a NumPy array."""
    params = jax.tree.map(jnp.array, starting_weights(work.widths))
    images = jnp.asarray(digits.test_scaled[: work.rows])
    classes = jax.jit(lambda x: logits(params, x, jax.nn.relu).argmax(axis=1))

    def predict() -> np.ndarray:
        return np.asarray(classes(images))

    return Job(repeat(predict, work.calls), facts={"compile_seconds": seconds(predict)})
