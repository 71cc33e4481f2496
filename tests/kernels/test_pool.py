"""The pool: every part is done once, whoever does it, and nobody waits for an absent thread."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from byhand import DenseLayer, InputLayer, MultiLayerPerceptron, kernels

numba = pytest.importorskip("numba", reason="Numba is not installed")
from byhand.kernels import blas, compiled, pool  # noqa: E402
from byhand.kernels.pool import share, span  # noqa: E402

if not pool.available():
    pytest.skip("NumPy's BLAS is not an OpenBLAS that can be called here", allow_module_level=True)


@numba.njit(nogil=True)
def _mark(part, counts, owners):
    first, last = span(len(counts), part, 1)
    for i in range(first, last):
        counts[i] += 1
        owners[i] = part[0]


@numba.njit(nogil=True)
def mark(board, *arguments):
    share(board, _mark, arguments)


def marked(n):
    counts, owners = np.zeros(n, np.int64), np.full(n, -1)
    mark(pool.address, counts, owners)
    return counts, owners


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("n", [0, 1, 2, 7, 1000])
def test_every_part_is_done_once(count, n):
    with pool.hold(count):
        for _ in range(200):
            counts, owners = marked(n)
            assert (counts == 1).all()
            np.testing.assert_array_equal(owners, np.sort(owners))


def test_without_a_run_kernels_are_alone():
    assert pool.address == 0
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


def nobody(number):
    """A thread that is never there."""


def test_a_kernel_waits_for_no_thread_that_is_away(monkeypatch):
    monkeypatch.setattr(pool, "_live", nobody)
    with pool.hold(3):
        for _ in range(100):
            counts, _ = marked(50)
            assert (counts == 1).all()


def test_threads_that_have_gone_to_sleep_come_back():
    with pool.hold(3):
        for _ in range(3):
            time.sleep(0.05)
            for _ in range(1000):
                counts, _ = marked(50)
                assert (counts == 1).all()


def test_with_the_run_its_threads_end():
    with pool.hold(4):
        names = {thread.name for thread in threading.enumerate()}
        assert {"byhand-1", "byhand-2", "byhand-3"} <= names

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("byhand-")]


def test_several_callers_at_once():
    """A second caller does its kernel alone while the first has the pool."""
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=(200, 200)) for _ in range(2))
    expected, wrong = a @ b, []

    def call():
        out = np.empty_like(expected)
        for _ in range(100):
            out.fill(0)
            compiled.product(a, b, out)
            if not np.allclose(out, expected):
                wrong.append(out.copy())

    with kernels.hold_pool(2), np.errstate(all="ignore"):
        threads = [threading.Thread(target=call) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()

    assert not wrong


def test_runs_within_and_beside_each_other_leave_the_pool_as_it_was():
    with pool.hold(2):
        with pool.hold(4):
            assert pool.address
            assert (marked(40)[0] == 1).all()
        assert pool.address
        assert (marked(40)[0] == 1).all()
    assert pool.address == 0


def test_another_blas_means_the_threads_of_the_blas(monkeypatch):
    monkeypatch.setattr(blas, "find", lambda: None)

    assert not kernels.have_pool()
    with kernels.hold_pool(2) as shared:
        assert not shared
        assert pool.address == 0


def test_the_numpy_kernels_have_no_pool():
    before = kernels.active()
    kernels.use("numpy")
    try:
        with kernels.hold_pool(2) as shared:
            assert not shared
    finally:
        kernels.use(before)


def test_routines_with_short_whole_numbers():
    """SciPy's own OpenBLAS counts with 32 bits."""
    scipy = pytest.importorskip("scipy")
    libraries = list((Path(scipy.__file__).parents[1] / "scipy.libs").glob("*openblas*"))
    if not libraries:
        pytest.skip("this SciPy brings no OpenBLAS of its own")
    found = blas.routines(ctypes.CDLL(str(libraries[0])))
    assert found is not None
    assert found.unit.dtype == np.int32
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(30, 50)), rng.normal(size=(20, 50)).T
    out = np.empty((30, 20))

    with pool.hold(2):
        compiled._share_product(pool.address, found.address(out), found.unit, a, b, out)

    np.testing.assert_allclose(out, a @ b)


def test_a_library_without_products_is_none():
    assert blas.routines(ctypes.CDLL(None)) is None or sys.platform == "darwin"


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
            os._exit(0 if np.array_equal(train(), expected) else 3)
        self.status = os.waitpid(child, 0)[1]

expected = train()
fork = Fork()
again = train([fork])
assert fork.status == 0, fork.status
assert np.array_equal(again, expected)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_child_process_trains_while_its_parent_does():
    subprocess.run([sys.executable, "-c", FORK], check=True, timeout=120)


def test_training_does_not_depend_on_who_does_the_parts():
    """The same bits whether the threads come in time or the caller does everything."""
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (640, 784)).astype(np.uint8), np.arange(640) % 10

    def train():
        layers = [InputLayer(784), DenseLayer(300, "relu"), DenseLayer(10, "softmax")]
        net = MultiLayerPerceptron(layers, seed=0)
        net.fit(x, y, epochs=2, threads=2, verbose=0)
        return net.parameters.vector

    together = train()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "_live", nobody)
        alone = train()

    np.testing.assert_array_equal(together, alone)
