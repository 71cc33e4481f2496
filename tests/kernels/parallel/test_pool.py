"""Tests of the pool: every part runs exactly once, and no caller waits for an absent thread."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from itertools import pairwise

import numpy as np
import pytest

from byhand import DenseLayer, InputLayer, MultiLayerPerceptron, backend

numba = pytest.importorskip("numba", reason="Numba is not installed")
from byhand.kernels.parallel import blas, pool, pool_thread
from byhand.kernels.parallel.machine import load, store
from byhand.kernels.parallel.pool import run_in_parts, span
from byhand.kernels.parallel.pool_thread import PoolThread
from byhand.kernels.parallel.products import product
from byhand.threads import hold_threads

if not pool.available():
    pytest.skip("there is no pool of threads with this BLAS", allow_module_level=True)


@pytest.fixture(autouse=True)
def compiled_kernels():
    before = backend.active()
    backend.use("numba")
    yield
    backend.use(before)


@numba.njit(nogil=True)
def _mark(part, counts, owners):
    first, last = span(len(counts), part, 1)
    for i in range(first, last):
        counts[i] += 1
        owners[i] = part[0]


@numba.njit(nogil=True)
def mark(board, *arguments):
    run_in_parts(board, _mark, arguments)


def marked(n):
    counts, owners = np.zeros(n, np.int64), np.full(n, -1)
    mark(pool.held.team, counts, owners)
    return counts, owners


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("n", [0, 1, 2, 7, 1000])
def test_every_part_runs_once(count, n):
    with pool.hold(count):
        for _ in range(200):
            counts, owners = marked(n)
            assert (counts == 1).all()
            np.testing.assert_array_equal(owners, np.sort(owners))
            assert n < 1000 or set(owners) == set(range(count))


@numba.njit(nogil=True)
def _meet(part, begun, met):
    store(begun + 8 * part[0], 1)
    for _ in range(1_000_000_000_000):  # many minutes, if the other part never begins
        if load(begun) and load(begun + 8):
            met[part[0]] = 1
            return


@numba.njit(nogil=True)
def meet(team, *arguments):
    run_in_parts(team, _meet, arguments)


def test_parts_run_at_the_same_time():
    """Each part waits until the other has begun, which takes two threads."""
    begun, met = np.zeros(2, np.int64), np.zeros(2, np.int64)
    with pool.hold(2):
        for _ in range(1000):  # until the thread is awake
            marked(10)
        time.sleep(0.01)
        meet(pool.held.team, begun.ctypes.data, met)

    assert (met == 1).all()


def test_without_a_pool_a_kernel_runs_in_one_part():
    assert pool.held.team == 0
    counts, owners = marked(10)

    assert (counts == 1).all()
    assert (owners == 0).all()


@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 100])
@pytest.mark.parametrize("piece", [1, 16])
@pytest.mark.parametrize("parts", [1, 2, 7])
def test_spans_follow_each_other_in_whole_pieces(count, piece, parts):
    spans = [span(count, (k, parts), piece) for k in range(parts)]

    assert spans[0][0] == 0
    assert spans[-1][1] == count
    assert all(before[1] == after[0] for before, after in pairwise(spans))
    assert all(first % piece == 0 or first == count for first, _ in spans)


def absent(number, owner):
    """End at once, as a thread that never takes a part."""


def test_a_kernel_does_not_wait_for_absent_threads(monkeypatch):
    monkeypatch.setattr(pool, "_live", absent)
    with pool.hold(3):
        for _ in range(100):
            counts, _ = marked(50)
            assert (counts == 1).all()


def test_sleeping_threads_wake_up():
    with pool.hold(3):
        for _ in range(3):
            time.sleep(0.05)
            for _ in range(1000):
                counts, _ = marked(50)
                assert (counts == 1).all()


def test_threads_end_with_the_run():
    with pool.hold(4):
        assert pool_threads() == 3

    assert pool_threads() == 0


def test_several_callers_at_once():
    """A second caller runs its kernel alone while the first uses the pool."""
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=(200, 200)) for _ in range(2))
    expected, wrong = a @ b, []

    def call():
        out = np.empty_like(expected)
        for _ in range(100):
            out.fill(0)
            product(a, b, out)
            if not np.allclose(out, expected):
                wrong.append(out.copy())

    def hold_and_call(count):
        with pool.hold(count):
            call()

    with np.errstate(all="ignore"):
        threads = [threading.Thread(target=hold_and_call, args=(k,)) for k in (2, 2, 3, 5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(600)
            assert not thread.is_alive()

    assert not wrong


def pool_threads():
    return len(PoolThread.existing)


def test_a_run_within_another_leaves_the_pool_as_it_was():
    with pool.hold(2):
        outer = pool.held.team
        with pool.hold(4):
            assert pool_threads() == 3
            assert set(marked(40)[1]) == {0, 1, 2, 3}
        assert pool.held.team == outer
        assert pool_threads() == 1
        assert set(marked(40)[1]) == {0, 1}
    assert pool.held.team == 0
    assert pool_threads() == 0


def test_a_thread_without_the_pool_runs_kernels_alone():
    """Other threads that hold the pool must not change the rounding of its sums."""
    owners = []
    with pool.hold(3):
        thread = threading.Thread(target=lambda: owners.append(marked(40)[1]))
        thread.start()
        thread.join()

    assert set(owners[0]) == {0}


def test_threads_that_the_system_refuses_are_done_without(monkeypatch):
    """The caller runs their parts; the next holder tries again."""

    def refuse(function, arguments):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(pool_thread, "start_new_thread", refuse)
        with pool.hold(3):
            counts, owners = marked(40)
            assert pool_threads() == 0

    assert (counts == 1).all()
    assert set(owners) == {0, 1, 2}
    assert pool.held.team == 0
    with pool.hold(3):
        assert pool_threads() == 2


def test_another_blas_keeps_its_own_threads(monkeypatch):
    assert backend.pool() is pool
    monkeypatch.setattr(blas, "find", lambda: None)

    assert not pool.available()
    assert backend.pool() is None


@pytest.mark.parametrize(
    ("value", "expected"), [("0", False), (" 0 ", False), ("1", True), ("", True)]
)
def test_an_environment_variable_switches_the_pool_off(value, expected, monkeypatch):
    monkeypatch.setenv("BYHAND_POOL", value)

    assert pool.available() is expected
    assert (backend.pool() is not None) is expected


def test_without_the_pool_a_run_uses_the_threads_of_the_blas(monkeypatch):
    monkeypatch.setenv("BYHAND_POOL", "0")
    with hold_threads(3):
        assert pool.held.team == 0
        assert not pool.held.products
        assert pool_threads() == 0


@pytest.mark.parametrize("name", ["plain", "numpy"])
def test_only_compiled_kernels_have_a_pool(name):
    backend.use(name)

    assert backend.pool() is None
    with hold_threads(2):
        assert pool.held.team == 0


FORK = """
import os, sys, warnings
import numpy as np
from byhand import Callback, DenseLayer, InputLayer, MultiLayerPerceptron

warnings.simplefilter("ignore")
x, y = np.random.default_rng(0).normal(size=(640, 784)), np.arange(640) % 10

def train(callbacks=()):
    net = MultiLayerPerceptron([InputLayer(784), DenseLayer(64, "relu"), DenseLayer(10, "softmax")],
                               seed=0)
    net.fit(x, y, epochs=2, threads=2, verbose=0, callbacks=callbacks)
    return net.parameters.vector

class Fork(Callback):
    def on_epoch_end(self, run):
        child = os.fork()
        if child == 0:
            assert np.array_equal(train(), expected)
            return  # and continues the run of its parent
        self.status = os.waitpid(child, 0)[1]

parent = os.getpid()
expected = train()
fork = Fork()
again = train([fork])
assert np.array_equal(again, expected)
if os.getpid() == parent:
    assert fork.status == 0, fork.status
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_child_process_trains_while_its_parent_does():
    subprocess.run([sys.executable, "-c", FORK], check=True, timeout=600)


def test_training_does_not_depend_on_which_thread_runs_a_part():
    """The parameters are equal to the bit if the caller runs all parts."""
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (640, 784)).astype(np.uint8), np.arange(640) % 10

    def train():
        layers = [InputLayer(784), DenseLayer(300, "relu"), DenseLayer(10, "softmax")]
        net = MultiLayerPerceptron(layers, seed=0)
        net.fit(x, y, epochs=2, threads=2, verbose=0)
        return net.parameters.vector

    together = train()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "_live", absent)
        alone = train()

    np.testing.assert_array_equal(together, alone)
