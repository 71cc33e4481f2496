from __future__ import annotations

import numpy as np
import pytest

from byhand import ArgumentError, DataError, DenseLayer, Ensemble, InputLayer, MultiLayerPerceptron
from byhand.evaluation.temperature import best_temperature, fit_temperature, with_temperature

RNG = np.random.default_rng(0)


def softmax(z):
    p = np.exp(z - z.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


def drawn(z):
    """Return labels drawn from softmax(z)."""
    return (softmax(z).cumsum(axis=1) > RNG.random((len(z), 1))).argmax(axis=1)


@pytest.mark.parametrize("wrong", [0.3, 1.0, 2.5])
def test_logits_that_are_too_large_get_the_factor_back(wrong):
    z = RNG.normal(size=(60_000, 4)) * 2

    assert best_temperature(z * wrong, drawn(z)) == pytest.approx(wrong, rel=0.03)


def network(output="softmax", outputs=3):
    return MultiLayerPerceptron(
        [InputLayer(5, "none"), DenseLayer(64, "relu"), DenseLayer(outputs, output)], seed=0
    )


X = RNG.normal(size=(900, 5)).astype(np.float32)
Y = (X[:, 0] + RNG.normal(size=900) > 0.3).astype(int) + (X[:, 1] + RNG.normal(size=900) > 1)


@pytest.fixture(scope="module")
def overfitted():
    net = network()
    net.fit(X[:300], Y[:300], epochs=200, learning_rate=0.01, verbose=0)
    return net


def test_an_over_confident_network_is_cooled_and_its_classes_stay(overfitted):
    x, y = X[300:], Y[300:]
    found = fit_temperature(overfitted, x, y)
    scaled = with_temperature(overfitted, found)

    assert found > 1.5
    np.testing.assert_array_equal(scaled.predict(x), overfitted.predict(x))
    assert scaled.evaluate(x, y)["loss"] < 0.7 * overfitted.evaluate(x, y)["loss"]
    for other in (0.8 * found, 1.25 * found):
        near = with_temperature(overfitted, other)
        assert scaled.evaluate(x, y)["loss"] < near.evaluate(x, y)["loss"]
    assert fit_temperature(scaled, x, y) == pytest.approx(1, abs=0.01)
    assert scaled.facts["temperature"] == pytest.approx(found)


def test_the_network_that_is_scaled_stays_as_it_is(overfitted):
    before = overfitted.parameters.vector.copy()

    with_temperature(overfitted, 2.0)

    np.testing.assert_array_equal(overfitted.parameters.vector, before)


def test_one_sigmoid_output_is_scaled_too():
    net, y = network("sigmoid", 1), (Y > 0).astype(int)
    net.fit(X[:300], y[:300], epochs=200, learning_rate=0.01, verbose=0)
    found = fit_temperature(net, X[300:], y[300:])

    scaled = with_temperature(net, found)

    assert found > 1.2
    assert scaled.evaluate(X[300:], y[300:])["loss"] < net.evaluate(X[300:], y[300:])["loss"]


def test_what_cannot_be_scaled_is_refused(overfitted):
    with pytest.raises(DataError, match="probabilities"):
        fit_temperature(network("identity"), X, Y)
    with pytest.raises(ArgumentError, match="temperature"):
        with_temperature(overfitted, 0)
    with pytest.raises(ArgumentError, match="scale its networks"):
        with_temperature(Ensemble([overfitted]), 2.0)
