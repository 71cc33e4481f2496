"""Which array is named when training diverges, and its cause: the first in the order of a step."""

from __future__ import annotations

import numpy as np
import pytest
from tests.training.small_training import N, X, Y

from byhand import SGD, Adam, BatchNormLayer, DenseLayer, InputLayer, MultiLayerPerceptron
from byhand.network.targets import Targets
from byhand.training.divergence import check_parameters, explain_divergence
from byhand.training.history import History
from byhand.training.run import Examples, Settings, TrainingRun

RATE = "the learning rate (0.25) is too high"
REMEDY = "Lower it, or clip the gradient with clip_norm=1.0."
UNSCALED = "the input is not scaled (A0 reaches 49)"
BEGIN = "training diverged (NaN or infinity) in epoch 2, step 8: "


@pytest.fixture
def run():
    """A run in the middle of its eighth step; its optimizer keeps m and v."""
    net = MultiLayerPerceptron(
        [InputLayer(5, "none"), DenseLayer(4), BatchNormLayer("tanh"), DenseLayer(3, "softmax")],
        seed=0, dtype="float64",
    )  # fmt: skip
    examples = Examples(X, (5,), Targets(Y, Y), np.arange(N))
    run = TrainingRun(net, examples, None, Settings(8), SGD(), None, 3, "loss", History())
    run.epoch, run.step, run.learning_rate = 2, 7, 0.25
    run.optimizer_state = Adam().init_state(net.parameters)
    run.cache = net.forward(X, training=True)
    net.backward(run.cache, Y)
    net.parameters.vector[:] = 0.5
    return run


def spoil_input(run):
    run.cache["A0"][3, 1] = np.nan


def spoil_weights(run):
    run.net.parameters["W2"][0, :] = np.inf


def spoil_statistics(run):
    run.net.statistics["variance1"][0] = np.inf


def spoil_sum(run):
    run.cache["Z2"][0, 0] = -np.inf


def spoil_gradient(run):
    run.cache["dZ2"][0, 0] = np.nan


def spoil_state(run):
    run.optimizer_state["v"][0] = np.inf


OVERFLOW = f"weights grew too large because {RATE}, or {UNSCALED}. {REMEDY}"
ORDER = [
    (spoil_input, "the input A0 contains NaN or infinity",
     "the data, or the augmentation, is broken."),
    (spoil_weights,
     "W2 of layer 2 became NaN or infinite in the step before (25 % of it)",
     f"{RATE} for these gradients. {REMEDY}"),
    (spoil_statistics, "the running variance1 overflowed", f"{UNSCALED}, or {RATE}. {REMEDY}"),
    (spoil_sum, "Z2 overflowed while all parameters were finite (largest: 0.5)", OVERFLOW),
    (spoil_state, "the optimizer's v overflowed", f"{UNSCALED}, or {RATE}. {REMEDY}"),
    (spoil_gradient, "the loss overflowed",
     f"{RATE}, or the targets are very large. {REMEDY}"),
]  # fmt: skip


@pytest.mark.parametrize("first", range(len(ORDER)))
def test_the_first_bad_array_in_the_order_of_a_step_is_named(first, run):
    for spoil, *_ in ORDER[first:]:
        spoil(run)
    _, where, cause = ORDER[first]

    assert str(explain_divergence(run)) == f"{BEGIN}{where}. Likely cause: {cause}"


@pytest.mark.parametrize(
    ("spoil", "is_seen"),
    [
        (spoil_weights, True), (spoil_statistics, True), (spoil_state, True),
        (spoil_input, False), (spoil_sum, False), (spoil_gradient, False),
    ],
)  # fmt: skip
def test_after_an_epoch_what_is_kept_is_checked(spoil, is_seen, run):
    check_parameters(run)
    spoil(run)
    if is_seen:
        with pytest.raises(ArithmeticError, match=r"training diverged"):
            check_parameters(run)
    else:
        check_parameters(run)
