"""The network as users meet it: made, asked, copied, and clear about mistakes."""

from __future__ import annotations

import copy
import threading

import numpy as np
import pytest

from byhand import (
    ArgumentError,
    BatchNormLayer,
    DataError,
    DenseLayer,
    DropoutLayer,
    InputLayer,
    MultiLayerPerceptron,
)
from byhand.network import inference
from byhand.network.targets import encode_targets

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 6))
Y = RNG.integers(0, 3, 50)
HIDDEN = [DenseLayer(5), BatchNormLayer("relu"), DropoutLayer(0.5)]


def network(hidden=HIDDEN, units=3, output="softmax", **options):
    layers = [InputLayer(6, "none"), *hidden, DenseLayer(units, output)]
    return MultiLayerPerceptron(layers, **{"seed": 0, "dtype": "float64"} | options)


def trained(**options):
    net = network(**options)
    net.fit(X, Y, epochs=2, batch_size=10, verbose=0)
    return net


# --- making one ---------------------------------------------------------------------------------


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


def test_the_layers_are_those_that_were_given():
    net = network()

    assert net.layers[1:4] == tuple(HIDDEN)
    assert isinstance(net.layers[0], InputLayer)
    assert len(net.layers) == 5


@pytest.mark.parametrize("depth", [0, 1, 2, 5])
def test_any_depth_will_do(depth):
    net = network([DenseLayer(4, "tanh")] * depth)

    assert net.predict(X).shape == (50,)


def test_without_a_seed_one_is_drawn_and_told():
    first, second = network(seed=None), network(seed=None)

    assert first.seed != second.seed
    np.testing.assert_array_equal(
        network(seed=first.seed).parameters.vector, first.parameters.vector
    )


DENSE = DenseLayer(3, "softmax")


@pytest.mark.parametrize(
    ("layers", "options", "pieces"),
    [
        ([], {}, ["a list [InputLayer(...), ..., DenseLayer(...)]", "got []"]),
        ([InputLayer(6)], {}, ["a dense layer last", "got [InputLayer"]),
        ("relu", {}, ["a network is a list", "'relu'"]),
        (InputLayer(6), {}, ["a network is a list", "InputLayer"]),
        ([DENSE, DENSE], {}, ["the input layer first", "the first is DenseLayer"]),
        ([InputLayer(6), InputLayer(6), DENSE], {}, ["is not a layer that can stand there"]),
        ([InputLayer(6), 300, DENSE], {}, ["300 is not a layer that can stand there"]),
        ([InputLayer(6), DenseLayer, DENSE], {}, ["is not a layer that can stand there"]),
        ([InputLayer(6), DENSE, DropoutLayer(0.5)], {}, ["the last is DropoutLayer"]),
        ([InputLayer(6), DENSE, DENSE], {}, ["softmax belongs to the last layer", "Choose relu"]),
        (
            [InputLayer(6), DenseLayer(4), BatchNormLayer("softmax"), DENSE],
            {},
            ["softmax belongs to the last layer"],
        ),
        (
            [InputLayer(6), DenseLayer(4), DropoutLayer(0.1), DropoutLayer(0.1), DENSE],
            {},
            ["two dropout layers follow dense layer 1", "one is enough"],
        ),
        ([InputLayer(6), DENSE], {"dtype": "float16"}, ["float32 or float64", "'float16'"]),
        ([InputLayer(6), DENSE], {"dtype": "float"}, []),
        ([InputLayer(6), DENSE], {"dtype": "flaot"}, ["float32 or float64", "'flaot'"]),
        ([InputLayer(6), DENSE], {"seed": -1}, ["seed must be a whole number", "got -1"]),
        ([InputLayer(6), DENSE], {"seed": 1.5}, ["seed must be a whole number", "got 1.5"]),
        ([InputLayer(6), DENSE], {"seed": True}, ["seed must be a whole number", "got True"]),
        ([InputLayer(6), DENSE], {"loss": "nll"}, ["unknown loss 'nll'", "cross_entropy"]),
        ([InputLayer(6), DENSE], {"class_names": ["a"]}, ["a list of 3 names", "got ['a']"]),
        ([InputLayer(6), DENSE], {"class_names": "abc"}, ["a list of 3 names", "got 'abc'"]),
        ([InputLayer(6), DENSE], {"weight_init": "hee"}, ["unknown initialiser 'hee'"]),
        ([InputLayer(6), DENSE], {"bias_init": "ones"}, ["unknown initialiser 'ones'", "zeros"]),
    ],
)
def test_what_no_network_can_be_made_of_is_refused(layers, options, pieces):
    if not pieces:  # a name that NumPy knows for float64
        MultiLayerPerceptron(layers, **options)
        return

    with pytest.raises(ArgumentError) as refused:
        MultiLayerPerceptron(layers, **options)

    assert [piece for piece in pieces if piece not in str(refused.value)] == []


# --- asking it ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("units", "output", "shape"),
    [
        (3, "softmax", (50,)),
        (3, "sigmoid", (50,)),
        (1, "sigmoid", (50,)),
        (1, "identity", (50, 1)),
        (3, "tanh", (50, 3)),
    ],
)
def test_predictions_are_classes_where_there_are_classes_and_values_elsewhere(units, output, shape):
    net = network(units=units, output=output)
    outputs = net.predict_proba(X)

    assert outputs.shape == (50, units)
    assert net.predict(X).shape == shape
    if output == "softmax":
        np.testing.assert_array_equal(net.predict(X), outputs.argmax(axis=1))
    elif shape == (50,) and units == 1:
        np.testing.assert_array_equal(net.predict(X), outputs[:, 0] > 0.5)


def test_a_network_trained_on_labels_predicts_labels_whatever_its_output():
    net = network(output="identity")
    net.fit(X, Y, epochs=1, verbose=0)

    np.testing.assert_array_equal(net.predict(X), net.predict_proba(X).argmax(axis=1))


def test_evaluate_counts_what_predict_says(kernel_set):
    net = trained()
    wrong = int((net.predict(X) != Y).sum())

    scores = net.evaluate(X, Y)

    assert scores["wrong"] == wrong
    assert scores["accuracy"] == pytest.approx(1 - wrong / 50)
    assert scores["examples"] == 50
    assert scores["loss"] == pytest.approx(-np.log(net.predict_proba(X)[np.arange(50), Y]).mean())


def test_evaluate_of_values_gives_the_coefficient_of_determination():
    net, y = network(output="identity"), RNG.normal(size=(50, 3))

    scores = net.evaluate(X, y)

    errors, spread = ((net.predict(X) - y) ** 2).sum(), ((y - y.mean(axis=0)) ** 2).sum()
    assert scores["r2"] == pytest.approx(1 - errors / spread)
    assert scores["loss"] == pytest.approx(errors / y.size)


def test_evaluate_of_a_subset_in_any_order_is_that_of_the_rows_themselves(monkeypatch):
    monkeypatch.setattr(inference, "BLOCK_ROWS", 8)
    net, order = trained(), RNG.permutation(50)[:21]
    targets = encode_targets(Y, 50, 3, net.loss, net.dtype)

    by_order = net.inference.scores(X, targets, net.input_layer, order)

    for name, score in net.evaluate(X[order], Y[order]).items():
        assert by_order[name] == pytest.approx(score)


def test_sample_weights_in_evaluate_follow_the_mean_of_training():
    net, weights = trained(), RNG.uniform(0, 2, 50)
    losses = -np.log(net.predict_proba(X)[np.arange(50), Y])

    scores = net.evaluate(X, Y, sample_weight=weights)

    assert scores["loss"] == pytest.approx((losses * weights).mean())


def test_evaluating_nothing_is_refused():
    with pytest.raises(DataError, match="at least one example to evaluate on; got none"):
        network().evaluate(X[:0], Y[:0])


@pytest.mark.parametrize("rows", [1, 7, 8, 9, 50])
def test_predictions_do_not_depend_on_the_blocks_they_are_made_in(rows, monkeypatch, kernel_set):
    net = trained()
    expected = net.predict_proba(X)[:rows]
    monkeypatch.setattr(inference, "BLOCK_ROWS", 8)

    np.testing.assert_allclose(net.copy().predict_proba(X[:rows]), expected, atol=1e-15)


def test_dropout_and_batch_statistics_play_no_part_in_predictions():
    net = trained()

    np.testing.assert_array_equal(net.predict_proba(X), net.predict_proba(X))
    np.testing.assert_allclose(net.predict_proba(X[:1]), net.predict_proba(X)[:1], atol=1e-15)


def test_predictions_are_the_callers_to_keep():
    net = trained()
    first = net.predict_proba(X)
    before = first.copy()

    net.predict_proba(X + 1)

    np.testing.assert_array_equal(first, before)


def test_several_threads_get_what_one_gets(kernel_set):
    net = trained()
    parts = [RNG.normal(size=(n, 6)) for n in (1, 3, 50, 1500, 1, 2100, 7, 64)]
    expected = [net.predict_proba(part) for part in parts]
    wrong = []

    def ask(start):
        for turn in range(30):
            place = (start + turn) % len(parts)
            if not np.array_equal(net.predict_proba(parts[place]), expected[place]):
                wrong.append(place)

    threads = [threading.Thread(target=ask, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_training_passes_of_a_network_with_dropout_differ_by_their_stream():
    net = network()
    same = [net.forward(X, training=True).output.copy() for _ in range(2)]
    other = net.forward(X, training=True, rng=np.random.default_rng(5)).output

    np.testing.assert_array_equal(*same)
    assert not np.array_equal(same[0], other)


def test_an_untrained_network_can_be_asked(digits):
    images, _ = digits
    net = MultiLayerPerceptron([InputLayer(64), DenseLayer(10, "softmax")])

    np.testing.assert_allclose(net.predict_proba(images).sum(axis=1), 1, atol=1e-5)


# --- copying it ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, MultiLayerPerceptron.copy], ids=["copy", "deep", "method"]
)
def test_a_copy_is_equal_and_independent(copied):
    net = trained(class_names=["a", "b", "c"])
    net.facts["results"] = {"accuracy": 0.5}
    expected = net.predict_proba(X)

    twin = copied(net)
    np.testing.assert_array_equal(twin.predict_proba(X), expected)
    assert (twin.seed, twin.class_names, twin.facts) == (net.seed, net.class_names, net.facts)
    twin.fit(X, Y, epochs=1, verbose=0)
    twin.facts["results"]["accuracy"] = 1.0
    twin.class_names[0] = "z"

    np.testing.assert_array_equal(net.predict_proba(X), expected)
    assert net.facts["results"] == {"accuracy": 0.5}
    assert net.class_names == ["a", "b", "c"]


def test_a_copy_can_have_another_precision():
    net = trained()

    twin = net.copy(np.float32)

    assert twin.parameters.vector.dtype == twin.predict_proba(X).dtype == np.float32
    np.testing.assert_allclose(twin.predict_proba(X), net.predict_proba(X), atol=1e-5)


def test_a_copy_trains_as_the_original_would():
    net = trained()
    twin = net.copy()

    for one in (net, twin):
        one.fit(X, Y, epochs=2, verbose=0)

    np.testing.assert_array_equal(twin.parameters.vector, net.parameters.vector)


def test_the_representation_tells_widths_and_size():
    assert repr(network()) == "<MultiLayerPerceptron 6-5-3, 63 parameters>"
