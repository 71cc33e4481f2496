"""The same seed gives the same bits, and each purpose has a random stream of its own."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from byhand import (
    ArgumentError,
    BatchNormLayer,
    Callback,
    DenseLayer,
    DropoutLayer,
    InputLayer,
    MultiLayerPerceptron,
)
from byhand.randomness import resolve_seed, stream

SCRIPT = """
import hashlib, sys
import numpy as np
from byhand import BatchNormLayer, DenseLayer, DropoutLayer, InputLayer, MultiLayerPerceptron
from byhand import kernels

kernels.use(sys.argv[1])
rng = np.random.default_rng(0)
x, y = rng.integers(0, 256, (300, 30), dtype=np.uint8), rng.integers(0, 4, 300)
layers = [InputLayer(30), DenseLayer(20), BatchNormLayer("relu"), DropoutLayer(0.3)]
net = MultiLayerPerceptron([*layers, DenseLayer(4, "softmax")], seed=7)
net.fit(x, y, epochs=3, batch_size=32, validation_split=0.1, augment=lambda x, rng: x[:, ::-1],
        threads=1, verbose=0)
print(hashlib.sha256(net.parameters.vector.tobytes()).hexdigest())
"""

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (120, 9), dtype=np.uint8)
X[:, 0] = np.arange(120)  # tells the rows apart
Y = RNG.integers(0, 3, 120)


class Watch(Callback):
    """Records the rows of each batch and the units that were dropped."""

    def on_train_begin(self, run):
        self.rows, self.masks = [], []

    def on_batch_end(self, run):
        self.rows.append(np.round(run.cache["A0"][:, 0] * 255).astype(int))
        if "D1" in run.cache:
            self.masks.append(run.cache["D1"].copy())


def trained(dropout=None, seed=0, watch=None, **options):
    dropouts = [] if dropout is None else [DropoutLayer(dropout)]
    layers = [InputLayer(9, "pixels"), DenseLayer(6, "relu"), *dropouts, DenseLayer(3, "softmax")]
    net = MultiLayerPerceptron(layers, seed=seed)
    settings = {"epochs": 2, "batch_size": 16, "verbose": 0}
    history = net.fit(X, Y, callbacks=[watch] if watch else [], **settings | options)
    return net, history


def watched(**options):
    watch = Watch()
    trained(watch=watch, **options)
    return watch


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_the_same_seed_gives_the_same_bits(kernel_set):
    nets = [trained(0.5, validation_split=0.2, optimizer="adam")[0] for _ in range(2)]

    np.testing.assert_array_equal(nets[0].parameters.vector, nets[1].parameters.vector)


def test_another_seed_gives_other_numbers():
    assert not np.array_equal(
        trained(seed=0)[0].parameters.vector, trained(seed=1)[0].parameters.vector
    )


def test_another_process_gives_the_same_bits(kernel_set):
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, kernel_set], capture_output=True, text=True, check=True
    )
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (300, 30), dtype=np.uint8), rng.integers(0, 4, 300)
    layers = [InputLayer(30), DenseLayer(20), BatchNormLayer("relu"), DropoutLayer(0.3)]
    net = MultiLayerPerceptron([*layers, DenseLayer(4, "softmax")], seed=7)
    net.fit(
        x, y, epochs=3, batch_size=32, validation_split=0.1, augment=lambda x, rng: x[:, ::-1],
        threads=1, verbose=0,
    )  # fmt: skip

    assert run.stdout.strip() == hashlib.sha256(net.parameters.vector.tobytes()).hexdigest()


def test_dropout_changes_neither_the_order_nor_the_start():
    assert same(watched().rows, watched(dropout=0.5).rows)
    layers = [InputLayer(9), DenseLayer(6, "relu"), DenseLayer(3, "softmax")]
    plain = MultiLayerPerceptron(layers, seed=0)
    dropping = MultiLayerPerceptron([*layers[:2], DropoutLayer(0.5), layers[2]], seed=0)
    np.testing.assert_array_equal(plain.parameters.vector, dropping.parameters.vector)


def test_augmentation_changes_neither_the_order_nor_what_is_dropped():
    plain, augmented = watched(dropout=0.5), watched(dropout=0.5, augment=lambda x, rng: x)

    assert same(plain.rows, augmented.rows)
    assert same(plain.masks, augmented.masks)


def test_shuffling_does_not_change_what_is_dropped():
    assert same(watched(dropout=0.5).masks, watched(dropout=0.5, shuffle=False).masks)


def test_the_split_does_not_depend_on_how_training_goes():
    splits = [
        trained(validation_split=0.2, **options)[1].split["validation"]
        for options in ({}, {"dropout": 0.5}, {"epochs": 1, "batch_size": "all"})
    ]

    assert same(splits[:2], splits[1:])


def test_every_epoch_draws_again():
    watch = watched(dropout=0.5, batch_size=40)

    assert not same(watch.rows[:3], watch.rows[3:])
    assert not same(watch.masks[:3], watch.masks[3:])


def test_training_again_uses_streams_that_were_not_used_before():
    layers = [InputLayer(9, "pixels"), DenseLayer(6, "relu"), DropoutLayer(0.5)]
    nets = [MultiLayerPerceptron([*layers, DenseLayer(3, "softmax")], seed=0) for _ in range(2)]
    once, twice = Watch(), [Watch(), Watch()]

    nets[0].fit(X, Y, epochs=4, batch_size=16, callbacks=[once], verbose=0)
    for watch in twice:
        nets[1].fit(X, Y, epochs=2, batch_size=16, callbacks=[watch], verbose=0)

    assert same(once.rows, twice[0].rows + twice[1].rows)
    assert same(once.masks, twice[0].masks + twice[1].masks)
    assert nets[0].facts["epochs_trained"] == nets[1].facts["epochs_trained"] == 4


def test_plain_descent_in_two_runs_is_descent_in_one(kernel_set):
    nets = []
    for parts in ([4], [1, 3]):
        layers = [InputLayer(9, "pixels"), DenseLayer(6, "relu"), DenseLayer(3, "softmax")]
        nets.append(MultiLayerPerceptron(layers, seed=0))
        for epochs in parts:
            nets[-1].fit(X, Y, epochs=epochs, optimizer="sgd", verbose=0)

    np.testing.assert_array_equal(nets[0].parameters.vector, nets[1].parameters.vector)


def test_the_global_random_state_is_neither_read_nor_written():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first = trained(0.5, validation_split=0.2)[0]
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002

    np.random.seed(99)  # noqa: NPY002
    second = trained(0.5, validation_split=0.2)[0]

    np.testing.assert_array_equal(first.parameters.vector, second.parameters.vector)


def test_a_stream_depends_on_seed_purpose_and_epoch_alone():
    def draw(*arguments):
        return stream(*arguments).integers(0, 2**62)

    assert draw(1, "shuffle", 2) == draw(1, "shuffle", 2)
    assert (
        len(
            {
                draw(1, "shuffle", 2),
                draw(2, "shuffle", 2),
                draw(1, "dropout", 2),
                draw(1, "shuffle", 3),
            }
        )
        == 4
    )


@pytest.mark.parametrize("seed", [0, 5, np.int64(7), np.uint8(3)])
def test_a_seed_is_kept(seed):
    assert resolve_seed(seed) == seed
    assert type(resolve_seed(seed)) is int


@pytest.mark.parametrize("seed", [-1, 1.0, "1", True, [1]])
def test_anything_but_a_seed_is_refused(seed):
    with pytest.raises(ArgumentError, match="seed must be an integer of at least 0"):
        resolve_seed(seed)
