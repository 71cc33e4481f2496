"""Predictions and scores in blocks: the same in blocks of any size and from several threads."""

from __future__ import annotations

import threading
from contextlib import nullcontext

import numpy as np
import pytest

from byhand import BatchNormLayer, DenseLayer, DropoutLayer, InputLayer, Network
from byhand.network import inference
from byhand.network.targets import encode_targets

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


def test_scores_of_chosen_rows_are_those_of_the_rows_alone(monkeypatch):
    monkeypatch.setattr(inference, "BLOCK_ROWS", 8)
    net, order = warm(), RNG.permutation(50)[:21]
    targets = encode_targets(Y, 50, 3, net.loss, net.dtype)

    by_order = net.inference.scores(X, targets, net.input_layer, order)

    for name, score in net.evaluate(X[order], Y[order]).items():
        assert by_order[name] == pytest.approx(score)


@pytest.mark.parametrize("rows", [1, 7, 8, 9, 50])
def test_predictions_do_not_depend_on_the_size_of_the_blocks(rows, monkeypatch, kernel_set):
    net = warm()
    expected = net.predict_proba(X)[:rows]
    monkeypatch.setattr(inference, "BLOCK_ROWS", 8)

    np.testing.assert_allclose(net.copy().predict_proba(X[:rows]), expected, atol=1e-15)


def test_later_predictions_do_not_change_earlier_ones():
    net = warm()
    first = net.predict_proba(X)
    before = first.copy()

    net.predict_proba(X + 1)

    np.testing.assert_array_equal(first, before)


def test_several_threads_get_the_same_predictions_as_one(kernel_set):
    net = warm()
    inputs = [RNG.normal(size=(n, 6)) for n in (1, 3, 50, 1500, 1, 2100, 7, 64)]
    expected = [net.predict_proba(x) for x in inputs]
    wrong = []

    def predict(start):
        for turn in range(30):
            place = (start + turn) % len(inputs)
            if not np.array_equal(net.predict_proba(inputs[place]), expected[place]):
                wrong.append(place)

    threads = [threading.Thread(target=predict, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def scores(net, y, weights=None):
    """Return the scores over X and the outputs that they were computed from."""
    targets = encode_targets(y, 50, net.output_layer.units, net.loss, net.dtype)
    return net.inference.scores(X, targets, net.input_layer, weights=weights)


def test_r2_is_the_fraction_of_the_variance_that_is_explained(monkeypatch):
    monkeypatch.setattr(inference, "BLOCK_ROWS", 8)
    net = network(units=2, output="identity")
    y = RNG.normal(size=(50, 2))

    residual = np.square(y - net.predict(X)).sum()
    expected = 1 - residual / np.square(y - y.mean(axis=0)).sum()

    assert scores(net, y)["r2"] == pytest.approx(expected, rel=1e-12)


def test_r2_of_targets_that_never_vary_is_unknown():
    assert np.isnan(scores(network(units=1, output="identity"), np.ones((50, 1)))["r2"])


def test_weights_multiply_the_loss_and_leave_the_accuracy():
    net, weights = warm(), RNG.uniform(0, 3, 50)
    losses = -np.log(net.predict_proba(X)[np.arange(50), Y])

    weighted = scores(net, Y, weights)

    assert weighted["loss"] == pytest.approx((weights * losses).mean())
    assert weighted["accuracy"] == scores(net, Y)["accuracy"]


def test_several_labels_are_scored_by_whole_rows_and_by_single_labels():
    net, labels = network(output="sigmoid"), RNG.integers(0, 2, (50, 3))
    correct = (net.predict_proba(X) > 0.5) == labels

    scores = net.evaluate(X, labels)

    assert 0 < scores["label_accuracy"] < 1
    assert scores["label_accuracy"] == pytest.approx(correct.mean())
    assert scores["accuracy"] == pytest.approx(correct.all(axis=1).mean())
    assert "label_accuracy" not in network().evaluate(X, Y)


@pytest.mark.parametrize(
    ("count", "in_training", "has_pool", "held"),
    [
        (inference.BLOCK_ROWS, False, True, 0),
        (inference.BLOCK_ROWS + 1, False, True, 1),
        (inference.BLOCK_ROWS + 1, True, True, 0),
        (inference.BLOCK_ROWS + 1, False, False, 0),
    ],
)
def test_threads_are_held_for_more_than_a_block_outside_training(
    count, in_training, has_pool, held, monkeypatch
):
    calls = []
    monkeypatch.setattr(inference.backend, "pool", lambda: object() if has_pool else None)
    monkeypatch.setattr(inference, "held_threads", lambda: 2 if in_training else None)
    monkeypatch.setattr(inference, "hold_threads", lambda n: calls.append(n) or nullcontext())
    net = network()

    net.predict_proba(np.zeros((count, 6)))

    assert len(calls) == held
