"""Mixup mixes the right pairs, and its loss is that of the mixed targets."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import ArgumentError, Callback, DenseLayer, InputLayer, MultiLayerPerceptron
from byhand.training import mixup as module
from byhand.training.mixup import Mixup

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 5)).astype(np.float32)
LABELS = RNG.integers(0, 3, 60)


def shares_and_partners(alpha, moment=1, rows=None):
    rows = np.arange(2000) if rows is None else rows
    mixup = Mixup(alpha, rows, 2000, seed=3)
    mixup.start(moment)
    ones, zeros = np.ones(len(rows)), np.zeros(len(rows))
    mixup.blend(rows, ones, zeros)
    return ones, mixup.partners(rows)


def test_shares_follow_the_beta_distribution():
    for alpha in (0.2, 1.0, 5.0):
        shares, _ = shares_and_partners(alpha)
        assert shares.mean() == pytest.approx(0.5, abs=0.03)
        assert shares.var() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.1)


def test_every_row_is_a_partner_once_and_epochs_differ():
    rows = np.arange(0, 2000, 3)
    shares, partners = shares_and_partners(0.4, rows=rows)
    other_shares, other_partners = shares_and_partners(0.4, moment=2, rows=rows)

    assert sorted(partners) == rows.tolist()
    assert not np.array_equal(shares, other_shares)
    assert not np.array_equal(partners, other_partners)


class Mixed(Callback):
    """Keeps inputs, losses and the gradient of the single batch."""

    def on_batch_end(self, run):
        self.input = run.cache.input.a.copy()
        self.losses = run.cache.loss.losses.copy()
        self.gradient = run.net.gradients.vector.copy()


@pytest.mark.parametrize("targets", ["classes", "values"])
def test_inputs_and_losses_are_mixed_in_the_same_way(targets, kernel_set, monkeypatch):
    """The expected loss of soft targets is computed by hand."""
    drawn = []
    start = Mixup.start
    monkeypatch.setattr(module.Mixup, "start", lambda self, m: (start(self, m), drawn.append(self)))
    classes = targets == "classes"
    y = LABELS if classes else RNG.normal(size=(60, 3)).astype(np.float32)
    net = MultiLayerPerceptron(
        [InputLayer(5, "none"), DenseLayer(3, "softmax" if classes else "identity")], seed=0
    )
    W, b = net.parameters["W1"].copy(), net.parameters["b1"].copy()
    seen = Mixed()

    net.fit(X, y, epochs=1, batch_size="all", mixup=0.5, callbacks=[seen], verbose=0)

    rows = np.arange(60)
    share = np.ones(60)
    drawn[0].blend(rows, share, np.zeros(60))
    partners, share = drawn[0].partners(rows), share[:, None]
    x = share * X + (1 - share) * X[partners]
    np.testing.assert_allclose(seen.input, x, atol=1e-6)
    values = np.eye(3)[y] if classes else y
    z = x @ W + b
    if classes:
        t = share * values + (1 - share) * values[partners]
        a = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        losses, dz = -(t * np.log(a)).sum(axis=1), a - t
    else:
        errors = [(z - values) ** 2, (z - values[partners]) ** 2]
        losses = (share * errors[0] + (1 - share) * errors[1]).mean(axis=1)
        dz = 2 / 3 * (z - share * values - (1 - share) * values[partners])
    np.testing.assert_allclose(seen.losses, losses, rtol=1e-4, atol=1e-5)
    expected = np.concatenate([(x.T @ dz).ravel(), dz.sum(axis=0)]) / 60
    np.testing.assert_allclose(seen.gradient, expected, rtol=1e-3, atol=1e-5)


def test_the_mixture_does_not_depend_on_the_batch_size():
    def inputs(size):
        seen = []

        class Keep(Callback):
            def on_batch_end(self, run):
                seen.append(run.cache.input.a.copy())

        net = MultiLayerPerceptron([InputLayer(5), DenseLayer(3, "softmax")], seed=0)
        net.fit(
            X, LABELS, epochs=1, batch_size=size, shuffle=False, mixup=0.5, callbacks=[Keep()],
            verbose=0,
        )  # fmt: skip
        return np.concatenate(seen)

    np.testing.assert_array_equal(inputs(7), inputs(60))


@pytest.mark.parametrize("alpha", [-1, "some", np.inf])
def test_an_impossible_alpha_is_refused(alpha):
    net = MultiLayerPerceptron([InputLayer(5), DenseLayer(3, "softmax")])

    with pytest.raises(ArgumentError, match="mixup"):
        net.fit(X, LABELS, mixup=alpha, verbose=0)
