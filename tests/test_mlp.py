"""The multilayer perceptron: a network that trains, saves and loads itself."""

from __future__ import annotations

import copy
import inspect
import pickle

import numpy as np
import pytest

from byhand import (
    BatchNormLayer,
    DataError,
    DenseLayer,
    DropoutLayer,
    InputLayer,
    MultiLayerPerceptron,
    Network,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 6))
Y = RNG.integers(0, 3, 50)
HIDDEN = [DenseLayer(5), BatchNormLayer("relu"), DropoutLayer(0.5)]


def network(hidden=HIDDEN, units=3, output="softmax", **options):
    layers = [InputLayer(6, "none"), *hidden, DenseLayer(units, output)]
    return MultiLayerPerceptron(layers, **{"seed": 0, "dtype": "float64"} | options)


def trained(y=Y, **options):
    net = network(**options)
    net.fit(X, y, epochs=2, batch_size=10, verbose=0)
    return net


def pickled(net):
    return pickle.loads(pickle.dumps(net))  # noqa: S301


def test_the_network_of_the_guide_works_as_written():
    net = MultiLayerPerceptron(
        [
            InputLayer(units=784),
            DenseLayer(units=300, fn="relu"),
            DenseLayer(units=10, fn="softmax"),
        ],
        weight_init="he_initialization",
        bias_init="small_constant",
    )

    assert net.widths_of_dense() == [784, 300, 10]
    assert net.parameters.vector.size == 784 * 300 + 300 + 300 * 10 + 10
    assert net.parameters.vector.dtype == np.float32
    assert net.loss.name == "categorical_cross_entropy"


def test_it_is_a_network():
    assert issubclass(MultiLayerPerceptron, Network)
    assert repr(network()) == "<MultiLayerPerceptron 6-5-3, 63 parameters>"


def test_the_signature_of_fit_shows_every_option():
    parameters = inspect.signature(MultiLayerPerceptron.fit).parameters
    kinds = {parameter.kind for parameter in parameters.values()}
    options = [name for name, one in parameters.items() if one.kind is one.KEYWORD_ONLY]

    assert not kinds & {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL}
    assert list(parameters) == ["self", "x", "y", *options]
    assert {
        "epochs", "batch_size", "optimizer", "learning_rate", "schedule", "validation_data",
        "validation_split", "l1", "l2", "augment", "callbacks", "resume_from", "verbose",
    } <= set(options)  # fmt: skip
    text = inspect.getdoc(MultiLayerPerceptron.fit)
    assert [name for name in options if f"\n    {name}: " not in text] == []


def test_an_unknown_option_of_fit_is_refused():
    with pytest.raises(TypeError, match="epoch"):
        network().fit(X, Y, epoch=3)


def test_a_network_trained_on_labels_predicts_labels_for_every_output():
    net = trained(output="identity")

    np.testing.assert_array_equal(net.predict(X), net.predict_proba(X).argmax(axis=1))


def test_the_task_of_the_training_is_saved_and_loaded(tmp_path):
    net = trained(output="identity", hidden=[])

    loaded = MultiLayerPerceptron.load(net.save(tmp_path / "net.safetensors"))

    assert loaded.task == net.task == "classification"
    np.testing.assert_array_equal(loaded.predict(X), net.predict(X))


def test_load_returns_the_class_that_it_is_called_on(tmp_path):
    class Own(MultiLayerPerceptron):
        pass

    path = network().save(tmp_path / "net.safetensors")

    assert type(Own.load(path)) is Own


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, MultiLayerPerceptron.copy, pickled],
    ids=["copy", "deep copy", "method", "pickle"],
)
def test_a_copy_continues_training_as_the_original_would(copied):
    net = trained()
    other = copied(net)
    assert type(other) is MultiLayerPerceptron
    np.testing.assert_array_equal(other.predict_proba(X), net.predict_proba(X))

    for one in (net, other):
        one.fit(X, Y, epochs=2, verbose=0)

    np.testing.assert_array_equal(other.parameters.vector, net.parameters.vector)
    np.testing.assert_array_equal(other.statistics.vector, net.statistics.vector)
    assert other.facts == net.facts


# --- labels -------------------------------------------------------------------------------------

NAMES = ["cat", "dog", "emu"]


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
@pytest.mark.parametrize(
    "y",
    [
        np.eye(3)[Y],
        np.eye(3, dtype=np.float32)[Y],
        np.eye(3, dtype=int)[Y],
        np.array(NAMES)[Y],
        np.array(NAMES, object)[Y],
        [NAMES[k] for k in Y],
    ],
    ids=["float64", "float32", "int", "text", "objects", "list of text"],
)
def test_one_hot_rows_and_class_names_are_labels(output, y):
    expected = trained(output=output, class_names=NAMES)

    net = trained(y, output=output, class_names=NAMES)

    np.testing.assert_array_equal(net.parameters.vector, expected.parameters.vector)
    assert net.task == "classification"
    assert net.evaluate(X, y) == expected.evaluate(X, Y)


def test_class_labels_with_several_sigmoids_are_predicted_by_the_largest_output():
    net = trained(output="sigmoid")

    assert net.predict(X).shape == (50,)
    np.testing.assert_array_equal(net.predict(X), net.predict_proba(X).argmax(axis=1))
    assert "label_accuracy" not in net.evaluate(X, Y)


def test_a_name_that_is_not_a_class_is_refused_with_its_row():
    y = np.array(NAMES)[Y]
    y[7] = "gnu"

    with pytest.raises(DataError, match=r"label 'gnu' in row 7 .*: cat, dog, emu"):
        network(class_names=NAMES).fit(X, y, verbose=0)


def test_two_class_names_are_the_labels_of_a_single_sigmoid_output():
    y = (X[:, 0] > 0).astype(int)
    net = network(units=1, output="sigmoid", class_names=["no", "yes"])

    net.fit(X, np.array(["no", "yes"])[y], epochs=1, verbose=0)

    assert net.evaluate(X, np.array(["no", "yes"])[y]) == net.evaluate(X, y)


# --- multi-label tasks --------------------------------------------------------------------------

SEVERAL = np.stack([X[:, 0] > 0, X[:, 1] > 0, X[:, 0] + X[:, 1] > 1], axis=1).astype(int)


def multi_label(y=SEVERAL, **options):
    net = network([DenseLayer(8, "tanh")], output="sigmoid")
    options = {"epochs": 100, "batch_size": 10, "learning_rate": 0.05, "verbose": 0} | options
    return net, net.fit(X, y, **options)


@pytest.mark.parametrize("dtype", [int, bool, np.uint8, np.float32])
def test_several_sigmoid_outputs_learn_rows_of_zeros_and_ones(dtype):
    net, history = multi_label(SEVERAL.astype(dtype))

    assert net.task == "multi-label"
    assert history["loss"][-1] < history["loss"][0] / 4
    assert history["accuracy"][-1] > 0.9


def test_multi_label_predictions_are_zero_or_one_for_each_output():
    net, _ = multi_label()

    predictions = net.predict(X)

    assert predictions.shape == (50, 3)
    assert predictions.dtype.kind == "i"
    np.testing.assert_array_equal(predictions, net.predict_proba(X) > 0.5)


def test_multi_label_accuracy_counts_examples_whose_labels_are_all_correct():
    net, _ = multi_label()
    y = SEVERAL.copy()
    y[:7, 0] ^= 1  # unlike the labels of the training
    agree = net.predict(X) == y

    scores = net.evaluate(X, y)

    assert scores["accuracy"] == pytest.approx(agree.all(axis=1).mean())
    assert scores["label_accuracy"] == pytest.approx(agree.mean())
    assert scores["accuracy"] < scores["label_accuracy"] < 1
    assert scores["wrong"] == 50 - agree.all(axis=1).sum()
    assert scores["examples"] == 50


def test_a_multi_label_network_comes_back_from_its_file(tmp_path):
    net, _ = multi_label(epochs=2)

    loaded = MultiLayerPerceptron.load(net.save(tmp_path / "net.safetensors"))

    assert loaded.task == "multi-label"
    np.testing.assert_array_equal(loaded.predict(X), net.predict(X))


def test_the_accuracies_of_the_history_are_those_of_evaluate():
    net, history = multi_label(epochs=2, validation_split=10, batch_size="all", learning_rate=1e-9)
    train, validation = history.split["train"], history.split["validation"]

    for name, rows in (("accuracy", train), ("val_accuracy", validation)):
        assert history[name][-1] == pytest.approx(net.evaluate(X[rows], SEVERAL[rows])["accuracy"])


def test_rows_of_zeros_and_ones_are_values_for_a_loss_of_values():
    net = network([], output="identity")
    net.fit(X, SEVERAL, epochs=1, verbose=0)

    assert net.task == "regression"
    assert net.predict(X).shape == (50, 3)
    assert "r2" in net.evaluate(X, SEVERAL)


def test_one_hot_rows_with_a_row_of_several_labels_are_multi_label():
    y = np.eye(3)[Y]
    y[3] = [1, 1, 0]

    net, _ = multi_label(y, epochs=1)

    assert net.task == "multi-label"
    assert net.predict(X[:5]).shape == (5, 3)


def test_in_a_multi_label_task_one_hot_rows_are_labels_of_each_output():
    one_hot = SEVERAL.sum(axis=1) == 1
    net, history = multi_label(validation_data=(X[one_hot], SEVERAL[one_hot]))
    agree = net.predict(X[one_hot]) == SEVERAL[one_hot]

    scores = net.evaluate(X[one_hot], SEVERAL[one_hot])

    assert scores["label_accuracy"] == pytest.approx(agree.mean())
    assert scores["accuracy"] == pytest.approx(agree.all(axis=1).mean())
    assert history["val_accuracy"][-1] == pytest.approx(scores["accuracy"])
