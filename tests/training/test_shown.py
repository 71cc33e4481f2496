"""What training shows: lines, curves in a notebook, and the history."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from byhand.training import progress
from byhand.training.history import History
from byhand.training.progress import LiveBar, LiveCurves, PlainLines, epoch_line


def shown_run(epoch, epochs, stop_reason=None, **row):
    values = {"loss": 0.5, "seconds": 1.234} | row
    history = History({name: [value] for name, value in values.items()})
    return SimpleNamespace(
        epoch=epoch, epochs=epochs, stop_reason=stop_reason, history=history, step=5,
        steps_per_epoch=10, batch_loss=0.25,
    )  # fmt: skip


def test_the_line_of_an_epoch():
    row = {"accuracy": 0.5, "val_loss": 0.25, "val_accuracy": 0.75}

    assert epoch_line(shown_run(3, 5)) == "epoch 3/5  loss 0.5000  1.23 s"
    assert epoch_line(shown_run(3, 100, **row)) == (
        "epoch   3/100  loss 0.5000  acc 50.00 %  val loss 0.2500  val acc 75.00 %  1.23 s"
    )


@pytest.mark.parametrize(
    ("epochs", "every", "lines"),
    [
        (1, None, [1]), (25, None, list(range(1, 26))), (49, None, list(range(1, 50))),
        (50, None, [1, *range(2, 51, 2)]), (51, None, [1, *range(2, 51, 2), 51]),
        (75, None, [1, *range(3, 76, 3)]), (10, 4, [1, 4, 8, 10]), (3, 1, [1, 2, 3]),
    ],
)  # fmt: skip
def test_which_epochs_get_a_line(epochs, every, lines, capsys):
    callback = PlainLines(every)
    callback.on_train_begin(shown_run(0, epochs))
    for epoch in range(1, epochs + 1):
        callback.on_epoch_end(shown_run(epoch, epochs))

    printed = capsys.readouterr().out.splitlines()
    assert [int(line.split("/")[0].removeprefix("epoch")) for line in printed] == lines


def test_the_epoch_in_which_training_stops_gets_a_line(capsys):
    callback = PlainLines(10)
    callback.on_train_begin(shown_run(0, 50))
    for epoch, reason in ((3, None), (7, "enough")):
        callback.on_epoch_end(shown_run(epoch, 50, reason))
    callback.on_train_end(shown_run(7, 50))
    callback.on_train_end(shown_run(7, 50, "enough"))

    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("epoch  7/50")
    assert rest == ["stopped: enough"]


def test_a_bar_moves_ten_times_a_second_at_most(monkeypatch):
    seconds, moves = [0.0], []
    clock = SimpleNamespace(monotonic=lambda: seconds[0])
    monkeypatch.setattr(progress, "time", clock)
    callback = LiveBar()
    callback.due, callback.task = 0.0, 7
    callback.bar = SimpleNamespace(update=lambda task, **shown: moves.append((task, shown)))
    for tick in (0, 1, 9, 10, 11, 20, 21, 60):
        seconds[0] = tick / 100
        callback.on_batch_end(shown_run(2, 3, accuracy=0.5))

    assert moves == 4 * [
        (7, {"completed": 5, "description": "epoch 2/3", "numbers": "loss 0.2500  acc 50.00 %"})
    ]


def test_the_words_below_live_curves():
    curves = LiveCurves(SimpleNamespace())
    curves.first = 5
    later = shown_run(2, 3)
    later.step = 15

    assert curves._words(shown_run(1, 3), 1.0, False) == "epoch 1 of 3"
    assert curves._words(later, 4.0, False) == "epoch 2 of 3, loss 0.2500, about 6.0 s left"
    assert curves._words(later, 4.0, True) == "1 epochs in 4.0 s: all epochs done"
    assert curves._words(shown_run(2, 3, "enough"), 4.0, True) == "1 epochs in 4.0 s: enough"


@pytest.mark.parametrize(("is_over", "epochs", "best"), [(False, 3, None), (True, 1, 1)])
def test_the_axis_of_live_curves_has_all_epochs_until_training_is_over(
    is_over, epochs, best, monkeypatch
):
    drawn, shown = [], []
    monkeypatch.setattr(progress, "curves", lambda history, **options: drawn.append(options) or "")
    callback = LiveCurves(SimpleNamespace(show=lambda html, text: shown.append(text)))
    run = shown_run(1, 3)
    run.history.best_epoch = 1
    run.net = SimpleNamespace(shape_text="4-2")
    callback.on_train_begin(run)
    callback._show(run, is_over=is_over)

    assert drawn[0] == {"epochs": 3, "best": None}
    assert drawn[1] == {"epochs": epochs, "best": best}
    title, line = shown[1].splitlines()
    assert title.startswith("Trained 4-2: 1 epochs" if is_over else "Training 4-2: epoch 1 of 3")
    assert line == epoch_line(run)


def texts(html):
    return [one.strip() for one in re.split(r"<[^>]+>", html) if one.strip()]


def test_a_history_in_a_notebook():
    best = History({"loss": [1.0, 0.5], "val_loss": [1.0, 2.0]}, "why", best_epoch=2)
    shown = texts(best._repr_html_())

    assert shown[0] == "History of 2 epochs, best 2"
    assert {"loss", "training", "validation"} <= set(shown)
    assert "accuracy" not in shown
    assert shown[-2:] == ["last epoch: loss 0.5, val_loss 2", "why"]
    assert texts(History({"loss": [1.0]}, "why")._repr_html_())[0] == "History of 1 epoch"
    assert texts(History()._repr_html_()) == ["History of no epochs"]
    assert repr(best) == "<History of 2 epochs: loss 0.5, val_loss 2; why>"
