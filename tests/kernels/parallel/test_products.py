"""Tests of products in parts: which dimension is divided, and how sums are added up."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kernels.cases import Numbers, dtypes, seeds, tolerance

pytest.importorskip("numba", reason="Numba is not installed")
from byhand.kernels.parallel import pool, products
from byhand.kernels.parallel.machine import PLAIN, TRANSPOSED
from byhand.kernels.parallel.products import COLUMNS, INNER, ROWS, product

if not pool.available():
    pytest.skip("there is no pool of threads with this BLAS", allow_module_level=True)


sizes = st.tuples(st.integers(0, 70), st.integers(1, 70), st.integers(1, 70))


@pytest.mark.usefixtures("threads")
@given(sizes, st.tuples(st.booleans(), st.booleans()), dtypes, seeds)
def test_a_product_equals_numpys(shape, transposed, dtype, seed):
    (n, inner, columns), numbers = shape, Numbers(seed, dtype)
    a = numbers.normal(inner, n).T if transposed[0] else numbers.normal(n, inner)
    b = numbers.normal(columns, inner).T if transposed[1] else numbers.normal(inner, columns)
    out = np.full((n, columns), 7, dtype)

    product(a, b, out)

    np.testing.assert_allclose(out, a @ b, **tolerance(dtype))


def divided(a, b, parts=2):
    out = np.empty((len(a), b.shape[1]), a.dtype)
    return products._longest(a, b, out, parts, products.LARGE)


@pytest.mark.parametrize(
    ("n_in", "units"), [(784, 300), (784, 512), (512, 256), (256, 128), (512, 512), (300, 1000)]
)
def test_each_thread_keeps_its_section_of_a_layers_weights(n_in, units):
    """Rows or columns of W are divided in the same way in all three products."""
    x, d, w = (np.zeros(shape, np.float32) for shape in ((64, n_in), (64, units), (n_in, units)))

    of_the_rows = [divided(x, w) == INNER, divided(x.T, d) == ROWS, divided(d, w.T) == COLUMNS]
    of_the_columns = [
        divided(x, w) == COLUMNS,
        divided(x.T, d) == COLUMNS,
        divided(d, w.T) == INNER,
    ]

    assert all(of_the_rows if n_in >= units else of_the_columns)


def test_a_large_batch_is_divided_by_its_rows():
    x, w, d = np.zeros((2048, 784)), np.zeros((784, 100)), np.zeros((2048, 100))

    assert divided(x, w) == ROWS
    assert divided(x.T, d) == INNER
    assert divided(d, w.T) == ROWS


def test_many_threads_do_not_add_up_more_than_they_multiply():
    a, b = np.zeros((900, 1000)), np.zeros((1000, 900))

    assert divided(a, b, parts=2) == INNER
    assert divided(a, b, parts=64) != INNER


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("threads", [2, 3, 7])
def test_the_result_includes_the_sums_of_all_threads(dtype, threads):
    """The first product allocates the workspace; smaller ones reuse it."""
    rng = np.random.default_rng(0)
    with pool.hold(threads):
        for n in (64, 96, 16):
            a, b = (rng.normal(size=s).astype(dtype) for s in ((n, 784), (784, 300)))
            out = np.full((n, 300), np.nan, dtype)
            assert divided(a, b, threads) == INNER
            for _ in range(20):
                product(a, b, out)
                np.testing.assert_allclose(out, a @ b, rtol=1e-3, atol=1e-3)


def test_each_python_thread_has_its_own_workspace():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(64, 784)), rng.normal(size=(784, 300))
    wrong = []

    def multiply(factor):
        out, mine = np.empty((64, 300)), a * factor
        with pool.hold(2):
            for _ in range(200):
                product(mine, b, out)
                if not np.allclose(out, mine @ b):
                    wrong.append(factor)

    threads = [threading.Thread(target=multiply, args=(factor,)) for factor in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not wrong


def test_the_result_is_the_same_to_the_bit_each_time():
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=s).astype(np.float32) for s in ((64, 784), (784, 300)))
    first, again = np.empty((64, 300), np.float32), np.empty((64, 300), np.float32)

    with pool.hold(3):
        product(a, b, first)
        for _ in range(100):
            product(a, b, again)
            np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("inner", [8, 31, 32, 100, 784, 2000, 20_000])
@pytest.mark.parametrize("ops", [(PLAIN, PLAIN), (TRANSPOSED, PLAIN), (PLAIN, TRANSPOSED)])
@pytest.mark.parametrize("shape", [(1, 10), (5, 300), (64, 300), (2048, 10), (300, 1)])
def test_pieces_are_small_enough_or_whole(shape, inner, ops):
    small = 1_000_000
    height, width = products._piece(*shape, inner, *ops, small)

    whole = (height, width) == shape
    copies = ops[1] == TRANSPOSED and (height * width > 1200 or inner < 32)
    assert whole or (height * width * inner <= small and not copies)
    if shape == (64, 300) and 32 <= inner <= 1000:
        assert not whole


def test_without_kernels_for_small_products_there_are_not_pieces():
    assert products._piece(64, 300, 784, PLAIN, PLAIN, 0) == (64, 300)


def test_with_both_transposed_there_are_not_pieces():
    assert products._piece(64, 300, 784, TRANSPOSED, TRANSPOSED, 1_000_000) == (64, 300)


@pytest.mark.parametrize(
    ("a", "b", "out"),
    [
        ((64, 32), (64, 64), (64, 64)),
        ((64, 64), (64, 64), (32, 64)),
        ((64, 64), (64, 64), (64, 65)),
    ],
)
def test_shapes_that_do_not_fit_are_refused(a, b, out, monkeypatch):
    monkeypatch.setattr(products, "SMALL", 0)

    with pool.hold(2), pytest.raises(ValueError, match=r"shapes|output array"):
        product(np.zeros(a), np.zeros(b), np.zeros(out))


@pytest.mark.parametrize("kinds", [(np.int64, float, float), (">f8", ">f8", float), ("f2",) * 3])
def test_numpy_multiplies_other_types(kinds, monkeypatch):
    monkeypatch.setattr(products, "SMALL", 0)
    a, b, out = (np.ones((64, 64), kind) for kind in kinds)

    with pool.hold(2):
        product(a, b, out)

    np.testing.assert_array_equal(out, 64)


def test_products_long_in_every_dimension_stay_whole():
    assert products._piece(800, 800, 800, PLAIN, PLAIN, 1_000_000) == (800, 800)


@pytest.mark.parametrize("transposed", [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_pieces_cover_the_whole_product(transposed, threads, monkeypatch):
    """Neither pieces nor threads divide these sizes evenly."""
    found = products.blas.find()
    monkeypatch.setattr(products.blas, "find", lambda: found._replace(small=300_000))
    monkeypatch.setattr(products, "SMALL_FOR_ONE", 0)
    rng = np.random.default_rng(0)
    with pool.hold(threads):
        for n, inner, columns in ((64, 784, 300), (33, 500, 150), (300, 40, 70), (1000, 131, 3)):
            a, b = rng.normal(size=(n, inner)), rng.normal(size=(inner, columns))
            left = np.asfortranarray(a) if transposed[0] else a
            right = np.asfortranarray(b) if transposed[1] else b
            out = np.full((n, columns), np.nan)
            product(left, right, out)
            np.testing.assert_allclose(out, a @ b, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("a", "b", "out"),
    [
        (np.float32, np.float64, np.float64),
        (np.float64, np.float32, np.float64),
    ],
)
def test_numpy_multiplies_mixed_precisions(a, b, out):
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=(100, 100)).astype(a), rng.normal(size=(100, 100)).astype(b)
    result = np.empty((100, 100), out)

    with pool.hold(2):
        product(left, right, result)

    np.testing.assert_allclose(result, left @ right)


def test_transposes_run_in_parts():
    rng = np.random.default_rng(0)
    a, b, out = rng.normal(size=(100, 90)), rng.normal(size=(90, 80)), np.empty((100, 80))
    found = products.blas.find()

    with pool.hold(2):
        for left in (a, np.asfortranarray(a)):
            for right in (b, np.asfortranarray(b)):
                arguments = found.address(out), found.unit, 0, left, right, out
                sums = np.empty(out.size), products.LARGE
                assert products._product_in_parts(pool.held.team, *arguments, *sums) == 0
                np.testing.assert_allclose(out, a @ b)


def test_numpy_multiplies_other_memory_layouts():
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=(200, 200))[::2, ::2], rng.normal(size=(100, 300))[:, ::3]
    result = np.empty((100, 100))

    with pool.hold(2):
        product(left, right, result)
        np.testing.assert_allclose(result, left @ right)
        with pytest.raises(ValueError, match="output array"):
            product(left, right, result.T)
