"""The network: layers in a row, their outputs, predictions and scores; and copies of it."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from byhand import BatchNormLayer, DataError, DenseLayer, DropoutLayer, InputLayer, Network

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 6))
Y = RNG.integers(0, 3, 50)
HIDDEN = [DenseLayer(5), BatchNormLayer("relu"), DropoutLayer(0.5)]


def network(hidden=HIDDEN, units=3, output="softmax", **options):
    layers = [InputLayer(6, "none"), *hidden, DenseLayer(units, output)]
    return Network(layers, **{"seed": 0, "dtype": "float64"} | options)


def warm(**options):
    """Return a network whose running statistics are those of a batch."""
    net = network(**options)
    net.update_statistics(net.forward(X, training=True))
    return net


def pickled(net):
    return pickle.loads(pickle.dumps(net))  # noqa: S301


# --- layers ---------------------------------------------------------------------------------------


def test_the_layers_are_those_that_were_given():
    net = network()

    assert net.layers[1:4] == tuple(HIDDEN)
    assert isinstance(net.layers[0], InputLayer)
    assert len(net.layers) == 5


@pytest.mark.parametrize("depth", [0, 1, 2, 5])
def test_any_depth_works(depth):
    net = network([DenseLayer(4, "tanh")] * depth)

    assert net.predict(X).shape == (50,)


def test_without_a_seed_one_is_drawn_and_kept():
    first, second = network(seed=None), network(seed=None)

    assert first.seed != second.seed
    np.testing.assert_array_equal(
        network(seed=first.seed).parameters.vector, first.parameters.vector
    )


# --- predictions and scores -----------------------------------------------------------------------


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
def test_predictions_are_classes_or_else_the_outputs(units, output, shape):
    net = network(units=units, output=output)
    outputs = net.predict_proba(X)

    assert outputs.shape == (50, units)
    assert net.predict(X).shape == shape
    if output == "softmax":
        np.testing.assert_array_equal(net.predict(X), outputs.argmax(axis=1))
    elif shape == (50,) and units == 1:
        np.testing.assert_array_equal(net.predict(X), outputs[:, 0] > 0.5)


def test_a_network_trained_on_several_labels_predicts_each_of_them():
    net = network(output="sigmoid")
    net.facts["task"] = "multi-label"

    assert net.task == "multi-label"
    np.testing.assert_array_equal(net.predict(X), net.predict_proba(X) > 0.5)


def test_evaluate_counts_the_wrong_predictions(kernel_set):
    net = warm()
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


def test_sample_weights_in_evaluate_follow_the_mean_of_training():
    net, weights = warm(), RNG.uniform(0, 2, 50)
    losses = -np.log(net.predict_proba(X)[np.arange(50), Y])

    scores = net.evaluate(X, Y, sample_weight=weights)

    assert scores["loss"] == pytest.approx((losses * weights).mean())


def test_evaluating_nothing_is_refused():
    with pytest.raises(DataError, match="at least one example to evaluate on; got none"):
        network().evaluate(X[:0], Y[:0])


def test_predictions_use_no_dropout_and_no_batch_statistics():
    net = warm()

    np.testing.assert_array_equal(net.predict_proba(X), net.predict_proba(X))
    np.testing.assert_allclose(net.predict_proba(X[:1]), net.predict_proba(X)[:1], atol=1e-15)


def test_dropout_in_training_passes_follows_from_the_stream():
    net = network()
    same = [net.forward(X, training=True).output.copy() for _ in range(2)]
    other = net.forward(X, training=True, rng=np.random.default_rng(5)).output

    np.testing.assert_array_equal(*same)
    assert not np.array_equal(same[0], other)


def test_an_untrained_network_gives_probabilities(digits):
    images, _ = digits
    net = Network([InputLayer(64), DenseLayer(10, "softmax")])

    np.testing.assert_allclose(net.predict_proba(images).sum(axis=1), 1, atol=1e-5)


# --- copies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, Network.copy, pickled],
    ids=["copy", "deep copy", "method", "pickle"],
)
def test_a_copy_is_equal_and_independent(copied):
    net = warm(class_names=["a", "b", "c"])
    net.facts["results"] = {"accuracy": 0.5}
    expected = net.predict_proba(X)

    other = copied(net)
    np.testing.assert_array_equal(other.predict_proba(X), expected)
    assert (other.seed, other.class_names, other.facts) == (net.seed, net.class_names, net.facts)
    other.parameters.vector += 1
    other.statistics.vector += 1
    other.facts["results"]["accuracy"] = 1.0
    other.class_names[0] = "z"

    np.testing.assert_array_equal(net.predict_proba(X), expected)
    assert net.facts["results"] == {"accuracy": 0.5}
    assert net.class_names == ["a", "b", "c"]


def test_a_copy_can_have_another_precision():
    net = warm()

    other = net.copy(np.float32)

    assert other.parameters.vector.dtype == other.predict_proba(X).dtype == np.float32
    np.testing.assert_allclose(other.predict_proba(X), net.predict_proba(X), atol=1e-5)


def test_the_representation_shows_widths_and_size():
    assert repr(network()) == "<Network 6-5-3, 63 parameters>"


@pytest.mark.parametrize("fn", ["leaky_relu", "gelu"])
def test_a_network_with_a_fitted_input_can_be_pickled(fn):
    layer = InputLayer(6, "standardise").fit(X, images=False)
    net = Network([layer, DenseLayer(5, fn), DenseLayer(3, "softmax")], seed=0)
    net.predict(X)  # the buffers of a pass are not part of the pickle

    loaded = pickled(net)

    np.testing.assert_array_equal(loaded.predict_proba(X), net.predict_proba(X))
    assert loaded.loss == net.loss
    assert loaded.dtype == net.dtype
    np.testing.assert_array_equal(
        loaded.backward(loaded.forward(X), Y).vector, net.backward(net.forward(X), Y).vector
    )


def test_widths_and_shape_describe_the_layers():
    net = network()

    assert net.widths == [6, 5, 5, 5, 3]
    assert net.widths_of_dense() == [6, 5, 3]
    assert net.shape_text == "6-5-3"
