"""Small trainings and predictions, and the digests of their results."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache

import numpy as np

from byhand import Callback, DenseLayer, InputLayer, MultiLayerPerceptron

ROWS, INPUTS, CLASSES = 256, 784, 10

WORK = tuple((threads, units) for threads in (1, 2, 3, 64) for units in (64, 150))
"""Number of threads and of hidden units of each training."""


@cache
def examples() -> tuple[np.ndarray, np.ndarray]:
    """Return images of random bytes and labels, the same in every process."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (ROWS, INPUTS)).astype(np.uint8), np.arange(ROWS) % CLASSES


def trained(threads: int, units: int, callbacks: Sequence[Callback] = ()) -> MultiLayerPerceptron:
    """Return a network that was trained for two epochs."""
    x, y = examples()
    layers = [InputLayer(INPUTS), DenseLayer(units, "relu"), DenseLayer(CLASSES, "softmax")]
    net = MultiLayerPerceptron(layers, seed=0)
    net.fit(x, y, epochs=2, threads=threads, verbose=0, callbacks=list(callbacks))
    return net


def digest(net: MultiLayerPerceptron) -> str:
    """Return a digest of all bits of the parameters."""
    return hashlib.sha256(net.parameters.vector.tobytes()).hexdigest()[:16]


def predicted(net: MultiLayerPerceptron) -> str:
    """Return a digest of all bits of the predictions.

    There are so many rows that the pool computes them. Fewer are left to the BLAS's own threads, of
    which there is one while another Python thread trains: their last bits may differ.
    """
    x = np.repeat(examples()[0], 5, axis=0)
    return hashlib.sha256(net.predict_proba(x).tobytes()).hexdigest()[:16]


def result(threads: int, units: int) -> tuple[str, str]:
    """Train, and return the digest under the name of the training."""
    return f"{threads} threads, {units} units", digest(trained(threads, units))
