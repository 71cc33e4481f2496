"""Tests of the machine instructions for compiled kernels and of caching compiled code."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest

numba = pytest.importorskip("numba", reason="Numba is not installed")
from byhand import kernels
from byhand.kernels import compiled, updates
from byhand.kernels.cache import Entries
from byhand.kernels.parallel import machine, pool, products
from byhand.kernels.parallel.machine import exchange, load, store

# --- instructions -------------------------------------------------------------------------------


@numba.njit
def _write_and_read(address, number):
    store(address, number)
    return load(address)


@numba.njit(nogil=True)
def _exchange(address, old, new):
    return exchange(address, old, new)


def test_a_stored_integer_can_be_loaded():
    memory = np.zeros(2, np.int64)

    assert _write_and_read(memory.ctypes.data + 8, -5) == -5
    assert memory.tolist() == [0, -5]


def test_an_exchange_happens_only_if_the_old_number_is_there():
    memory = np.array([3])

    assert not _exchange(memory.ctypes.data, 4, 7)
    assert memory[0] == 3
    assert _exchange(memory.ctypes.data, 3, 7)
    assert memory[0] == 7


@numba.njit(nogil=True)
def _count(address, times):
    for _ in range(times):
        while True:
            found = load(address)
            if exchange(address, found, found + 1):
                break


def test_exchanges_of_several_threads_are_never_lost():
    memory = np.zeros(1, np.int64)
    _count(memory.ctypes.data, 0)
    counting = [
        threading.Thread(target=_count, args=(memory.ctypes.data, 100_000)) for _ in range(3)
    ]
    for thread in counting:
        thread.start()
    for thread in counting:
        thread.join()

    assert memory[0] == 300_000


# --- caching compiled code ----------------------------------------------------------------------


def test_the_stamp_of_cached_code_covers_every_source(tmp_path, monkeypatch):
    """Code from other files is compiled into a kernel, so a change in any file makes it stale."""
    shutil.copytree(Path(kernels.__file__).parent, tmp_path / "kernels")
    monkeypatch.setattr(machine, "__file__", str(tmp_path / "kernels/parallel/machine.py"))
    digest = machine._source_digest.__wrapped__
    before = digest()

    for source in sorted((tmp_path / "kernels").rglob("*.py")):
        text = source.read_text()
        source.write_text(text + "\n# changed\n")
        assert digest() != before, source
        source.write_text(text)
        assert digest() == before


def test_all_cached_kernels_have_the_stamp_of_all_sources():
    """A change in one file makes the code of the others stale, too."""
    stamps = {
        kernel._cache._cache_file.stamp
        for kernel in (pool._run, compiled._gather_by_number, updates._sgd, products._product)
    }

    assert stamps == {Entries("", "", machine._source_digest()).stamp}


def test_with_an_unknown_cache_of_numba_code_is_not_cached_with_a_warning(monkeypatch):
    """Cached code could be stale without a stamp over all sources."""
    machine._warn_about_cache.cache_clear()

    def refuse(function, stamp):
        raise AttributeError("no such name")

    monkeypatch.setattr("byhand.kernels.cache.KernelCache", refuse)

    def double(x):
        return 2 * x

    with pytest.warns(RuntimeWarning, match="compiled again in every process") as warned:
        kernel = machine.compile_kernel(double, machine.FAST)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        machine.compile_kernel(double)  # one warning for all kernels

    assert numba.__version__ in str(warned[0].message)
    assert machine.TESTED_NUMBA in str(warned[0].message)
    assert kernel(21) == 42
    machine._warn_about_cache.cache_clear()


def test_kernels_are_compiled_without_a_cache_folder(monkeypatch):
    real = numba.njit

    def njit(function, cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return real(function, **options)

    monkeypatch.setattr(numba, "njit", njit)

    def double(x):
        return 2 * x

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert machine.compile_kernel(double)(21) == 42


# --- other systems ------------------------------------------------------------------------------

WINDOWS = """
import os
from types import SimpleNamespace
from byhand.kernels.parallel import machine

machine.os = SimpleNamespace(name="nt")
from byhand import SGD
from byhand.kernels import updates
from byhand.kernels.parallel import pool
from byhand.network.parameters import NamedVector

p, g = (NamedVector({"W": (1, 3)}, float) for _ in range(2))
p.vector[:] = g.vector[:] = 1
updates.sgd(SGD(), p, g, {}, 0.5, 1)
assert (p.vector == 0.5).all()
code = "".join([*updates._sgd_in_parts.inspect_llvm().values(), *pool._run.inspect_llvm().values()])
assert "sched_yield" not in code
"""


def test_kernels_call_no_function_that_the_system_lacks(tmp_path):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}

    subprocess.run([sys.executable, "-c", WINDOWS], env=environment, check=True, timeout=600)
