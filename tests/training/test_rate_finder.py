"""The learning-rate finder: growing rates, a copy that is trained, and a suggestion that works."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import ArgumentError, DenseLayer, DivergedError, InputLayer, MultiLayerPerceptron
from byhand.training.rate_finder import RateSearch


def network(seed=0):
    layers = [InputLayer(64), DenseLayer(32, "relu"), DenseLayer(10, "softmax")]
    return MultiLayerPerceptron(layers, seed=seed)


def test_rates_grow_by_the_same_factor_from_low_to_high(digits):
    found = network().find_learning_rate(*digits, low=1e-4, high=1e-2, steps=50, batch_size=100)

    np.testing.assert_allclose(found.rates, np.geomspace(1e-4, 1e-2, 50))
    assert found.losses.shape == found.smoothed.shape == (50,)


def test_the_network_that_asks_is_not_changed(digits):
    net = network()
    before = net.parameters.vector.copy()

    net.find_learning_rate(*digits)

    np.testing.assert_array_equal(net.parameters.vector, before)
    assert "epochs_trained" not in net.facts


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_suggestion_learns_well_and_ten_times_the_best_does_not(digits, optimizer):
    found = network().find_learning_rate(*digits, optimizer=optimizer)

    def accuracy(rate):
        net = network()
        net.fit(*digits, epochs=20, optimizer=optimizer, learning_rate=rate, verbose=0)
        return net.evaluate(*digits)["accuracy"]

    assert accuracy(found.suggestion) > 0.93
    assert accuracy(found.suggestion) > accuracy(100 * found.suggestion)


def test_the_search_ends_when_the_loss_rises(digits):
    found = network().find_learning_rate(*digits, optimizer="sgd", high=1e6, steps=400)

    assert len(found.rates) < 400
    assert found.smoothed[-1] > 2 * found.smoothed.min()


def test_a_search_that_blows_up_keeps_what_it_found(digits):
    x, y = digits[0].reshape(len(digits[0]), 64) / 16.0, np.eye(10)[digits[1]]
    net = MultiLayerPerceptron([InputLayer(64, "none"), DenseLayer(10, "identity")], seed=0)

    found = net.find_learning_rate(x, y, optimizer="sgd", low=1e-3, high=1e30, steps=60)

    assert np.isfinite(found.losses).all()
    assert found.suggestion < 100


def test_a_first_step_to_infinity_is_an_error():
    x = np.full((50, 2), 3e38, np.float32)
    net = MultiLayerPerceptron([InputLayer(2, "none"), DenseLayer(1, "identity")], seed=0)

    with pytest.raises(DivergedError):
        net.find_learning_rate(x, np.ones(50))


def test_rows_and_words():
    rates = np.geomspace(1e-3, 1, 31)
    found = RateSearch(rates, rates, np.abs(np.log10(rates / 0.1)))

    assert found.best == pytest.approx(0.1)
    assert found.suggestion == 0.01
    assert len(found.rows()) == 12
    assert found.rows()[0][0] == pytest.approx(1e-3)
    assert "suggestion 0.01" in repr(found)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"low": 0}, "low must be above 0"),
        ({"low": 1, "high": 0.1}, "high must be above low"),
        ({"steps": 3}, "steps must be an integer of at least 10"),
        ({"epochs": 3}, "sets epochs itself"),
        ({"schedule": "cosine"}, "sets schedule itself"),
    ],
)
def test_searches_that_make_no_sense_are_refused(options, message, digits):
    with pytest.raises(ArgumentError, match=message):
        network().find_learning_rate(*digits, **options)
