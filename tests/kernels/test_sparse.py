"""Products with mostly-zero inputs: equal to NumPy's, and used only where they are faster."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.kernels.cases import Numbers, dtypes, seeds, tolerance

from byhand import DenseLayer, InputLayer, MultiLayerPerceptron, backend

pytest.importorskip("numba", reason="Numba is not installed")
from byhand.kernels import sparse
from byhand.kernels.parallel import pool

if not pool.available():
    pytest.skip("there is no pool of threads with this BLAS", allow_module_level=True)

UNITS = 128  # wide enough in both precisions


@pytest.fixture(scope="module", params=[1, 2, 3], ids="threads={}".format, autouse=True)
def held(request):
    with pool.hold(request.param):
        yield request.param


def sparse_rows(numbers, n, inputs, share=0.2):
    """Return random numbers (n, inputs), most of them zero; no row and no column need have any."""
    x = numbers.normal(n, inputs)
    x[numbers.rng.uniform(size=x.shape) >= share] = 0
    return x


def leaves_out_zeros(a, b, out):
    """Whether the product is computed without the zeros of A."""
    return sparse._multiplied(a, b, out)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 70), st.integers(1, 12), dtypes, seeds, st.sampled_from([0, 0.02, 0.15, 0.9]))
def test_a_product_equals_numpys(n, groups, dtype, seed, share):
    numbers = Numbers(seed, dtype)
    x = sparse_rows(numbers, n, groups * sparse.GROUP, share)
    W, dz = numbers.normal(x.shape[1], UNITS), numbers.normal(n, UNITS)
    z, dW = np.full((n, UNITS), np.nan, dtype), np.full(W.shape, np.nan, dtype)

    sparse.product(x, W, z)
    sparse.product(x.T, dz, dW)

    np.testing.assert_allclose(z, x @ W, **tolerance(dtype))
    np.testing.assert_allclose(dW, x.T @ dz, **tolerance(dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [64, 1024])
def test_handwriting_is_multiplied_without_its_zeros(dtype, n):
    """With many rows, a second thread takes half of them instead of half of the inputs."""
    numbers = Numbers(0, dtype)
    x, W, dz = sparse_rows(numbers, n, 784), numbers.normal(784, UNITS), numbers.normal(n, UNITS)
    z, dW = np.full((n, UNITS), np.nan, dtype), np.full(W.shape, np.nan, dtype)

    assert leaves_out_zeros(x, W, z)
    assert leaves_out_zeros(x.T, dz, dW)

    np.testing.assert_allclose(z, x @ W, **tolerance(dtype, 10))
    np.testing.assert_allclose(dW, x.T @ dz, **tolerance(dtype, 10))


def test_zeros_give_zeros():
    x, out = np.zeros((5, 16), np.float32), np.full((5, UNITS), 7, np.float32)

    assert leaves_out_zeros(x, np.ones((16, UNITS), np.float32), out)

    assert not out.any()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_and_infinity_are_not_left_out(bad):
    x = np.zeros((40, 64), np.float32)
    x[3, 5] = bad
    W, dz = np.ones((64, UNITS), np.float32), np.ones((40, UNITS), np.float32)
    z, dW = np.zeros((40, UNITS), np.float32), np.zeros_like(W)

    assert leaves_out_zeros(x, W, z)
    assert leaves_out_zeros(x.T, dz, dW)

    assert not np.isfinite(z[3]).any()
    assert not np.isfinite(dW[5]).any()
    assert np.isfinite(np.delete(z, 3, axis=0)).all()


@pytest.mark.parametrize(
    ("share", "n", "inputs"),
    [
        (0.6, 64, 784),  # too few zeros
        (0.1, 64, 30),  # inputs that cannot be divided into groups
    ],
)
def test_the_blas_keeps_what_it_does_better(share, n, inputs):
    numbers = Numbers(0, np.float64)
    x = sparse_rows(numbers, n, inputs, share)
    W, dz = numbers.normal(inputs, UNITS), numbers.normal(n, UNITS)

    assert not leaves_out_zeros(x, W, np.empty_like(dz))
    assert not leaves_out_zeros(x.T, dz, np.empty_like(W))


def test_the_blas_keeps_transposed_weights_and_other_memory_orders():
    x, W = np.zeros((64, 784)), np.ones((784, UNITS))
    out = np.empty((64, UNITS))

    assert leaves_out_zeros(x, W, out)
    assert not leaves_out_zeros(x, np.asfortranarray(W), out)
    assert not leaves_out_zeros(np.zeros((64, 1568))[:, ::2], W, out)


def test_the_blas_keeps_narrow_layers(monkeypatch):
    monkeypatch.setattr(sparse, "_multiplied", lambda *_: pytest.fail("a narrow layer"))
    x, W, out = np.zeros((64, 784), np.float32), np.ones((784, 16), np.float32), np.ones((64, 16))

    sparse.product(x, W, out.astype(np.float32))


@pytest.mark.parametrize("n", [32, 65])
def test_shapes_that_do_not_match_are_errors(n):
    x = np.zeros((64, 784))

    with pytest.raises(ValueError, match=r"shapes|output array"):
        sparse.product(x, np.ones((776, UNITS)), np.empty((64, UNITS)))
    with pytest.raises(ValueError, match=r"shapes|output array"):
        sparse.product(x, np.ones((784, UNITS)), np.empty((n, UNITS)))
    with pytest.raises(ValueError, match=r"shapes|output array"):
        sparse.product(x.T, np.ones((n, UNITS)), np.empty((784, UNITS)))


def test_training_on_sparse_images_equals_the_formulas(held, monkeypatch):
    """Both products run at each step, and the weights are those of the plain formulas."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (300, 8, 8)).astype(np.uint8)
    x[rng.uniform(size=x.shape) < 0.85] = 0
    y = rng.integers(0, 4, 300)
    without_zeros, used = sparse._multiplied, []

    def multiplied(*given):
        used.append(without_zeros(*given))
        return used[-1]

    monkeypatch.setattr(sparse, "_multiplied", multiplied)

    def weights():
        layers = [InputLayer(64), DenseLayer(UNITS, "relu"), DenseLayer(4, "softmax")]
        net = MultiLayerPerceptron(layers, seed=1, dtype=np.float64)
        net.fit(x, y, epochs=2, batch_size=50, threads=held, verbose=0)
        return net.parameters.vector

    before = backend.active()
    try:
        backend.use("numba")
        fast = weights()
        backend.use("plain")
        plain = weights()
    finally:
        backend.use(before)

    assert sum(used) == 2 * 12  # forward and backward at each of 12 steps
    np.testing.assert_allclose(fast, plain, rtol=1e-9, atol=1e-12)
