"""The best weights come back together with the running statistics that belong to them."""

from __future__ import annotations

import signal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from byhand import (
    BatchNormLayer,
    Callback,
    DenseLayer,
    EarlyStopping,
    History,
    InputLayer,
    ModelCheckpoint,
    MultiLayerPerceptron,
)
from byhand.training.best_weights import MONITORS, Best
from byhand.training.interrupt import REASONS

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(40, 5)), RNG.integers(0, 3, 40)
VALIDATION = (RNG.normal(size=(30, 5)), RNG.integers(0, 3, 30))  # noise, which is soon overfitted
EPOCHS = 8


def network():
    layers = [
        InputLayer(5, "none"),
        DenseLayer(16),
        BatchNormLayer("relu"),
        DenseLayer(3, "softmax"),
    ]
    return MultiLayerPerceptron(layers, seed=0)


class EveryEpoch(Callback):
    """Keep parameters, statistics and validation loss after every epoch."""

    def __init__(self):
        self.parameters, self.statistics, self.losses = [], [], []

    def on_epoch_end(self, run):
        self.parameters.append(run.net.parameters.vector.copy())
        self.statistics.append(run.net.statistics.vector.copy())
        self.losses.append(run.history["val_loss"][-1])


def fit(net, *callbacks, **options):
    """Train until the validation loss is worse than at its best; return every epoch."""
    every = EveryEpoch()
    options = {"epochs": EPOCHS, "batch_size": 10, "learning_rate": 0.02, "verbose": 0} | options
    history = net.fit(X, Y, validation_data=VALIDATION, callbacks=[every, *callbacks], **options)
    best = int(np.argmin(every.losses))
    assert 0 < best + 1 < len(every.losses)
    assert history.best_epoch == best + 1
    assert not np.array_equal(every.statistics[best], every.statistics[-1])
    return every, best


def assert_is_best(net, every, best):
    np.testing.assert_array_equal(net.parameters.vector, every.parameters[best])
    np.testing.assert_array_equal(net.statistics.vector, every.statistics[best])
    assert net.evaluate(*VALIDATION)["loss"] == pytest.approx(every.losses[best], rel=1e-6)


def test_early_stopping_restores_weights_and_statistics():
    net = network()

    every, best = fit(net, EarlyStopping(patience=3))

    assert_is_best(net, every, best)


def test_the_best_checkpoint_holds_weights_and_statistics(tmp_path):
    every, best = fit(network(), ModelCheckpoint(tmp_path))

    assert_is_best(MultiLayerPerceptron.load(tmp_path / "best.safetensors"), every, best)


def test_an_interrupted_run_ends_with_the_best_weights_and_statistics():
    class Interrupt(Callback):
        def on_epoch_end(self, run):
            if run.epoch == EPOCHS - 1:
                run.stop(REASONS[signal.SIGINT])

    net = network()

    every, best = fit(net, Interrupt())

    assert len(every.losses) == EPOCHS - 1
    assert_is_best(net, every, best)


def test_a_resumed_run_restores_the_best_of_the_first_run(tmp_path):
    first, best = fit(network(), ModelCheckpoint(tmp_path))
    net = network()

    history = net.fit(
        X, Y, validation_data=VALIDATION, batch_size=10, learning_rate=0.02, verbose=0,
        epochs=EPOCHS + 1, resume_from=tmp_path / "last.safetensors",
        callbacks=[EarlyStopping(patience=EPOCHS + 2)],
    )  # fmt: skip

    assert history.best_epoch == best + 1
    assert_is_best(net, first, best)


# --- the best value -----------------------------------------------------------------------------

finite = st.floats(-1e6, 1e6)


@given(st.sampled_from(sorted(MONITORS)), st.lists(finite, min_size=1), st.floats(0, 10))
def test_a_worse_value_is_never_an_improvement_whatever_its_sign(monitor, values, min_delta):
    best, history, net = Best(monitor, min_delta), History(), network()
    sign = -1 if MONITORS[monitor] == "min" else 1
    for value in values:
        history.append({monitor: value})
        before = best.value

        improved = best.update(net, history)

        assert improved == (before is None or sign * (value - before) > min_delta)
        assert best.value == (value if improved else before)


@given(st.sampled_from(sorted(MONITORS)), st.lists(finite, min_size=1))
def test_catching_up_with_a_history_finds_the_same_best(monitor, values):
    best, late, history, net = Best(monitor), Best(monitor), History(), network()
    for value in values:
        history.append({monitor: value})
        best.update(net, history)

    late.catch_up(history)

    assert (late.value, late.epoch) == (best.value, best.epoch)


@pytest.mark.parametrize("monitor", MONITORS)
def test_a_value_that_is_not_a_number_is_never_the_best(monitor):
    best, history, net = Best(monitor), History(), network()
    found = []
    for value in [float("nan"), 0.5, float("nan")]:
        history.append({monitor: value})
        best.update(net, history)
        found.append((best.value, best.epoch))

    assert found == [(None, 0), (0.5, 2), (0.5, 2)]
