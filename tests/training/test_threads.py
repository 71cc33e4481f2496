"""Threads: few for small products, one setting to override, set around a run only."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from byhand import ArgumentError, Callback, DenseLayer, InputLayer, MultiLayerPerceptron
from byhand.training import threads
from byhand.training.threads import choose_threads, cores


def network(*units):
    layers = [DenseLayer(width, "relu") for width in units[1:]]
    return MultiLayerPerceptron([InputLayer(units[0], "none"), *layers])


@pytest.fixture(autouse=True)
def no_override(monkeypatch):
    monkeypatch.delenv("BYHAND_THREADS", raising=False)


@pytest.mark.parametrize(
    ("units", "rows", "available", "expected"),
    [
        ((784, 16, 10), 64, 64, 1),
        ((784, 10), 1024, 64, 2),
        ((784, 300, 10), 64, 2, 2),
        ((784, 300, 10), 64, 64, 4),
        ((784, 300, 10), 1, 64, 1),
        ((784, 2500, 2000, 10), 128, 64, 64),
        ((784, 2500, 2000, 10), 128, 1, 1),
    ],
)
def test_small_products_get_few_threads_and_large_ones_more(
    units, rows, available, expected, monkeypatch
):
    monkeypatch.setattr(threads, "cores", lambda: available)

    assert choose_threads(network(*units), rows) == expected


def test_the_argument_comes_before_the_environment(monkeypatch):
    monkeypatch.setenv("BYHAND_THREADS", "5")

    assert choose_threads(network(4, 2), 64) == 5
    assert choose_threads(network(4, 2), 64, 3) == 3


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5"])
def test_a_wrong_environment_variable_is_named(value, monkeypatch):
    monkeypatch.setenv("BYHAND_THREADS", value)

    with pytest.raises(ArgumentError, match="BYHAND_THREADS must be a whole number of at least 1"):
        choose_threads(network(4, 2), 64)


def test_there_is_at_least_one_core():
    assert cores() >= 1


def blas():
    """Threads of NumPy's BLAS; tests of others may have loaded more, which fit leaves alone."""
    blas = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return [pool["num_threads"] for pool in blas if "scipy.libs" not in pool["filepath"]]


def test_threads_are_set_around_a_run_and_put_back():
    class Look(Callback):
        def on_batch_end(self, run):
            self.within = blas()

    look, before = Look(), blas()
    x, y = np.random.default_rng(0).normal(size=(20, 4)), np.arange(20) % 2

    history = network(4, 2).fit(x, y, epochs=1, threads=2, callbacks=[look], verbose=0)

    assert set(look.within) == {2}
    assert blas() == before
    assert history.record["threads"] == 2
    assert history.record["blas"]
