"""Training in portions: n calls of `fit` for one epoch are one call for n epochs, bit for bit."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from byhand import (
    SGD,
    Adam,
    ArgumentError,
    BatchNormLayer,
    DataError,
    DenseLayer,
    DropoutLayer,
    InputLayer,
    ModelCheckpoint,
    MultiLayerPerceptron,
)
from byhand.training.optimizers import OPTIMIZERS

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 6)).astype(np.float32)
Y = RNG.integers(0, 3, 90)


def network():
    layers = [
        InputLayer(6, "none"), DenseLayer(5), BatchNormLayer("relu"), DropoutLayer(0.3),
        DenseLayer(3, "softmax"),
    ]  # fmt: skip
    return MultiLayerPerceptron(layers, seed=0)


def fit(net, epochs=1, x=X, y=Y, **options):
    settings = {"optimizer": "adam", "batch_size": 16, "keep_optimizer": True, "verbose": 0}
    return net.fit(x, y, epochs=epochs, **settings | options)


def assert_same(net, other):
    np.testing.assert_array_equal(net.parameters.vector, other.parameters.vector)
    np.testing.assert_array_equal(net.statistics.vector, other.statistics.vector)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_many_calls_of_one_epoch_are_one_call_of_many_epochs(optimizer, kernel_set):
    whole, portions = network(), network()

    whole_history = fit(whole, 6, optimizer=optimizer)
    losses = [fit(portions, optimizer=optimizer)["loss"][0] for _ in range(6)]

    assert losses == whole_history["loss"]
    assert_same(portions, whole)


@pytest.mark.parametrize("optimizer", [name for name in OPTIMIZERS if name != "sgd"])
def test_without_the_option_the_optimizer_starts_afresh(optimizer):
    whole, portions = network(), network()

    fit(whole, 6, optimizer=optimizer)
    for _ in range(6):
        fit(portions, optimizer=optimizer, keep_optimizer=False)

    assert not np.array_equal(portions.parameters.vector, whole.parameters.vector)


def test_a_call_without_the_option_discards_the_state():
    net = network()
    fit(net)
    assert net.optimizer_memory is not None

    fit(net, keep_optimizer=False)

    assert net.optimizer_memory is None


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])  # noqa: S301
def test_copies_and_pickles_continue_where_the_original_continues(clone):
    net = network()
    fit(net, 2)
    other = clone(net)

    fit(net)
    fit(other)

    assert_same(other, net)
    assert net.optimizer_memory.state["m"] is not other.optimizer_memory.state["m"]


def test_the_learning_rate_may_change_between_portions():
    net = network()
    fit(net, optimizer=Adam(1e-2))

    fit(net, optimizer=Adam(1e-3))

    assert net.optimizer_memory.step == 12


def test_another_optimizer_is_refused_and_nothing_changes():
    net = network()
    fit(net)
    before = net.parameters.vector.copy()

    with pytest.raises(ArgumentError, match=r"continues with 'adam'.*got 'sgd'"):
        fit(net, optimizer=SGD(0.1))

    np.testing.assert_array_equal(net.parameters.vector, before)
    assert net.optimizer_memory.step == 6


def test_a_portion_may_hold_one_class():
    net = network()

    for label in (0, 1, 2):
        fit(net, x=X[np.equal(Y, label)], y=np.full(np.count_nonzero(np.equal(Y, label)), label))

    assert net.optimizer_memory.step > 0
    with pytest.raises(DataError, match=r"all .* training labels are 1.*keep_optimizer=True"):
        fit(network(), y=np.ones(90, int), keep_optimizer=False)


def test_a_portion_resumed_from_its_checkpoint_ends_where_an_uninterrupted_one_ends(tmp_path):
    whole, broken = network(), network()
    for net in (whole, broken):
        fit(net, 2)
    fit(whole, 4)

    fit(broken, 2, callbacks=[ModelCheckpoint(tmp_path)])
    net = MultiLayerPerceptron.load(tmp_path / "last.safetensors")
    fit(net, 4, resume_from=tmp_path / "last.safetensors")

    assert_same(net, whole)
    assert net.optimizer_memory.step == whole.optimizer_memory.step
