from __future__ import annotations

import numpy as np
import pytest

from byhand import ArgumentError, DenseLayer, InputLayer, LayerNormLayer, MultiLayerPerceptron

RNG = np.random.default_rng(0)
X = RNG.normal(size=(9, 5))


def test_values_and_gradients_are_those_of_pytorch(bench_of):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    layer = LayerNormLayer("identity", epsilon=1e-3)
    bench = bench_of(layer, True)
    ours = bench.forward().copy()
    (dgamma, dbeta), dx = bench.backward()

    x = torch.tensor(bench.x, requires_grad=True)
    gamma, beta = (torch.tensor(p, requires_grad=True) for p in bench.parameters)
    theirs = torch.nn.functional.layer_norm(x, x.shape[1:], gamma, beta, eps=1e-3)
    theirs.backward(torch.tensor(bench.buffers.da))

    np.testing.assert_allclose(ours, theirs.detach().numpy(), atol=1e-12)
    for mine, their in ((dx, x.grad), (dgamma, gamma.grad), (dbeta, beta.grad)):
        np.testing.assert_allclose(mine, their.numpy(), atol=1e-11)


def test_an_example_does_not_depend_on_the_others():
    net = MultiLayerPerceptron(
        [InputLayer(5, "none"), DenseLayer(6), LayerNormLayer("relu"), DenseLayer(3, "softmax")],
        seed=0,
    )
    together = net.predict_proba(X)

    for i in range(len(X)):
        np.testing.assert_allclose(net.predict_proba(X[i : i + 1])[0], together[i], atol=1e-6)


def test_it_trains_with_batches_of_one():
    labels = (X[:, 0] > 0).astype(int)
    net = MultiLayerPerceptron(
        [InputLayer(5, "none"), DenseLayer(8), LayerNormLayer("relu"), DenseLayer(2, "softmax")],
        seed=0,
    )

    net.fit(X, labels, epochs=60, batch_size=1, learning_rate=0.01, verbose=0)

    assert net.evaluate(X, labels)["accuracy"] == 1


def test_the_default_epsilon_is_that_of_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")

    assert LayerNormLayer().epsilon == torch.nn.LayerNorm(3).eps


def test_the_representation_names_the_settings_only():
    assert repr(LayerNormLayer("relu", epsilon=1e-3)) == (
        "LayerNormLayer(fn='relu', slope=None, epsilon=0.001)"
    )


@pytest.mark.parametrize("epsilon", [0.0, -1e-5, float("nan")])
def test_epsilon_must_be_above_zero(epsilon):
    with pytest.raises(ArgumentError, match="epsilon"):
        LayerNormLayer(epsilon=epsilon)
