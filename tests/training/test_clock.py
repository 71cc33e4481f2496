"""What training measures and shows with a clock, on a clock that the test moves."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from tests.training.small_training import N, X, Y, network
from tests.training.test_shown import shown_run

from byhand import SGD, Callback
from byhand.network.targets import Targets
from byhand.training import progress, trainer
from byhand.training.history import History
from byhand.training.progress import LiveBar, LiveCurves
from byhand.training.run import Examples, Settings, TrainingRun
from byhand.training.trainer import Trainer


class Clock:
    """A clock that stands still until it is moved."""

    now = 100.0

    def monotonic(self):
        return self.now

    perf_counter = monotonic


@pytest.fixture
def clock(monkeypatch):
    moved = Clock()
    for module in (progress, trainer):
        monkeypatch.setattr(module, "time", moved)
    return moved


@pytest.mark.parametrize(("has_validation", "seconds"), [(False, 14.0), (True, 21.0)])
def test_the_seconds_of_an_epoch_are_those_of_its_steps_and_of_its_validation(
    has_validation, seconds, clock, monkeypatch
):
    """Two steps take 7 seconds each, the validation another 7."""

    class Slow(Callback):
        def on_epoch_begin(self, run):
            assert run.history.epochs == run.epoch - 1

        def on_batch_end(self, run):
            clock.now += 7

    def scores(*_):
        clock.now += 7
        return {"loss": 0.5, "wrong": 3}

    examples = Examples(X, (5,), Targets(Y, Y), np.arange(N))
    run = TrainingRun(
        network(), examples, examples if has_validation else None, Settings(25), SGD(0.25), None,
        2, "loss", History(),
    )  # fmt: skip
    monkeypatch.setattr(run.net.inference, "scores", scores)
    Trainer(run, [Slow()]).train()

    assert run.history["seconds"] == [seconds, seconds]
    assert run.history["learning_rate"] == [0.25, 0.25]
    assert run.history.columns.get("val_loss") == ([0.5, 0.5] if has_validation else None)
    assert "val_wrong" not in run.history


def begun(step):
    """A bar of a run of three epochs of ten steps that goes on after some steps."""
    pytest.importorskip("rich", reason="the bar needs Rich")
    run, bar = shown_run(1, 3), LiveBar()
    run.step = step
    bar.on_train_begin(run)
    return run, bar


def printed_above(bar):
    """Return a list that takes the texts printed above a bar, with their options."""
    printed = []
    bar.bar.console.print = lambda *text, **options: printed.extend((one, options) for one in text)
    return printed


@pytest.mark.parametrize("step", [0, 4])
def test_a_bar_covers_all_steps_and_begins_where_the_run_does(step):
    _, bar = begun(step)
    try:
        (task,) = bar.bar.tasks
        assert (task.total, task.completed) == (30, step)
        assert (task.description, task.fields) == ("training", {"numbers": ""})
        assert bar.bar.live.is_started
        assert bar.bar.live.transient
    finally:
        bar.bar.stop()


@pytest.mark.parametrize("reason", [None, "loss has not improved for 5 epochs"])
def test_a_bar_ends_with_the_reason_in_plain_words(reason):
    run, bar = begun(0)
    printed = printed_above(bar)
    run.stop_reason = reason
    bar.on_train_end(run)

    assert not bar.bar.live.is_started
    assert printed == ([(f"stopped: {reason}", {"highlight": False})] if reason else [])


def test_a_line_above_the_bar_is_not_coloured():
    run, bar = begun(0)
    printed = printed_above(bar)
    bar.on_epoch_end(run)
    bar.bar.stop()

    assert printed == [(progress.epoch_line(run), {"highlight": False})]


def test_live_curves_are_drawn_again_when_their_time_has_come(clock):
    drawn = []
    curves = LiveCurves(SimpleNamespace(show=lambda _, text: drawn.append(text.split("\n")[0])))
    run = shown_run(1, 3, accuracy=0.5)
    run.history.best_epoch, run.net = 1, SimpleNamespace(shape_text="4-2")
    curves.on_train_begin(run)
    curves.on_batch_end(run)
    assert len(drawn) == 1

    run.step = 10
    for second, count in ((100.3, 1), (100.4, 2), (100.7, 2), (100.81, 3), (101.2, 3)):
        clock.now = second
        curves.on_batch_end(run)
        assert len(drawn) == count, second
    clock.now = 105.0
    curves.on_train_end(run)

    assert drawn[0] == "Training 4-2: epoch 1 of 3"
    assert drawn[2] == "Training 4-2: epoch 1 of 3, loss 0.2500, about 3.2 s left"
    assert drawn[-1] == "Trained 4-2: 1 epochs in 5.0 s: all epochs done"


def test_the_reason_for_an_end_is_written_at_once(monkeypatch):
    """Whoever reads a pipe sees it before the program goes on."""
    written = []
    monkeypatch.setattr(
        progress, "print", lambda *words, **options: written.append((*words, options)),
        raising=False,
    )  # fmt: skip
    lines = progress.PlainLines()
    run = shown_run(3, 3, "enough")
    lines.on_train_begin(run)
    lines.on_epoch_end(run)
    lines.on_train_end(run)

    assert [options for *_, options in written] == [{"flush": True}] * 2
    assert written[1][0] == "stopped: enough"
