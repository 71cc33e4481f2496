"""A second training loop, written from the formulas alone, agrees with `fit` in every number.

It trains a network of two dense layers (tanh, softmax) in plain NumPy, one row of the history after
another, and shares only the random streams with the library.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from tests.training.small_training import RNG, N, X, Y, network

from byhand import SGD, Callback
from byhand.randomness import stream

EPOCHS, RATE = 3, 0.02
ROWS = X - X.mean(axis=0)
HELD_OUT = (ROWS[41:] * 0.9, Y[41:])
WEIGHTS = RNG.uniform(0.5, 2.0, N)

OPTIONS = {
    "drop_last": {"drop_last": True},
    "in order": {"shuffle": False},
    "l1": {"l1": 0.05},
    "l2": {"l2": 0.2},
    "clip_norm": {"clip_norm": 0.5},
    "clip_value": {"clip_value": 0.05},
    "max_norm": {"max_norm": 0.8},
    "ema": {"ema": 0.9},
    "mixup": {"mixup": 0.4},
    "adversarial": {"adversarial": 0.1},
    "sample_weight": {"sample_weight": WEIGHTS},
    "class_weight": {"class_weight": {0: 0.5, 2: 3.0}},
    "balanced": {"class_weight": "balanced"},
    "schedule": {"schedule": lambda t, epochs: 1 - t / (2 * epochs)},
    "decay": {"optimizer": SGD(RATE, weight_decay=0.5)},
    "all rows": {"batch_size": "all"},
}

PAIRS = [(), *((name,) for name in OPTIONS), *itertools.combinations(OPTIONS, 2)]
CLASHING = {("sample_weight", "class_weight"), ("class_weight", "balanced")}


class Referee:
    """The weights W1, b1, W2, b2, and what one training does with them."""

    def __init__(self, net, options) -> None:
        self.p = {name: value.copy() for name, value in net.parameters.items()}
        self.average = {name: value.copy() for name, value in self.p.items()}
        self.given = {"l1": 0, "l2": 0, "ema": 0, "mixup": 0, "adversarial": 0} | options
        self.factors = self.weights_of_examples()
        self.steps = 0
        self.batches = []  # what callbacks are shown after each step

    def weights_of_examples(self):
        """Factor of each example's loss."""
        weights = np.array(self.given.get("sample_weight", np.ones(N)))
        by_class = self.given.get("class_weight", {})
        if by_class == "balanced":
            by_class = {k: N / (3 * np.sum(k == Y)) for k in range(3)}
        return weights * np.array([by_class.get(k, 1.0) for k in Y])

    def forward(self, x):
        hidden = np.tanh(x @ self.p["W1"] + self.p["b1"])
        z = hidden @ self.p["W2"] + self.p["b2"]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return hidden, e / e.sum(axis=1, keepdims=True)

    def slopes(self, x, targets, factors):
        """Losses, predictions, gradients by the parameters of the mean loss, and by x."""
        hidden, a = self.forward(x)
        losses = -(targets * np.log(a)).sum(axis=1)
        dz2 = (a - targets) / len(x) * factors[:, None]
        dz1 = dz2 @ self.p["W2"].T * (1 - hidden**2)
        slopes = {"W1": x.T @ dz1, "b1": dz1.sum(axis=0)}
        slopes |= {"W2": hidden.T @ dz2, "b2": dz2.sum(axis=0)}
        return losses, a.argmax(axis=1), slopes, dz1 @ self.p["W1"].T

    def epoch(self, number):
        """One epoch; return its row of the history, without the seconds."""
        order, batch = self.order(number)
        share, partner = np.ones(N), np.arange(N)
        if self.given["mixup"]:
            rng, alpha = stream(0, "mixup", number), self.given["mixup"]
            partner = rng.permutation(N)
            share = rng.beta(alpha, alpha, N)
        losses, correct = [], []
        for first in range(0, len(order), batch):
            rows = order[first : first + batch]
            found = self.step(rows, partner[rows], share[rows][:, None], number, batch)
            losses += list(found[0])
            correct += list(found[1] == Y[rows])
        trained = self.p
        self.p = self.average if self.given["ema"] else self.p
        x, y = HELD_OUT
        a = self.forward(x)[1]
        row = {
            "loss": np.mean(losses), "accuracy": np.mean(correct),
            "val_loss": -np.log(a[np.arange(9), y]).mean(),
            "val_accuracy": np.mean(a.argmax(axis=1) == y), "learning_rate": self.rate,
        }  # fmt: skip
        self.shown, self.p = self.p, trained
        return row

    def order(self, number):
        batch = N if self.given.get("batch_size") == "all" else 8
        order = np.arange(N)
        if self.given.get("shuffle", True) and batch < N:
            stream(0, "shuffle", number).shuffle(order)
        return order[: N // batch * batch] if self.given.get("drop_last") else order, batch

    def step(self, rows, partners, share, number, batch):
        """Change the weights; return the losses and the predictions before that."""
        eye = np.eye(3)
        x = share * ROWS[rows] + (1 - share) * ROWS[partners]
        targets = share * eye[Y[rows]] + (1 - share) * eye[Y[partners]]
        factors = self.factors[rows]
        losses, classes, slopes, dx = self.slopes(x, targets, factors)
        if self.given["adversarial"]:
            moved = x + self.given["adversarial"] * np.sign(dx)
            other = self.slopes(np.clip(moved, ROWS.min(), ROWS.max()), targets, factors)[2]
            slopes = {name: (slopes[name] + other[name]) / 2 for name in slopes}
        slopes = self.penalised_and_clipped(slopes)
        self.update(slopes, batch)
        flat = np.concatenate([slopes[name].ravel() for name in ("W1", "W2", "b1", "b2")])
        self.batches.append([self.steps, number, self.rate, (losses * factors).mean(), *flat])
        return losses * factors, classes

    def penalised_and_clipped(self, slopes):
        for name in ("W1", "W2"):
            w = self.p[name]
            slopes[name] = slopes[name] + self.given["l2"] * w + self.given["l1"] * np.sign(w)
        if limit := self.given.get("clip_value"):
            slopes = {name: np.clip(g, -limit, limit) for name, g in slopes.items()}
        length = math.sqrt(sum((g**2).sum() for g in slopes.values()))
        factor = min(1, self.given.get("clip_norm", math.inf) / length)
        return {name: g * factor for name, g in slopes.items()}

    def update(self, slopes, batch):
        per_epoch = N // batch if self.given.get("drop_last") else math.ceil(N / batch)
        schedule = self.given.get("schedule", lambda *_: 1.0)
        self.rate = RATE * schedule(self.steps / per_epoch, EPOCHS)
        self.steps += 1
        kept = min(self.given["ema"], self.steps / (self.steps + 9))
        for name, w in self.p.items():
            if "optimizer" in self.given and name[0] == "W":
                w *= 1 - self.rate * 0.5
            w -= self.rate * slopes[name]
            if "max_norm" in self.given and name[0] == "W":
                w *= np.minimum(1, self.given["max_norm"] / np.linalg.norm(w, axis=0))
            self.average[name] = kept * self.average[name] + (1 - kept) * w


class Shown(Callback):
    """Keeps what a callback is shown after each step."""

    def __init__(self) -> None:
        self.batches = []

    def on_batch_end(self, run):
        place = [run.step, run.epoch, run.learning_rate, run.batch_loss]
        self.batches.append([*place, *run.net.gradients.vector])


@pytest.mark.parametrize("names", [pair for pair in PAIRS if pair not in CLASHING], ids="+".join)
def test_fit_agrees_with_the_formulas(names):
    options = {}
    for name in names:
        options |= OPTIONS[name]
    net = network()
    referee = Referee(net, options)
    shown = Shown()
    given = {"batch_size": 8, "optimizer": SGD(RATE), "callbacks": [shown]} | options

    history = net.fit(ROWS, Y, epochs=EPOCHS, validation_data=HELD_OUT, verbose=0, **given)

    rows = [referee.epoch(number) for number in range(1, EPOCHS + 1)]
    for epoch, expected in enumerate(rows, start=1):
        found = history.row(epoch)
        assert found.pop("seconds") > 0
        assert found == pytest.approx(expected, rel=1e-10), epoch
    np.testing.assert_allclose(shown.batches, referee.batches, rtol=1e-8, atol=1e-12)
    for name, expected in referee.shown.items():
        np.testing.assert_allclose(net.parameters[name], expected, rtol=1e-9, atol=1e-12)
