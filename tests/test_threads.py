"""Threads: few for small products, one setting to override, set around a run only."""

from __future__ import annotations

import os
import threading
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest
import threadpoolctl
from threadpoolctl import threadpool_info, threadpool_limits

from byhand import (
    ArgumentError,
    Callback,
    DenseLayer,
    InputLayer,
    MultiLayerPerceptron,
    backend,
    threads,
)
from byhand.network import inference
from byhand.threads import choose_threads, cores, held_threads, hold_threads


def network(*units):
    layers = [DenseLayer(width, "relu") for width in units[1:]]
    return MultiLayerPerceptron([InputLayer(units[0], "none"), *layers])


@pytest.fixture(autouse=True)
def no_override(monkeypatch):
    monkeypatch.delenv("BYHAND_THREADS", raising=False)


@pytest.mark.parametrize(
    ("units", "rows", "available", "of_blas", "of_pool"),
    [
        ((784, 4, 10), 64, 64, 1, 1),
        ((784, 16, 10), 64, 64, 1, 1),
        ((784, 32, 10), 64, 64, 1, 2),
        ((784, 10), 2048, 64, 4, 6),
        ((784, 300, 10), 64, 2, 2, 2),
        ((784, 300, 10), 64, 64, 4, 6),
        ((784, 300, 10), 1, 64, 1, 1),
        ((784, 2500, 2000, 10), 128, 64, 64, 40),
        ((784, 2500, 2000, 10), 128, 1, 1, 1),
    ],
)
def test_small_products_get_few_threads_and_large_ones_more(
    units, rows, available, of_blas, of_pool, monkeypatch
):
    monkeypatch.setattr(threads, "cores", lambda: available)

    monkeypatch.setattr(backend, "pool", lambda: None)
    assert choose_threads(units, rows) == of_blas
    monkeypatch.setattr(backend, "pool", SimpleNamespace)
    assert choose_threads(units, rows) == of_pool


def test_the_argument_comes_before_the_environment(monkeypatch):
    monkeypatch.setenv("BYHAND_THREADS", "5")

    assert choose_threads((4, 2), 64) == 5
    assert choose_threads((4, 2), 64, 3) == 3


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5"])
def test_a_wrong_environment_variable_is_named(value, monkeypatch):
    monkeypatch.setenv("BYHAND_THREADS", value)

    with pytest.raises(ArgumentError, match="BYHAND_THREADS must be an integer of at least 1"):
        choose_threads((4, 2), 64)


def test_there_is_at_least_one_core():
    assert cores() >= 1


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"cpu.max": "200000 100000\n"}, 2),
        ({"cpu.max": "150000 100000\n"}, 1),
        ({"cpu.max": "10000 100000\n"}, 1),
        ({"cpu.max": "max 100000\n"}, 8),
        ({"cpu.max": "6400000 100000\n"}, 8),
        ({"cpu/cpu.cfs_quota_us": "300000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 3),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 8),
        ({}, 8),
    ],
)
def test_a_container_has_no_more_cores_than_its_quota(files, expected, tmp_path, monkeypatch):
    monkeypatch.setattr(threads, "CONTROL_GROUP", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(8), raising=False)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    assert cores() == expected


def blas():
    """Return the threads of NumPy's BLAS; other tests may have loaded more, which fit ignores."""
    blas = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return [pool["num_threads"] for pool in blas if "scipy.libs" not in pool["filepath"]]


@pytest.fixture
def two_blas_threads():
    """The tests otherwise run with one thread, which no limit of one would change."""
    with threadpool_limits(2):
        yield
    clear = getattr(threadpoolctl.OpenBLASController, "clear_controlling_thread", None)
    if clear is not None:
        clear(force=True)


@pytest.mark.parametrize("with_pool", [False, True])
def test_threads_are_set_around_a_run_and_restored(with_pool, two_blas_threads, monkeypatch):
    if with_pool and not backend.pool():
        pytest.skip("this backend, or this BLAS, has no pool of threads")
    if not with_pool:
        monkeypatch.setattr(backend, "pool", lambda: None)

    class Look(Callback):
        def on_batch_end(self, run):
            self.within = blas()

    look, before = Look(), blas()
    x, y = np.random.default_rng(0).normal(size=(20, 4)), np.arange(20) % 2

    history = network(4, 2).fit(x, y, epochs=1, threads=2, callbacks=[look], verbose=0)

    assert set(look.within) == {1 if with_pool else 2}
    assert blas() == before
    assert history.record["threads"] == 2
    assert history.record["blas"]


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_number_of_threads_changes_rounding_only(optimizer):
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (300, 784)).astype(np.uint8), np.arange(300) % 10
    results = []
    for count in (1, 2, 3):
        layers = [InputLayer(784), DenseLayer(64, "relu"), DenseLayer(10, "softmax")]
        net = MultiLayerPerceptron(layers, seed=0, dtype=np.float64)
        net.fit(x, y, epochs=2, optimizer=optimizer, threads=count, verbose=0)
        results.append(net.parameters.vector)

    for result in results[1:]:
        np.testing.assert_allclose(result, results[0], rtol=1e-8, atol=1e-10)


def test_any_thread_of_python_may_run(two_blas_threads):
    """One thread runs, then another, then one within the other's run. The BLAS follows each."""
    expected = {1 if backend.pool() else 2}
    seen = []

    def run():
        with hold_threads(2):
            seen.append(set(blas()))

    def in_another_thread():
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()

    run()
    in_another_thread()
    with hold_threads(2):
        in_another_thread()
    assert seen == [expected] * 3
    assert set(blas()) == {2}

    outer = hold_threads(2)
    begun, end = threading.Event(), threading.Event()

    def outlive():
        with hold_threads(2):
            begun.set()
            end.wait(300)

    outer.__enter__()
    thread = threading.Thread(target=outlive)
    thread.start()
    assert begun.wait(300)
    outer.__exit__(None, None, None)
    end.set()
    thread.join()

    assert set(blas()) == {2}
    assert held_threads() is None


def test_large_predictions_use_what_their_thread_holds(monkeypatch):
    held = []
    net = network(4, 3)
    x = np.random.default_rng(0).normal(size=(3000, 4))
    monkeypatch.setattr(
        inference, "hold_threads", lambda count: held.append(count) or nullcontext()
    )
    monkeypatch.setattr(backend, "pool", lambda: SimpleNamespace(hold=nullcontext))

    net.predict(x[:100])
    with hold_threads(1):
        net.predict(x)
    assert held == []
    net.predict(x)
    assert len(held) == 1


def test_a_blas_without_threadpoolctl_is_named_as_numpy_was_built(monkeypatch):
    """threadpoolctl does not know Apple's Accelerate."""
    monkeypatch.setattr(threads, "_blas", lambda: SimpleNamespace(info=list))
    built = np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"]

    assert threads.blas_name() == built
