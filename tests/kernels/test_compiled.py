"""The compiled kernels are the reference: same names, same signatures, same numbers."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from byhand import ACTIVATIONS, kernels, leaky_relu
from byhand.kernels import reference

compiled = pytest.importorskip("byhand.kernels.compiled", reason="Numba is not installed")
from byhand.kernels import products, updates

TABLE = [*ACTIVATIONS.values(), leaky_relu(0.3)]
SETS = (reference, compiled)

shapes = st.tuples(st.integers(1, 40), st.integers(1, 40))
dtypes = st.sampled_from([np.float32, np.float64])
seeds = st.integers(0, 2**31)
quickly = settings(max_examples=20)


@pytest.fixture(autouse=True, scope="module", params=["alone", "shared", "in pieces"])
def threads(request):
    """Kernels and products by one thread, shared by three, and products of many small ones."""
    if request.param == "alone":
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        for module in (compiled, updates):
            patch.setattr(module, "SMALL", 0)
        for name in ("SMALL", "SMALL_FOR_ONE", "LARGE"):
            patch.setattr(products, name, 0)
        found = products.blas.find()
        if found and request.param == "in pieces":
            patch.setattr(products.blas, "find", lambda: found._replace(small=2000))
        with kernels.hold_pool(3 if request.param == "shared" else 1) as shared:
            if not shared:
                pytest.skip("these kernels, or this BLAS, have no pool of threads")
            yield


class Numbers:
    """Arrays of random numbers of one precision."""

    def __init__(self, seed, dtype):
        self.rng, self.dtype = np.random.default_rng(seed), dtype

    def normal(self, *shape, scale=2.0):
        return self.rng.normal(scale=scale, size=shape).astype(self.dtype)

    def positive(self, *shape):
        return self.rng.uniform(0, 1, shape).astype(self.dtype)

    @property
    def tolerance(self):
        return (
            {"rtol": 2e-5, "atol": 2e-5}
            if self.dtype == np.float32
            else {"rtol": 1e-12, "atol": 1e-12}
        )

    def agree(self, one, other):
        for a, b in zip(one, other, strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_allclose(a, b, **self.tolerance)


def both(call, *arrays):
    """The arrays after the reference, and after the compiled kernels, have written to them."""
    results = []
    for module in SETS:
        copies = [array.copy() for array in arrays]
        call(module, *copies)
        results.append(copies)
    return results


@pytest.mark.parametrize("name", kernels.NAMES)
def test_names_and_signatures_are_the_same(name):
    function = getattr(compiled, name)
    function = getattr(function, "py_func", function)

    assert list(inspect.signature(function).parameters) == list(
        inspect.signature(getattr(reference, name)).parameters
    )


@pytest.mark.parametrize("name", kernels.NAMES)
def test_every_compiled_kernel_points_to_its_definition(name):
    function = getattr(compiled, name)

    assert inspect.getdoc(getattr(function, "py_func", function)) == f"See `reference.{name}`."


@quickly
@given(
    st.tuples(st.integers(0, 70), st.integers(1, 70), st.integers(1, 70)),
    st.tuples(st.booleans(), st.booleans()),
    dtypes,
    seeds,
)
def test_product(shape, transposed, dtype, seed):
    (n, inner, columns), numbers = shape, Numbers(seed, dtype)
    a = numbers.normal(inner, n).T if transposed[0] else numbers.normal(n, inner)
    b = numbers.normal(columns, inner).T if transposed[1] else numbers.normal(inner, columns)

    one, other = both(lambda k, out: k.product(a, b, out), np.full((n, columns), 7, dtype))

    numbers.agree(one, other)
    numbers.agree(other, [a @ b])


SOURCES = [np.uint8, np.int8, np.uint16, np.int32, np.int64, np.bool_, np.float32, np.float64]
FACTORS = st.sampled_from([1.0, 1 / 255, 3.5])


@quickly
@given(shapes, dtypes, st.sampled_from(SOURCES), FACTORS, st.sampled_from([None, 0.5]), seeds)
def test_scale(shape, dtype, source_type, factor, offset, seed):
    numbers = Numbers(seed, dtype)
    x = numbers.rng.integers(0, 100, shape).astype(source_type)

    one, other = both(lambda k, out: k.scale(x, factor, offset, out), np.empty(shape, dtype))

    numbers.agree(one, other)


@quickly
@given(shapes, dtypes, st.sampled_from(SOURCES), FACTORS, st.booleans(), st.integers(1, 60), seeds)
def test_gather(shape, dtype, source_type, factor, is_table, n, seed):
    numbers = Numbers(seed, dtype)
    source = numbers.rng.integers(0, 100, shape).astype(source_type)
    source.flags.writeable = False
    rows = numbers.rng.integers(0, shape[0], n)
    if is_table:
        factor, offset = numbers.normal(shape[1]), numbers.normal(shape[1])
    else:
        offset = None

    one, other = both(
        lambda k, raw, out: k.gather(source, rows, factor, offset, raw, out),
        np.empty((n, shape[1]), source_type),
        np.empty((n, shape[1]), dtype),
    )

    numbers.agree(one[1:], other[1:])
    expected = source[rows].astype(dtype) * factor - (0 if offset is None else offset)
    np.testing.assert_allclose(other[1], expected, **numbers.tolerance)


@pytest.mark.parametrize("dtype", [">f4", ">i2", ">u4", "float16", "longdouble"])
def test_types_that_cannot_be_compiled_give_the_same_numbers(dtype):
    x = np.arange(12).reshape(4, 3).astype(dtype)
    rows = np.array([3, 0, 3])

    one, other = both(lambda k, out: k.scale(x, 0.5, None, out), np.empty((4, 3)))
    np.testing.assert_array_equal(one[0], other[0])
    one, other = both(
        lambda k, raw, out: k.gather(x, rows, 0.5, None, raw, out),
        np.empty((3, 3), x.dtype),
        np.empty((3, 3)),
    )
    np.testing.assert_array_equal(one[1], other[1])


@pytest.mark.parametrize("activation", TABLE, ids=lambda entry: entry.name)
@quickly
@given(shapes, dtypes, seeds)
def test_bias_activation_and_its_gradient(activation, shape, dtype, seed):
    numbers = Numbers(seed, dtype)
    z, grad = numbers.normal(*shape), numbers.normal(*shape)
    b = numbers.normal(shape[1])

    one, other = both(
        lambda k, z, a, scratch: k.bias_activation(z, b, activation, a, scratch),
        z, np.empty_like(z), np.empty_like(z),
    )  # fmt: skip
    numbers.agree(one[:2], other[:2])

    z, a = one[:2]
    one, other = both(
        lambda k, dz, db, scratch: k.activation_gradient(grad, z, a, activation, dz, db, scratch),
        np.empty_like(z), np.empty_like(b), np.empty_like(z),
    )  # fmt: skip
    numbers.agree(one[:2], other[:2])


@pytest.mark.parametrize("activation", TABLE, ids=lambda entry: entry.name)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extremes_give_the_same_finite_numbers(activation, dtype):
    z = np.array([[-1e4, -50, -0.0, 0.0, 50, 1e4]], dtype)
    b = np.zeros(6, dtype)

    one, other = both(
        lambda k, z, a, scratch: k.bias_activation(z, b, activation, a, scratch),
        z, np.empty_like(z), np.empty_like(z),
    )  # fmt: skip

    assert np.isfinite(other[1]).all()
    Numbers(0, dtype).agree(one[:2], other[:2])


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "identity", "softmax"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_stays_visible(name, bad):
    """Training finds the step at which it diverged by the numbers that are not finite."""
    z, b, activation = np.array([[1.0, bad, -1.0]]), np.zeros(3), ACTIVATIONS[name]

    with np.errstate(all="ignore"):
        one, other = both(
            lambda k, z, a, scratch: k.bias_activation(z, b, activation, a, scratch),
            z, np.empty_like(z), np.empty_like(z),
        )  # fmt: skip

    hidden = np.isfinite(other[1]) & ~np.isfinite(one[1])
    assert not hidden.any()


@quickly
@given(shapes, dtypes, seeds)
def test_column_sums(shape, dtype, seed):
    numbers = Numbers(seed, dtype)
    dz = numbers.normal(*shape)

    one, other = both(lambda k, db: k.column_sums(dz, db), np.empty(shape[1], dtype))

    numbers.agree(one, other)


@quickly
@given(
    st.tuples(st.integers(1, 40), st.integers(2, 20)),
    dtypes,
    st.sampled_from([0.0, 0.1, 0.5]),
    st.sampled_from([1.0, 100.0]),
    st.booleans(),
    seeds,
)
def test_softmax_cross_entropy(shape, dtype, smoothing, scale, with_gradient, seed):
    (n, classes), numbers = shape, Numbers(seed, dtype)
    z = numbers.normal(n, classes, scale=scale)
    a, labels = ACTIVATIONS["softmax"](z), numbers.rng.integers(0, classes, n)

    def call(k, losses, predictions, dz, *scratch):
        gradient = dz if with_gradient else None
        k.softmax_cross_entropy(z, a, labels, smoothing, losses, predictions, gradient, *scratch)

    one, other = both(
        call, np.empty(n, dtype), np.empty(n, np.intp), np.zeros_like(z), np.empty(n, np.intp),
        np.empty(n, dtype), np.empty_like(z),
    )  # fmt: skip

    np.testing.assert_allclose(
        one[0], other[0], rtol=1e-4 if dtype == np.float32 else 1e-12, atol=scale * 1e-6
    )
    np.testing.assert_array_equal(one[1], other[1])
    numbers.agree(one[2:3], other[2:3])


def test_of_equal_logits_the_first_is_predicted():
    z = np.zeros((3, 4))
    a = ACTIVATIONS["softmax"](z)

    def call(k, losses, predictions):
        labels = np.array([0, 1, 2])
        scratch = np.empty(3, np.intp), np.empty(3), np.empty_like(z)
        k.softmax_cross_entropy(z, a, labels, 0.0, losses, predictions, None, *scratch)

    for _, predictions in both(call, np.empty(3), np.empty(3, np.intp)):
        assert (predictions == 0).all()


@quickly
@given(shapes, dtypes, st.sampled_from([0.0, 0.1, 0.5, 0.99]), seeds)
def test_dropout(shape, dtype, rate, seed):
    numbers = Numbers(seed, dtype)
    x, random = numbers.normal(*shape), numbers.positive(*shape)

    one, other = both(
        lambda k, mask, out: k.dropout(x, random, rate, mask, out),
        np.empty_like(x),
        np.empty_like(x),
    )

    numbers.agree(one, other)
    np.testing.assert_array_equal(one[0] == 0, other[0] == 0)


sizes = st.lists(st.integers(1, 2000), min_size=1, max_size=3)


def ends_of(sizes):
    """Where arrays of these sizes end in a vector."""
    return np.cumsum(sizes, dtype=np.intp)


@quickly
@given(sizes, dtypes, st.sampled_from([0.0, 0.01]), st.sampled_from([0.0, 0.1]), seeds)
def test_penalty_gradient(sizes, dtype, l1, l2, seed):
    numbers, ends, n = Numbers(seed, dtype), ends_of(sizes), sum(sizes)
    w = numbers.normal(n)
    w[::7] = 0

    one, other = both(
        lambda k, g, scratch: k.penalty_gradient(w, l1, l2, g, ends, scratch),
        numbers.normal(n), np.empty(n + 5, dtype),
    )  # fmt: skip

    numbers.agree(one[:1], other[:1])


UPDATES = {
    "sgd": (0, lambda k, p, g, e, s, *m: k.sgd(p, g, e, 0.1, s)),
    "momentum": (1, lambda k, p, g, e, s, v: k.momentum(p, g, v, e, 0.1, 0.9, False, s)),
    "nesterov": (1, lambda k, p, g, e, s, v: k.momentum(p, g, v, e, 0.1, 0.9, True, s)),
    "rmsprop": (1, lambda k, p, g, e, s, v: k.rmsprop(p, g, v, e, 0.01, 0.9, 1e-8, s)),
    "adam, first step": (
        2,
        lambda k, p, g, e, s, m, v: k.adam(p, g, m, v, e, 0.01, 0.9, 0.999, 1e-8, 1, s),
    ),
    "adam, later": (
        2,
        lambda k, p, g, e, s, m, v: k.adam(p, g, m, v, e, 0.01, 0.9, 0.999, 1e-8, 900, s),
    ),
}


@pytest.mark.parametrize("name", UPDATES)
@quickly
@given(sizes, dtypes, seeds)
def test_optimizer_updates(name, sizes, dtype, seed):
    (memories, update), numbers = UPDATES[name], Numbers(seed, dtype)
    ends = ends_of(sizes)
    p, g, scratch = (numbers.normal(ends[-1]) for _ in range(3))
    memory = [numbers.positive(ends[-1]) for _ in range(memories)]

    one, other = both(lambda k, p, *memory: update(k, p, g, ends, scratch, *memory), p, *memory)

    numbers.agree(one, other)
