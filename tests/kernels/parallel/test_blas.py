"""Tests of finding the BLAS that NumPy uses and the addresses of its routines."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import threadpoolctl

from byhand.kernels.parallel import blas


class Libraries:
    """Stand-in for threadpoolctl with a list of fake libraries."""

    def __init__(self, *libraries):
        self.lib_controllers = list(libraries)

    def __call__(self):
        return self

    def select(self, user_api):
        assert user_api == "blas"
        return self


BESIDE_NUMPY = str(Path(np.__file__).parents[1] / "numpy.libs" / "libopenblas.so")


def library(path=BESIDE_NUMPY, api="openblas", threading="pthreads"):
    return SimpleNamespace(
        filepath=path, internal_api=api, threading_layer=threading, architecture="Haswell",
        dynlib=path,
    )  # fmt: skip


@pytest.fixture
def found_among(monkeypatch):
    """Return a function that gives the path of the library that is chosen among several."""

    def find(*libraries):
        monkeypatch.setattr(threadpoolctl, "ThreadpoolController", Libraries(*libraries))
        monkeypatch.setattr(blas, "routines", lambda dynlib, small: (dynlib, small))
        return blas.find.__wrapped__()

    return find


def test_numpys_own_library_is_found(found_among):
    others = library("/usr/lib/libopenblas.so")

    assert found_among(others, library()) == (BESIDE_NUMPY, 0)
    assert found_among(others) == ("/usr/lib/libopenblas.so", 0)


def test_a_cpu_with_wide_vectors_has_kernels_for_small_products(found_among):
    wide = library()
    wide.architecture = "SkylakeX"

    assert found_among(wide) == (BESIDE_NUMPY, blas.SMALL["SkylakeX"])


@pytest.mark.parametrize(
    "libraries",
    [
        [],
        [library("/a.so"), library("/b.so")],
        [library(api="mkl")],
        [library(threading="openmp")],
    ],
    ids=["none", "two that could be it", "another BLAS", "threads by OpenMP"],
)
def test_no_other_library_is_chosen(libraries, found_among):
    assert found_among(*libraries) is None


def test_each_precision_has_its_address():
    found = blas.Products(1, 2, np.int64(1), 0)

    assert found.address(np.empty(1, np.float32)) == 1
    assert found.address(np.empty(1, np.float64)) == 2


def test_routines_with_short_integers():
    """The OpenBLAS of SciPy uses 32-bit integers."""
    pytest.importorskip("numba", reason="Numba is not installed")
    from byhand.kernels.parallel import pool, products

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
        arguments = found.address(out), found.unit, 0, a, b, out, np.empty(0), products.LARGE
        assert products._product_in_parts(pool.held.team, *arguments) == 0

    np.testing.assert_allclose(out, a @ b)


def test_a_library_without_products_is_not_used():
    assert blas.routines(ctypes.CDLL(None)) is None or sys.platform == "darwin"
