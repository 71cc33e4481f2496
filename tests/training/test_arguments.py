"""The pieces of `fit` that check its arguments, each alone, with tables of what they return."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from tests.training.small_training import N, X, Y, network

from byhand import (
    SGD,
    Adam,
    ArgumentError,
    BatchNormLayer,
    Callback,
    Cosine,
    DataError,
    DenseLayer,
    EarlyStopping,
    InputLayer,
    ModelCheckpoint,
    MultiLayerPerceptron,
    ReduceOnPlateau,
    Warmup,
)
from byhand.network.targets import CLASSES, Targets
from byhand.training.fit_arguments import (
    check_batches,
    check_callables,
    check_examples,
    config_of,
    print_split,
    resolve_batch_size,
    split_examples,
    split_schedule,
    training_record,
)
from byhand.training.run import Examples, Settings
from byhand.training.schedules import Constant, Step


def refused(error, message):
    return pytest.raises(error, match=re.escape(message))


@pytest.mark.parametrize(
    ("given", "n", "size"), [("all", 7, 7), (3, 7, 3), (7, 7, 7), (8, 7, 7), (1, 1, 1)]
)
def test_a_batch_is_never_larger_than_the_data(given, n, size):
    assert resolve_batch_size(given, n) == size


@pytest.mark.parametrize("given", ["ALL", "", 0, 2.0, True, None])
def test_a_batch_size_is_a_number_or_all(given):
    with refused(ArgumentError, 'batch_size (or else "all") must be an integer of at least 1'):
        resolve_batch_size(given, 5)


def normalising():
    layers = [InputLayer(5), DenseLayer(4), BatchNormLayer(), DenseLayer(3, "softmax")]
    return MultiLayerPerceptron(layers, seed=0)


@pytest.mark.parametrize(
    ("n", "batch_size", "drop_last", "fits"),
    [
        (8, 4, False, True), (9, 4, False, False), (9, 4, True, True), (10, 4, False, True),
        (8, 1, False, False), (8, 1, True, False), (2, 2, False, True), (1, 2, True, True),
    ],
)  # fmt: skip
def test_batch_norm_gets_two_rows_at_least(n, batch_size, drop_last, fits):
    settings = Settings(batch_size, drop_last=drop_last)
    check_batches(network(), settings, n)
    if fits:
        check_batches(normalising(), settings, n)
    else:
        with refused(ArgumentError, f"{n} examples in batches of {batch_size} leave one of 1."):
            check_batches(normalising(), settings, n)


def labelled(labels):
    return Targets(np.asarray(labels), np.asarray(labels))


def test_examples_are_of_two_classes_unless_more_follow():
    check_examples(X[:2], labelled([0, 1]), False)
    check_examples(X[:2], labelled([1, 1]), True)
    check_examples(X[:2], Targets(np.ones((2, 1)), None), False)
    check_examples(X[:2], labelled([[1, 1], [1, 1]]), False)  # several labels: another task
    with refused(DataError, "all 2 training labels are 1: with only one class"):
        check_examples(X[:2], labelled([1, 1]), False)
    for is_portion in (False, True):
        with refused(DataError, "expected at least one training example; got none."):
            check_examples(X[:0], labelled([]), is_portion)


@pytest.mark.parametrize("split", [None, 0, 0.0])
def test_nothing_is_split_off_by_default(split):
    train, validation = split_examples(network(), labelled(Y), split, (X, Y), True)

    np.testing.assert_array_equal(train, np.arange(N))
    assert validation is None


def test_a_split_is_stratified_only_with_one_label_each():
    y = np.repeat([0, 1], [40, 10])
    several = np.stack([y, 1 - y], axis=1)
    assert labelled(several).task != CLASSES

    _, chosen = split_examples(network(), labelled(y), 10, None, True)
    _, free = split_examples(network(), labelled(y), 10, None, False)
    _, other = split_examples(network(), labelled(several), 10, None, True)

    assert np.bincount(y[chosen]).tolist() == [8, 2]
    np.testing.assert_array_equal(free, other)
    with refused(ArgumentError, "give validation_data or validation_split, not both."):
        split_examples(network(), labelled(y), 10, (X, Y), True)


@pytest.mark.parametrize(
    ("stratified", "words"), [(True, "(stratified, seed 0)"), (False, "(not stratified, seed 0)")]
)
def test_the_sizes_of_a_split_are_printed(stratified, words, capsys):
    print_split(network(), np.arange(1200), np.arange(34), stratified)

    printed = capsys.readouterr().out
    assert printed == f"split: 1,200 for training, 34 for validation {words}\n"


def test_checkpoints_come_after_the_other_callbacks(tmp_path):
    first, last, stop = Callback(), ModelCheckpoint(tmp_path), EarlyStopping()

    assert check_callables([last, first, stop], None) == [first, stop, last]
    assert check_callables((), lambda batch, rng: batch) == []
    for wrong in (first, "callback", [first, None], [EarlyStopping]):
        with refused(ArgumentError, "callbacks must be a list of Callback objects"):
            check_callables(wrong, None)
    with refused(ArgumentError, "augment must be a function (batch, rng) -> batch"):
        check_callables([], "rotate")


def test_a_plateau_is_a_callback_and_everything_else_a_schedule():
    assert split_schedule(None) == (None, [])
    assert split_schedule("cosine") == (Cosine(), [])
    schedule, (callback,) = split_schedule("reduce_on_plateau")
    assert (schedule, type(callback)) == (None, ReduceOnPlateau)
    own = ReduceOnPlateau(patience=2)
    assert split_schedule(own) == (None, [own])


def test_a_record_holds_the_options_that_were_used():
    net = network()
    examples = Examples(X, (5,), labelled(Y), np.arange(10))
    plain = training_record(net, Adam(), None, Settings(4), examples)
    settings = Settings(4, "blocks", l2=0.5, ema=0.9)
    used = training_record(net, SGD(0.5), Warmup(2, Step()), settings, examples)

    assert {"kernels", "numpy", "python"} < set(plain)
    assert list(plain.items())[:5] == [
        ("seed", 0), ("optimizer", Adam().config()), ("schedule", {"name": "constant"}),
        ("batch_size", 4), ("examples", 10),
    ]  # fmt: skip
    assert set(used) - set(plain) == {"shuffle", "l2", "ema"}
    assert (used["shuffle"], used["l2"], used["ema"]) == ("blocks", 0.5, 0.9)
    assert used["schedule"] == {
        "name": "warmup", "epochs": 2, "then": {"name": "step", "drop": 0.5, "every": 10},
    }  # fmt: skip
    assert config_of(math.sin) == {"name": "sin"}
    assert config_of(Constant()) == {"name": "constant"}
