"""The cache of a pass: its arrays, by the names of the formulas."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import BatchNormLayer, DenseLayer, DropoutLayer, InputLayer, Network

LAYERS = [
    InputLayer(6, "none"),
    DenseLayer(5, "relu"),
    BatchNormLayer(),
    DropoutLayer(0.5),
    DenseLayer(3, "softmax"),
]
X = np.random.default_rng(0).normal(size=(7, 6))


@pytest.fixture
def net():
    return Network(LAYERS, seed=0, dtype="float64")


def test_the_cache_has_the_arrays_of_the_formulas(net):
    cache = net.forward(X)

    for name, width in {"A0": 6, "Z1": 5, "A1": 5, "D1": 5, "Z2": 3, "A2": 3, "dZ2": 3}.items():
        assert cache[name].shape == (7, width)
    assert set(cache) >= {"A1_normalised", "A1_batch_norm", "A1_dropout", "dA1_dropout"}
    assert len(cache) == len(list(cache))


def test_the_cache_starts_with_the_input_and_ends_with_the_output(net):
    cache = net.forward(X)

    np.testing.assert_array_equal(cache["A0"], X)
    np.testing.assert_array_equal(cache["A2"], cache.output)
    np.testing.assert_array_equal(cache.output, net.predict_proba(X))


def test_every_forward_has_a_cache_of_its_own(net):
    first = net.forward(X)
    before = first["A2"].copy()

    net.forward(X + 1)

    np.testing.assert_array_equal(first["A2"], before)


def test_an_unknown_array_is_a_key_error_that_lists_the_names(net):
    with pytest.raises(KeyError, match=r"unknown array of the cache 'A9'.*A0, Z1, A1"):
        net.forward(X)["A9"]


def test_the_representation_shows_names_and_shapes(net):
    for piece in ("cache of 7 examples", "A0 (7, 6)", "Z2 (7, 3)"):
        assert piece in repr(net.forward(X))


def test_smaller_batches_are_views_of_the_same_memory(net, kernel_set):
    full = net.new_cache(7, X)
    for n in (3, 1, 5, 2, 7, 3):
        cache = full.head(n)
        net.input_layer.forward(X[:n], cache.input)
        net.propagate(cache, False, None)

        np.testing.assert_allclose(cache.output, net.predict_proba(X[:n]), atol=1e-15)
        assert all(np.shares_memory(cache[name], full[name]) for name in cache)


def test_a_cache_keeps_few_smaller_ones(net):
    full = net.new_cache(100, X)
    heads = [full.head(n) for n in range(1, 100)]

    assert len(full._heads) <= 2
    assert [len(cache.output) for cache in heads] == list(range(1, 100))
    assert full.head(99) is heads[-1]
    assert full.head(100) is full


def test_smaller_batches_take_scratch_arrays_from_the_same_memory(net):
    cache = net.new_cache(7, X)
    full, small = (cache.head(n).layers[0] for n in (7, 3))

    of_full, of_small = (buffers.scratch("x", buffers.a) for buffers in (full, small))

    assert of_small.shape == (3, 5)
    assert np.shares_memory(of_small, of_full)
