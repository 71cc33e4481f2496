"""Adversarial training: the inputs that raise the loss, and the gradient of both halves."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import (
    SGD,
    ArgumentError,
    BatchNormLayer,
    Callback,
    CategoricalCrossEntropy,
    DenseLayer,
    DropoutLayer,
    InputLayer,
    MultiLayerPerceptron,
)
from byhand.training.adversarial import Adversary

RNG = np.random.default_rng(0)
X = RNG.uniform(size=(40, 6))
LABELS = RNG.integers(0, 3, 40)
EPSILON = 0.1


def network(dtype=np.float64, normalisation="none", dropout=0.0):
    return MultiLayerPerceptron(
        [
            InputLayer(6, normalisation),
            DenseLayer(5, "tanh"),
            DropoutLayer(dropout),
            DenseLayer(3, "softmax"),
        ],
        loss=CategoricalCrossEntropy(label_smoothing=0.1),
        seed=0,
        dtype=dtype,
    )


class Seen(Callback):
    """Keeps the inputs and the gradient of the last batch."""

    def on_batch_end(self, run):
        self.input = run.cache.input.a.copy()
        self.gradients = {name: view.copy() for name, view in run.net.gradients.items()}


def trained(net, x=X, y=LABELS, **options):
    seen = Seen()
    settings = {"epochs": 1, "batch_size": "all", "adversarial": EPSILON, "verbose": 0, **options}
    net.fit(x, y, optimizer=SGD(0.1), callbacks=[seen], shuffle=False, **settings)
    return seen


def test_the_gradient_is_that_of_pytorch(kernel_set):
    torch = pytest.importorskip("torch")
    net = network()
    tensors = {name: torch.tensor(view.copy()) for name, view in net.parameters.items()}
    for tensor in tensors.values():
        tensor.requires_grad_()
    x, y = torch.tensor(X, requires_grad=True), torch.tensor(LABELS)
    low, high = float(X.min()), float(X.max())

    def loss(inputs):
        hidden = torch.tanh(inputs @ tensors["W1"] + tensors["b1"])
        logits = hidden @ tensors["W2"] + tensors["b2"]
        return torch.nn.functional.cross_entropy(logits, y, label_smoothing=0.1)

    clean = loss(x)
    (slope,) = torch.autograd.grad(clean, x, retain_graph=True)
    moved = (x + EPSILON * slope.sign()).clamp(low, high).detach()
    (0.5 * clean + 0.5 * loss(moved)).backward()

    seen = trained(net)

    np.testing.assert_allclose(seen.input, moved.numpy(), atol=1e-12)
    for name, tensor in tensors.items():
        np.testing.assert_allclose(seen.gradients[f"d{name}"], tensor.grad.numpy(), atol=1e-12)


def test_the_changed_inputs_raise_the_loss(kernel_set):
    net = network()
    before = net.evaluate(X, LABELS)["loss"]
    cache = net.forward(X)
    net.compute_loss(cache, LABELS, True)
    adversary = Adversary(net, EPSILON, len(X))
    dx = np.empty_like(X)
    net.backpropagate(cache, 1 / len(X), None, dx)
    changed = X.copy()

    adversary.attack(changed, dx)

    assert np.abs(changed - X).max() <= EPSILON + 1e-12
    assert net.evaluate(changed, LABELS)["loss"] > before + 0.05


@pytest.mark.parametrize("normalisation", ["pixels", "standardise"])
def test_pixels_stay_pixels(normalisation):
    images = RNG.integers(0, 256, (40, 2, 3)).astype(np.uint8)
    images[0, 0, :2] = 0, 255
    net = network(np.float32, normalisation)

    seen = trained(net, images, adversarial=0.3)

    inputs = net.forward(images)["A0"]
    low, high = net.forward(np.array([[[0, 255, 0], [0, 0, 0]]], np.uint8))["A0"][0, :2]
    assert seen.input.min() == pytest.approx(low, abs=1e-6)
    assert seen.input.max() == pytest.approx(high, abs=1e-6)
    assert 0.2 < np.abs(seen.input - inputs).max() < 0.3001


def test_large_batches_in_blocks_have_the_same_gradient(monkeypatch):
    whole = trained(network())
    monkeypatch.setattr("byhand.training.trainer.BLOCK_ROWS", 16)

    blocks = trained(network())

    for name, gradient in whole.gradients.items():
        np.testing.assert_allclose(blocks.gradients[name], gradient, atol=1e-12)


def test_weights_of_examples_count_in_both_halves():
    weights = np.arange(40) % 2  # only every other example
    every_other = trained(network(), X[1::2], LABELS[1::2])

    weighted = trained(network(), sample_weight=weights.astype(float))

    for name, gradient in every_other.gradients.items():
        np.testing.assert_allclose(2 * weighted.gradients[name], gradient, atol=2e-3)


def test_running_statistics_follow_both_halves():
    layers = [
        InputLayer(6, "none"),
        DenseLayer(5),
        BatchNormLayer("tanh"),
        DenseLayer(3, "softmax"),
    ]
    net = MultiLayerPerceptron(layers, seed=0, dtype=np.float64)
    W, b = net.parameters["W1"].copy(), net.parameters["b1"].copy()

    seen = trained(net)

    clean, changed = ((inputs @ W + b).mean(axis=0) for inputs in (X, seen.input))
    expected = 0.9 * (0.1 * clean) + 0.1 * changed  # from 0, a tenth of the way each time
    np.testing.assert_allclose(net.statistics["mean1"], expected, atol=1e-12)


def test_it_works_with_mixup_dropout_and_drawn_batches():
    net = network(np.float32, dropout=0.3)

    history = net.fit(
        X, LABELS, epochs=30, batch_size=7, mixup=0.2, adversarial=0.05, ema=0.9, verbose=0
    )

    assert history["loss"][-1] < history["loss"][0]
    assert history.record["adversarial"] == 0.05


def test_epsilon_of_zero_changes_nothing():
    first, second = network(), network()

    trained(first, adversarial=0.0)
    second.fit(X, LABELS, epochs=1, batch_size="all", optimizer=SGD(0.1), shuffle=False, verbose=0)

    np.testing.assert_array_equal(first.parameters.vector, second.parameters.vector)


@pytest.mark.parametrize("epsilon", [-0.1, "some", np.inf, None])
def test_an_impossible_epsilon_is_refused(epsilon):
    with pytest.raises(ArgumentError, match="adversarial"):
        network().fit(X, LABELS, adversarial=epsilon, verbose=0)
