"""The small pieces of training, each alone, with tables of what goes in and what comes out."""

from __future__ import annotations

import math
import re
import signal

import numpy as np
import pytest
from tests.training.small_training import N, X, Y, network

from byhand import (
    SGD,
    ArgumentError,
    EarlyStopping,
    ReduceOnPlateau,
)
from byhand.network.targets import Targets
from byhand.training.averaging import WeightAverage
from byhand.training.best_weights import MONITORS, Best
from byhand.training.history import History
from byhand.training.interrupt import REASONS, signal_of, was_interrupted
from byhand.training.optimizer_state import OptimizerMemory
from byhand.training.rate_finder import RateSearch
from byhand.training.run import Examples, Settings, TrainingRun
from byhand.training.snapshots import planned_epochs
from byhand.training.split import split_rows


def refused(error, message):
    return pytest.raises(error, match=re.escape(message))


def run_of(validation=None, labels=Y, batch_size=8, rows=N, **settings):
    """A run that has not begun."""
    targets = Targets(np.zeros((N, 3)) if labels is None else labels, labels)
    examples = Examples(X, (5,), targets, np.arange(rows))
    return TrainingRun(
        network(), examples, validation, Settings(batch_size, **settings), SGD(), None, 3, "loss",
        History(),
    )  # fmt: skip


# --- the run ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "batch_size", "drop_last", "steps"),
    [(50, 8, False, 7), (50, 8, True, 6), (48, 8, False, 6), (48, 8, True, 6), (7, 7, False, 1)],
)
def test_the_number_of_steps_in_an_epoch(rows, batch_size, drop_last, steps):
    run = run_of(rows=rows, batch_size=batch_size, drop_last=drop_last)

    assert run.steps_per_epoch == steps


def test_what_may_be_monitored_and_which_way_is_better():
    assert MONITORS == {
        "loss": "min", "val_loss": "min", "accuracy": "max", "val_accuracy": "max",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("monitor", "labels", "validation", "message"),
    [
        ("loss", None, False, None),
        ("accuracy", Y, False, None),
        ("val_loss", None, True, None),
        ("val_accuracy", Y, True, None),
        ("accuracy", None, False, "accuracy needs class labels, but these targets are values; "
         "monitor 'loss'."),
        ("val_accuracy", None, True, "val_accuracy needs class labels, but these targets are "
         "values; monitor 'val_loss'."),
        ("val_loss", Y, False, "val_loss needs validation data; pass validation_split= or "
         "validation_data=, or monitor 'loss'."),
        ("seconds", Y, True, "unknown monitor 'seconds'"),
    ],
)  # fmt: skip
def test_a_monitor_must_exist_in_the_run(monitor, labels, validation, message):
    run = run_of(object() if validation else None, labels)
    if message is None:
        run.check_monitor(monitor)
    else:
        with refused(ArgumentError, message):
            run.check_monitor(monitor)


def test_the_first_reason_to_stop_stays():
    run = run_of()
    run.stop("first")
    run.stop("second")

    assert run.stop_reason == "first"


def test_reasons_name_the_signals():
    assert REASONS[signal.SIGINT] == "interrupted (Ctrl-C)"
    assert REASONS[signal.SIGTERM] == "interrupted (SIGTERM)"
    assert [signal_of(reason) for reason in REASONS.values()] == [int(one) for one in REASONS]
    assert (signal_of("done"), was_interrupted("done"), was_interrupted(None)) == (None,) + (
        False,
    ) * 2
    assert all(was_interrupted(reason) for reason in REASONS.values())


# --- the best epoch -----------------------------------------------------------------------------


def test_the_best_epoch_is_found_with_its_weights_and_only_a_larger_gain_counts():
    net, history = network(), History()
    best = Best("loss", min_delta=0.25)
    seen = []
    for value in (1.0, 0.75, 0.5, math.nan, 0.25, 0.125):
        net.parameters.vector[:] = value
        history.append({"loss": value})
        seen.append(best.update(net, history))

    assert seen == [True, False, True, False, False, True]
    assert (best.value, best.epoch) == (0.125, 6)
    net.parameters.vector[:] = 7
    best.restore(net)
    assert (net.parameters.vector == 0.125).all()


def test_without_a_best_epoch_nothing_is_restored():
    net = network()
    before = net.parameters.vector.copy()
    for weights, statistics in ((None, None), (np.zeros_like(before), None)):
        best = Best("loss")
        best.weights, best.statistics = weights, statistics
        best.restore(net)

    np.testing.assert_array_equal(net.parameters.vector, before)


@pytest.mark.parametrize(
    ("epoch", "weights", "statistics", "taken"),
    [
        (2, True, True, True),
        (1, True, True, False),
        (2, False, True, False),
        (2, True, False, False),
    ],
)
def test_saved_weights_are_taken_over_if_they_are_those_of_the_best_epoch(
    epoch, weights, statistics, taken
):
    saved = Best("accuracy")
    saved.epoch = epoch
    saved.weights = np.ones(3) if weights else None
    saved.statistics = np.ones(2) if statistics else None
    best = Best("accuracy")

    best.catch_up(History({"accuracy": [0.5, 0.75, 0.75]}), saved)

    assert (best.epoch, best.value) == (2, 0.75)
    assert (best.weights is not None and best.statistics is not None) is taken
    assert best.weights is None or best.weights is not saved.weights


@pytest.mark.parametrize("hook", ["on_train_begin", "on_epoch_end"])
@pytest.mark.parametrize(("epochs", "stops"), [(3, False), (4, True), (5, True)])
def test_patience_is_counted_from_the_best_epoch(hook, epochs, stops):
    """Also when a run is resumed: its history may be longer than the patience."""
    run, callback = run_of(), EarlyStopping(patience=3)
    run.history.columns = {"loss": [0.5, *[1.0] * (epochs - 1)]}
    run.epoch = epochs
    if hook == "on_epoch_end":
        callback.best = Best("loss")
        callback.best.catch_up(run.history)
        callback.on_epoch_end(run)
    else:
        callback.on_train_begin(run)

    expected = "loss has not improved for 3 epochs; best 0.5 in epoch 1"
    assert run.stop_reason == (expected if stops else None)


@pytest.mark.parametrize(
    ("epochs", "best", "since"), [(1, 1, 0), (3, 1, 2), (4, 1, 0), (6, 2, 1), (7, 2, 2), (5, 5, 0)]
)
def test_a_resumed_reduction_goes_on_counting(epochs, best, since):
    run, callback = run_of(), ReduceOnPlateau(patience=3)
    run.history.columns = {"loss": [2.0] * (best - 1) + [1.0] + [2.0] * (epochs - best)}
    run.epoch = epochs

    callback.on_train_begin(run)

    assert callback.since == since


# --- splits -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "held_out", "count"),
    [
        (10, 1, 1), (10, 9, 9), (10, np.int64(3), 3), (10, 0.25, 2), (10, 0.35, 4),
        (10, np.float32(0.5), 5), (2, 0.5, 1), (3, 0.999, None), (10, 10, None), (10, 0, None),
        (10, -1, None), (10, 1.0, None), (10, 0.0, None), (10, 0.01, None), (10, True, None),
        (10, "1", None), (10, math.nan, None), (1, 0.5, None),
    ],
)  # fmt: skip
def test_the_number_of_rows_held_out(n, held_out, count):
    rng = np.random.default_rng(0)
    if count is None:
        with refused(ArgumentError, f"fewer rows than there are ({n})"):
            split_rows(n, held_out, rng)
        return

    train, validation = split_rows(n, held_out, rng)

    assert (len(train), len(validation)) == (n - count, count)
    np.testing.assert_array_equal(np.sort(np.r_[train, validation]), np.arange(n))
    assert (np.diff(train) > 0).all()
    assert (np.diff(validation) > 0).all()


@pytest.mark.parametrize(
    ("sizes", "count", "quota"),
    [
        ([40, 10], 10, [8, 2]), ([5, 5, 5], 4, [2, 1, 1]), ([7, 2, 1], 5, [4, 1, 0]),
        ([1, 1, 1, 9], 6, [1, 1, 0, 4]), ([3, 3], 3, [2, 1]), ([1, 99], 50, [1, 49]),
    ],
)  # fmt: skip
def test_a_stratified_split_gives_the_largest_remainders_one_row_more(sizes, count, quota):
    labels = np.random.default_rng(1).permutation(np.repeat(np.arange(len(sizes)), sizes))

    _, chosen = split_rows(len(labels), count, np.random.default_rng(0), labels)

    assert np.bincount(labels[chosen], minlength=len(sizes)).tolist() == quota


# --- averages, snapshots, optimizers ------------------------------------------------------------


@pytest.mark.parametrize("decay", [0.0, 0.05, 0.5, 0.999])
def test_the_average_of_the_weights_by_its_formula(decay):
    net = network()
    other = net.parameters.vector.copy()
    average, expected = WeightAverage(net, decay, other.copy(), False), other
    for t in range(1, 30):
        net.parameters.vector[:] = np.sin(t + np.arange(len(other)))
        d = min(decay, t / (t + 9))
        expected = d * expected + (1 - d) * net.parameters.vector
        average.update(t)
    last = net.parameters.vector.copy()

    np.testing.assert_allclose(average.other, expected, rtol=1e-12)
    for shown, vector in ((False, last), (True, expected), (True, expected), (False, last)):
        average.show(shown)
        np.testing.assert_allclose(net.parameters.vector, vector, rtol=1e-12)
        assert average.in_network is shown


@pytest.mark.parametrize(
    ("epochs", "count", "planned"),
    [
        (100, 1, {0}), (100, 2, {0, 1}), (100, 3, {0, 1, 100}), (100, 4, {0, 1, 10, 100}),
        (0, 5, {0, 1}), (1, 8, {0, 1}), (2, 8, {0, 1, 2}), (8, 5, {0, 1, 2, 4, 8}),
    ],
)  # fmt: skip
def test_the_epochs_of_snapshots(epochs, count, planned):
    assert planned_epochs(epochs, count) == planned


def test_an_optimizer_remembers_its_steps_of_all_runs():
    run = run_of()
    run.first_step, run.step, run.optimizer_state = 30, 12, {"v": np.array([0.1, 0.2])}

    memory = OptimizerMemory.of(run)
    copied = memory.copy(np.float32)
    later = run_of()
    copied.recall(later)

    assert (memory.optimizer, memory.step) == ("sgd", 42)
    assert (later.first_step, later.step) == (42, 0)
    assert later.optimizer_state["v"].dtype == np.float32
    assert later.optimizer_state["v"] is copied.state["v"]
    with refused(ArgumentError, "continues with 'adam', the optimizer of the last fit; got 'sgd'."):
        OptimizerMemory("adam", 1, {}).recall(later)


def test_a_search_for_a_rate_sums_itself_up():
    smoothed = np.r_[np.linspace(1, 0.1, 21), np.linspace(0.2, 5, 10)]
    found = RateSearch(np.geomspace(1e-3, 1, 31), np.ones(31), smoothed)

    assert found.best == pytest.approx(0.1)
    assert found.suggestion == 0.01
    assert len(found.rows()) == 12
    np.testing.assert_allclose(found.rows(3), [(1e-3, 1), (10**-1.5, 0.325), (1, 5)])
    assert repr(found) == (
        "<RateSearch: 31 steps from 1.0e-03 to 1.0e+00, lowest loss at 1.0e-01, suggestion 0.01>"
    )
