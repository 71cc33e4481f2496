"""Tests that Ctrl-C at any point of entering and leaving a run leaves threads that work."""

from __future__ import annotations

import linecache
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from byhand import backend, subnormals, threads

numba = pytest.importorskip("numba", reason="Numba is not installed")
from byhand.kernels.parallel import pool, pool_thread

if not pool.available():
    pytest.skip("there is no pool of threads with this BLAS", allow_module_level=True)

FILES = (pool.__file__, pool_thread.__file__, threads.__file__)


@pytest.fixture(autouse=True)
def compiled_kernels():
    before = backend.active()
    backend.use("numba")
    yield
    backend.use(before)


def interrupted_run(moment):
    """Hold threads and let Ctrl-C arrive at a numbered moment; return whether it did.

    Moments are the lines that run in `pool` and `threads`, and the calls of their functions.
    """
    seen = 0

    def trace(frame, event, argument):
        nonlocal seen
        if frame.f_code.co_filename not in FILES:
            return None
        # Python looks for signals at calls only: never between the last line of a block and the
        # end of its `with`, where the lock would stay taken.
        is_generator = frame.f_code.co_flags & 0x20
        line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
        is_block = is_generator or line.lstrip().startswith("with ")
        if event == "call" or (event == "line" and not is_block):
            seen += 1
            if seen == moment:
                signal.raise_signal(signal.SIGINT)
        return trace

    before = sys.gettrace()
    try:
        sys.settrace(trace)
        with threads.hold_threads(3):
            pass
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return seen >= moment


def pool_threads():
    return pool_thread.PoolThread.existing


def is_free(lock):
    """Return whether another thread can take a lock."""
    taken = []

    def take():
        if lock.acquire(timeout=300):
            taken.append(True)
            lock.release()

    thread = threading.Thread(target=take)
    thread.start()
    thread.join()
    return bool(taken)


def test_ctrl_c_at_any_moment_leaves_threads_that_work():
    with threads.hold_threads(3):  # compile, and find the BLAS
        pass
    original = [library["num_threads"] for library in threads._blas().info()]
    moment = 1
    while interrupted_run(moment):
        here = f"interrupted at moment {moment}"
        assert pool.held.team == 0, here
        assert not pool.held.products, here
        assert threads.held_threads() is None, here
        assert not pool._holders, here
        assert not threads._runs, here
        assert not subnormals.are_flushed(), here
        assert is_free(pool._lock), here
        assert is_free(threads._lock), here
        assert [library["num_threads"] for library in threads._blas().info()] == original, here

        with threads.hold_threads(2):
            assert pool.held.team & 511 == 2, here
            deadline = time.monotonic() + 300
            while len(pool_threads()) != 1:  # an unknown thread needs a moment to end
                assert time.monotonic() < deadline, here
                time.sleep(0.001)
        assert not pool_threads(), here
        moment += 1

    assert moment > 100


STORM = """
import random, signal, sys, threading, time
import numpy as np
from byhand import DenseLayer, InputLayer, MultiLayerPerceptron, threads
from byhand.kernels.parallel import pool

rng = np.random.default_rng(0)
x, y = rng.integers(0, 256, (256, 784)).astype(np.uint8), np.arange(256) % 10

def train():
    net = MultiLayerPerceptron([InputLayer(784), DenseLayer(64, "relu"), DenseLayer(10, "softmax")],
                               seed=0)
    net.fit(x, y, epochs=1, threads=3, verbose=0)
    return net.parameters.vector, net.predict_proba(np.repeat(x, 5, axis=0))

expected = train()

def seconds():
    began = time.perf_counter()
    train()
    return time.perf_counter() - began

long = min(seconds() for _ in range(3))  # without the pauses of a busy machine
random.seed(0)
interrupted = tries = 0
while tries < 12 or (interrupted <= 2 and tries < 1000):
    tries += 1
    signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0001, 1.5 * long))
    try:
        train()
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        interrupted += 1
    assert pool.held.team == 0 and not pool._holders and not threads._runs
again = train()
assert all(np.array_equal(a, b) for a, b in zip(expected, again))
assert threading.active_count() == 1, threading.enumerate()
assert not pool.PoolThread.existing
print(interrupted)
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers on this system")
def test_real_signals_at_random_moments():
    """SIGALRM acts as Ctrl-C: it raises KeyboardInterrupt between any two instructions."""
    alarm = "import signal\nsignal.signal(signal.SIGALRM, signal.default_int_handler)\n"
    done = subprocess.run(
        [sys.executable, "-c", alarm + STORM],
        capture_output=True, text=True, timeout=600, check=False, env=dict(os.environ),
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 2


@numba.njit(nogil=True)
def _fail(part, failing, counts):
    counts[part[0]] += 1
    if part[0] == failing:
        raise ValueError("not possible")


@numba.njit(nogil=True)
def fail(team, *arguments):
    pool.run_in_parts(team, _fail, arguments)


@pytest.mark.parametrize("failing", [0, 1, 2])
@pytest.mark.parametrize("busy", [False, True], ids=["in the pool", "beside another caller"])
def test_an_exception_in_a_part_is_raised_in_the_caller(failing, busy):
    with pool.hold(3):
        if busy:
            pool._line(0)[0] = pool.TAKEN
        for _ in range(20):
            counts = np.zeros(3, np.int64)
            with pytest.raises(RuntimeError, match="raised an exception in one of its parts"):
                fail(pool.held.team, failing, counts)
            assert (counts == 1).all()
            counts[:] = 0
            fail(pool.held.team, 5, counts)
            assert (counts == 1).all()
        pool._line(0)[0] = pool.EMPTY


def test_an_exception_without_a_pool_is_the_kernels_own():
    with pytest.raises(ValueError, match="not possible"):
        fail(0, 0, np.zeros(1, np.int64))


def test_a_thread_that_dies_is_replaced_by_the_next_holder(monkeypatch):
    """A thread can die only between two parts, where it runs Python."""
    with monkeypatch.context() as patch:
        patch.setattr(pool, "_live", lambda number, owner: None)
        with pool.hold(3):
            while pool_threads():
                time.sleep(0.001)
            counts = np.zeros(3, np.int64)
            fail(pool.held.team, 5, counts)
            assert (counts == 1).all()
            patch.undo()
            with pool.hold(3):
                assert len(pool_threads()) == 2
    assert not pool_threads()


def test_a_thread_that_was_told_to_end_is_replaced_at_once():
    """Ctrl-C may interrupt the call that told the thread to end, before the thread ended."""
    with pool.hold(3):
        told = pool._threads[1]
        pool._line(1)[pool.OWNER // 8] = 0
        with pool.hold(2):
            assert pool._threads[1] is not told
            assert pool._threads[1].is_alive()
            told.join()
            assert len(pool_threads()) == 2
    assert not pool_threads()
