"""Progress: silence on request, plain lines in a file or pipe, a live bar on a terminal."""

from __future__ import annotations

import io
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from byhand import Callback, DenseLayer, InputLayer, MultiLayerPerceptron, kernels
from byhand.readable import percent
from byhand.training import progress as progress_module
from byhand.training.progress import LiveBar, PlainLines, progress

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 4))
Y = RNG.integers(0, 2, 40)


class StopAt(Callback):
    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch_end(self, run):
        if run.epoch == self.epoch:
            run.stop("no reason")


def fit(y=Y, output="softmax", callbacks=(), **options):
    net = MultiLayerPerceptron([InputLayer(4, "none"), DenseLayer(2, output)], seed=5)
    return net.fit(X, y, **{"epochs": 3, "callbacks": callbacks} | options)


class Terminal(io.StringIO):
    """A terminal that records its output."""

    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """Replaces the output by a terminal when called; pytest would undo it earlier."""

    def attach():
        screen = Terminal()
        monkeypatch.setattr(sys, "stdout", screen)
        monkeypatch.setenv("TERM", "xterm")
        return screen

    return attach


def test_verbose_0_is_silent(capfd):
    kernels.active()  # the very first compilation prints a message
    capfd.readouterr()

    fit(verbose=0, validation_split=0.2, callbacks=[StopAt(2)])

    out, err = capfd.readouterr()
    assert out == err == ""


def test_verbose_0_is_silent_on_a_terminal_too(terminal):
    screen = terminal()
    fit(verbose=0, validation_split=0.2)

    assert screen.getvalue() == ""


def test_off_a_terminal_each_epoch_is_a_plain_line(capsys):
    history = fit(validation_split=0.25)

    out = capsys.readouterr().out
    split, *lines = out.splitlines()
    assert split == "split: 30 for training, 10 for validation (stratified, seed 5)"
    assert "\x1b" not in out
    assert "\r" not in out
    for epoch, line in enumerate(lines, start=1):
        row = history.row(epoch)
        assert line.startswith(f"epoch {epoch}/3  loss {row['loss']:.4f}")
        assert f"acc {percent(row['accuracy'], 2)}" in line
        assert f"val loss {row['val_loss']:.4f}" in line
        assert f"val acc {percent(row['val_accuracy'], 2)}" in line
        assert line.endswith(" s")
    assert len(lines) == 3


def test_a_split_that_is_not_stratified_is_reported(capsys):
    fit(validation_split=0.25, stratify=False)
    fit(X[:, :2], "identity", validation_split=0.25)

    assert capsys.readouterr().out.count("not stratified") == 2


def test_values_have_no_accuracy_to_show(capsys):
    fit(X[:, :2], "identity")

    assert "acc" not in capsys.readouterr().out


@pytest.mark.parametrize("epochs", [1, 25, 60, 1000])
def test_long_trainings_do_not_flood_the_log(epochs, capsys):
    fit(epochs=epochs, batch_size="all")

    lines = capsys.readouterr().out.splitlines()
    assert min(epochs, 25) <= len(lines) <= 50
    assert f" 1/{epochs} " in lines[0]
    assert f"{epochs}/{epochs}" in lines[-1]


def test_the_reason_for_an_early_end_is_printed(capsys):
    fit(epochs=100, callbacks=[StopAt(7)])

    lines = capsys.readouterr().out.splitlines()
    assert "7/100" in lines[-2]
    assert lines[-1] == "stopped: no reason"


def test_on_a_terminal_the_epochs_are_above_a_bar(terminal):
    screen = terminal()
    history = fit(validation_split=0.25)

    shown = screen.getvalue()
    assert "\x1b[" in shown
    for epoch in (1, 2, 3):
        assert f"epoch {epoch}/3  loss {history['loss'][epoch - 1]:.4f}" in shown
    assert "left" in shown


def test_the_bar_leaves_room_for_what_the_terminal_writes_at_ctrl_c(terminal, monkeypatch):
    """After a full line, ^C would start a new one and leave the bar above it."""
    monkeypatch.setenv("COLUMNS", "70")
    screen = terminal()
    fit(epochs=40)

    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", screen.getvalue())
    bars = [part for part in re.split(r"[\r\n]+", plain) if "left" in part]
    assert bars
    assert max(map(len, bars)) <= 70 - 3


def test_on_a_terminal_the_reason_for_an_early_end_is_printed(terminal):
    screen = terminal()
    fit(callbacks=[StopAt(2)])

    assert "stopped: no reason" in screen.getvalue()


def test_the_bar_is_closed_when_training_fails(terminal):
    class Fails(Callback):
        def on_epoch_end(self, run):
            raise RuntimeError("broken")

    screen = terminal()
    with pytest.raises(RuntimeError, match="broken"):
        fit(callbacks=[Fails()])

    assert screen.getvalue().count("\x1b[?25h") == 1  # the cursor is visible again


def test_in_a_long_training_the_first_and_the_last_epoch_are_above_the_bar(terminal):
    screen = terminal()
    fit(epochs=80, batch_size="all")

    assert " 1/80  loss" in screen.getvalue()
    assert "80/80  loss" in screen.getvalue()


@pytest.mark.parametrize(
    ("epochs", "lines"), [(5, [1, 2, 3, 4, 5]), (50, [1, *range(2, 51, 2)]), (51, [1, 2, 50, 51])]
)
def test_the_bar_has_the_lines_above_it_that_a_file_would_have(epochs, lines, terminal):
    screen = terminal()
    fit(epochs=epochs, batch_size="all")

    shown = {int(epoch) for epoch in re.findall(r"epoch +(\d+)/\d+  loss", screen.getvalue())}
    assert set(lines) <= shown
    assert shown <= {1, epochs, *range(epochs // 25 or 1, epochs + 1, epochs // 25 or 1)}


def test_each_plain_line_is_written_at_once(monkeypatch):
    class File(io.StringIO):
        flushed = 0

        def flush(self):
            self.flushed += 1

    file = File()
    monkeypatch.setattr(sys, "stdout", file)
    fit(epochs=3)

    assert file.flushed >= 3


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        ({}, "loss 0.5000"),
        ({"accuracy": [0.25]}, "loss 0.5000  acc 25.00 %"),
        ({"accuracy": [0.25], "val_accuracy": [0.5]}, "loss 0.5000  val acc 50.00 %"),
    ],
)
def test_the_bar_shows_the_accuracy_on_validation_or_else_training_rows(columns, shown):
    updates = []
    bar = LiveBar()
    bar.task, bar.due = 0, 0.0
    bar.bar = SimpleNamespace(update=lambda _, **options: updates.append(options["numbers"]))
    history = SimpleNamespace(columns=columns)

    bar.on_batch_end(SimpleNamespace(history=history, step=1, epoch=1, epochs=2, batch_loss=0.5))

    assert updates == [shown]


def test_which_progress_is_shown_depends_on_the_output(terminal):
    assert isinstance(progress(1)[0], PlainLines)
    terminal()
    assert isinstance(progress(1)[0], LiveBar)
    assert progress(0) == []


class Drawn:
    """Keeps what is drawn in a notebook."""

    def __init__(self):
        self.texts = []

    def show(self, _, text):
        self.texts.append(text)


@pytest.mark.parametrize(("redraw", "times"), [(0.0, 2 + 3 * 2), (1e9, 2)])
def test_in_a_notebook_curves_are_redrawn_now_and_then(redraw, times, monkeypatch):
    monkeypatch.setattr(progress_module, "REDRAW", redraw)
    drawn = Drawn()
    monkeypatch.setattr(progress_module, "live_display", lambda: drawn)
    (curves,) = progress(1)

    fit(verbose=0, batch_size=20, callbacks=[curves])

    assert len(drawn.texts) == times
    assert "epoch 0 of 3" in drawn.texts[0]
    assert "3 epochs in" in drawn.texts[-1]
    assert "all epochs done" in drawn.texts[-1]
