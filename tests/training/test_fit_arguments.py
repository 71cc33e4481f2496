"""Arguments that fit cannot use are refused before any work, with a helpful message."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import (
    Adam,
    ArgumentError,
    BatchNormLayer,
    ByhandError,
    Callback,
    DataError,
    DenseLayer,
    EarlyStopping,
    InputLayer,
    MultiLayerPerceptron,
)

RNG = np.random.default_rng(0)
N = 33
X = RNG.normal(size=(N, 4))
Y = RNG.integers(0, 3, N)


class Work(Callback):
    """Fails the test if a step is made."""

    def on_batch_end(self, run):
        raise AssertionError("a step was made before the arguments were checked")


TANH = (DenseLayer(5, "tanh"),)


def network(hidden=TANH, output="softmax"):
    layers = [InputLayer(4), *hidden, DenseLayer(3, output)]
    return MultiLayerPerceptron(layers, seed=0)


WRONG = [
    ({"epochs": 0}, ["epochs must be an integer of at least 1", "got 0"]),
    ({"epochs": -3}, ["epochs", "got -3"]),
    ({"epochs": 2.0}, ["epochs", "got 2.0"]),
    ({"epochs": "10"}, ["epochs", "got '10'"]),
    ({"epochs": True}, ["epochs", "got True"]),
    ({"epochs": None}, ["epochs", "got None"]),
    ({"batch_size": 0}, ["batch_size", '"all"', "must be an integer of at least 1; got 0"]),
    ({"batch_size": -1}, ["batch_size", "got -1"]),
    ({"batch_size": 2.5}, ["batch_size", "got 2.5"]),
    ({"batch_size": "full"}, ["batch_size", '"all"', "got 'full'"]),
    ({"batch_size": None}, ["batch_size", "got None"]),
    ({"batch_size": True}, ["batch_size", "got True"]),
    ({"optimizer": "adan"}, ["unknown optimizer 'adan'", "Did you mean 'adam'?", "rmsprop"]),
    ({"optimizer": Adam}, ["optimizer must be a name or an Optimizer", "Adam"]),
    ({"optimizer": None}, ["optimizer", "got None"]),
    ({"learning_rate": 0}, ["learning_rate must be above 0", "got 0"]),
    ({"learning_rate": -0.1}, ["learning_rate", "got -0.1"]),
    ({"learning_rate": float("nan")}, ["learning_rate", "got nan"]),
    ({"learning_rate": "fast"}, ["learning_rate", "got 'fast'"]),
    ({"schedule": "cosin"}, ["unknown schedule 'cosin'", "'cosine'?", "reduce_on_plateau"]),
    ({"schedule": 0.1}, ["schedule must be a name, an object", "or a function", "got 0.1"]),
    ({"validation_split": 1.0}, ["a fraction between 0 and 1", "(33)", "got 1.0"]),
    ({"validation_split": -0.1}, ["a fraction between 0 and 1", "got -0.1"]),
    ({"validation_split": 33}, ["fewer rows than there are (33)", "got 33"]),
    ({"validation_split": 0.001}, ["leave something on both sides", "got 0.001"]),
    ({"validation_split": "0.1"}, ["a fraction between 0 and 1", "got '0.1'"]),
    (
        {"validation_split": 0.1, "validation_data": (X, Y)},
        ["validation_data or validation_split, not both"],
    ),
    ({"validation_data": X}, ["validation_data must be a pair (x, y)", "ndarray"]),
    ({"validation_data": (X,)}, ["validation_data must be a pair (x, y)"]),
    ({"validation_data": (X[:, :3], Y)}, ["has 4 inputs", "got (33, 3)"]),
    ({"validation_data": (X, Y[:5])}, ["one target for each of the 33 examples", "got 5"]),
    ({"validation_data": (X, Y + 5)}, ["integers from 0 to 2", "in row"]),
    ({"validation_data": (X[:0], Y[:0])}, ["validation_data has no examples"]),
    ({"validation_data": (X * np.nan, Y)}, ["NaN or infinity, first in row 0"]),
    ({"l1": -1}, ["l1 must be at least 0", "got -1"]),
    ({"l2": -0.5}, ["l2 must be at least 0", "got -0.5"]),
    ({"l2": float("nan")}, ["l2 must be at least 0", "got nan"]),
    ({"l2": float("inf")}, ["l2", "got inf"]),
    ({"l2": "small"}, ["l2", "got 'small'"]),
    ({"l1": None}, ["l1", "got None"]),
    ({"clip_norm": 0}, ["clip_norm must be above 0; got 0"]),
    ({"clip_value": -1}, ["clip_value must be above 0; got -1"]),
    ({"clip_norm": "1"}, ["clip_norm", "got '1'"]),
    ({"class_weight": "balance"}, ["class_weight must be 'balanced' or a dictionary", "'balance'"]),
    ({"class_weight": [1, 2, 3]}, ["class_weight must be 'balanced'", "[1, 2, 3]"]),
    ({"class_weight": {3: 1.0}}, ["class_weight takes classes 0 to 2; got 3"]),
    ({"class_weight": {"a": 1.0}}, ["class_weight takes classes 0 to 2; got 'a'"]),
    ({"class_weight": {0: -1.0}}, ["class_weight of class 0 must be at least 0; got -1.0"]),
    ({"class_weight": {0: float("nan")}}, ["class_weight of class 0 must be at least 0; got nan"]),
    ({"class_weight": {0: "two"}}, ["class_weight of class 0", "got 'two'"]),
    ({"class_weight": "balanced", "y": X[:, :3]}, ["class_weight needs one class label"]),
    ({"sample_weight": np.ones(5)}, ["one finite number of at least 0 for each of the 33", "(5,)"]),
    ({"sample_weight": -np.ones(N)}, ["sample_weight", "at least 0"]),
    ({"sample_weight": np.full(N, np.nan)}, ["sample_weight", "at least 0"]),
    ({"sample_weight": np.full(N, np.inf)}, ["sample_weight"]),
    ({"sample_weight": ["heavy"] * N}, ["sample_weight"]),
    ({"sample_weight": np.zeros(N)}, ["sample_weight", "all"]),
    ({"augment": "shift"}, ["augment", "function", "got 'shift'"]),
    ({"callbacks": EarlyStopping()}, ["callbacks", "list", "EarlyStopping"]),
    ({"callbacks": [EarlyStopping]}, ["callbacks", "EarlyStopping"]),
    ({"callbacks": [print]}, ["callbacks", "print"]),
    ({"monitor": "val_loss"}, ["val_loss needs validation data", "validation_split="]),
    ({"monitor": "val_accuracy"}, ["val_accuracy needs validation data", "monitor 'accuracy'"]),
    ({"monitor": "acuracy"}, ["unknown monitor 'acuracy'", "Did you mean 'accuracy'?"]),
    ({"monitor": "accuracy", "y": X[:, :3]}, ["accuracy", "labels"]),
    ({"threads": 0}, ["threads must be an integer of at least 1", "got 0"]),
    ({"threads": 1.5}, ["threads", "got 1.5"]),
    ({"threads": "many"}, ["threads", "got 'many'"]),
    ({"resume_from": "nowhere.safetensors"}, ["there is no model file nowhere.safetensors"]),
    ({"x": X[:0], "y": Y[:0]}, ["at least one", "example"]),
    ({"y": np.zeros(N, int)}, ["all 33 training labels are 0", "one class"]),
]


def name_of(entry):
    return ", ".join(f"{name}={str(value)[:20]}" for name, value in entry.items())


@pytest.mark.parametrize(
    ("options", "pieces"),
    WRONG,
    ids=lambda entry: name_of(entry) if isinstance(entry, dict) else "",
)
def test_what_fit_cannot_use_is_refused_before_any_work(options, pieces, capsys):
    net = network(output="softmax" if np.ndim(options.get("y")) < 2 else "identity")
    arguments = {"x": X, "y": Y, "callbacks": [Work()]} | options

    with pytest.raises(ByhandError) as refused:
        net.fit(**arguments)

    assert [piece for piece in pieces if piece not in str(refused.value)] == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "options",
    [
        {"epochs": 0},
        {"batch_size": 0},
        {"l2": -1},
        {"class_weight": {9: 1}},
        {"monitor": "speed"},
        {"validation_data": (X, Y + 5)},
        {"callbacks": [EarlyStopping(monitor="speed")]},
        {"resume_from": "nowhere.safetensors"},
    ],
    ids=lambda options: next(iter(options)),
)
def test_a_refused_fit_leaves_the_network_as_it_was(options):
    net = network()
    parameters, input_layer, facts = net.parameters.vector.copy(), net.input_layer, dict(net.facts)

    with pytest.raises(ByhandError):
        net.fit(X, Y, **options)

    np.testing.assert_array_equal(net.parameters.vector, parameters)
    assert net.input_layer is input_layer
    assert net.facts == facts


@pytest.mark.parametrize(
    ("n", "options", "piece"),
    [
        (33, {"batch_size": 32}, "33 examples in batches of 32 leave one of 1"),
        (32, {"batch_size": 1}, "needs at least two examples in every batch"),
    ],
)
def test_batch_norm_needs_two_examples_in_every_batch(n, options, piece):
    net = network([DenseLayer(5), BatchNormLayer("relu")])

    with pytest.raises(ArgumentError, match=r"Change batch_size or set drop_last=True") as refused:
        net.fit(X[:n], Y[:n], **options)

    assert piece in str(refused.value)


def test_batch_norm_can_drop_the_example_that_is_alone():
    net = network([DenseLayer(5), BatchNormLayer("relu")])

    assert net.fit(X, Y, batch_size=32, drop_last=True, epochs=1, verbose=0).epochs == 1


@pytest.mark.parametrize("name", ["epoch", "lr", "validation"])
def test_an_argument_that_does_not_exist_is_a_type_error_that_names_it(name):
    with pytest.raises(TypeError, match=name):
        network().fit(X, Y, **{name: 1})


def test_augmentation_that_changes_the_shape_is_refused():
    with pytest.raises((ArgumentError, DataError), match=r"augment.*\(33, 4\).*\(33, 3\)"):
        network().fit(X, Y, augment=lambda batch, rng: batch[:, :3], verbose=0, batch_size="all")


@pytest.mark.parametrize("share", [None, 0, 0.0])
def test_without_a_validation_split_nothing_is_split(share):
    history = network().fit(X, Y, epochs=1, validation_split=share, verbose=0)

    assert "val_loss" not in history
    assert history.split == {}


@pytest.mark.parametrize("size", ["all", 5, np.int32(5), 10_000])
def test_batch_sizes_that_are_right_are_taken(size):
    assert network().fit(X, Y, epochs=1, batch_size=size, verbose=0).epochs == 1
