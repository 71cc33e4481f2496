"""Train a 784-400-10 network on MNIST with JAX; each epoch is one compiled call."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from idx import read_mnist
from recipe import BATCH_SIZE, EPOCHS, FOLDER, LEARNING_RATE, UNITS

images, labels = read_mnist(FOLDER, "train")
whole = len(images) // BATCH_SIZE * BATCH_SIZE
steps = EPOCHS * math.ceil(len(images) / BATCH_SIZE)
rng = np.random.default_rng(1)


def forward(params, x):
    """Return the outputs before softmax."""
    (W1, b1), (W2, b2) = params
    return jax.nn.relu(x @ W1 + b1) @ W2 + b2


def mean_loss(params, x, y):
    """Return the mean cross-entropy."""
    z = forward(params, x)
    return jnp.mean(jax.nn.logsumexp(z, axis=1) - jnp.take_along_axis(z, y[:, None], axis=1)[:, 0])


def step(state, rows, x, y):
    """Take one step of Adam."""
    params, first, second, done = state
    grads = jax.grad(mean_loss)(params, x[rows], y[rows])
    learning_rate = LEARNING_RATE * (1 + jnp.cos(jnp.pi * done / steps)) / 2
    done += 1
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, grads)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, grads)
    by1, by2 = 1 / (1 - 0.9**done), 1 / (1 - 0.999**done)
    params = jax.tree.map(
        lambda p, m, v: p - learning_rate * m * by1 / (jnp.sqrt(v * by2) + 1e-8),
        params,
        first,
        second,
    )
    return (params, first, second, done), None


@partial(jax.jit, donate_argnums=0)
def epoch(state, x, y, order):
    """Run all steps of an epoch; a short last one follows the scan."""
    state, _ = jax.lax.scan(
        lambda state, rows: step(state, rows, x, y), state, order[:whole].reshape(-1, BATCH_SIZE)
    )
    return step(state, order[whole:], x, y)[0] if whole < len(order) else state


def weights(n_in, n_out):
    """Draw weights from N(0, 2 / n_in)."""
    return jnp.array(rng.standard_normal((n_in, n_out)) * math.sqrt(2 / n_in), jnp.float32)


params = [(weights(784, UNITS), jnp.zeros(UNITS)), (weights(UNITS, 10), jnp.zeros(10))]
state = (
    params,
    jax.tree.map(jnp.zeros_like, params),
    jax.tree.map(jnp.zeros_like, params),
    jnp.float32(0),
)
x, y = jnp.array(images), jnp.array(labels, jnp.int32)
for _ in range(EPOCHS):
    state = epoch(state, x, y, jnp.array(rng.permutation(len(images)), jnp.int32))

images, labels = read_mnist(FOLDER, "t10k")
print(float((np.asarray(forward(state[0], jnp.array(images)).argmax(1)) == labels).mean()))
