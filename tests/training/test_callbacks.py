"""Callbacks observe a training, stop it, and keep its best state."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager

import numpy as np
import pytest

from byhand import (
    SGD,
    ArgumentError,
    Callback,
    Constant,
    DenseLayer,
    EarlyStopping,
    FileError,
    History,
    HistoryToCSV,
    InputLayer,
    ModelCheckpoint,
    MultiLayerPerceptron,
    ReduceOnPlateau,
)
from byhand.network.targets import encode_targets
from byhand.training.run import Examples, Settings, TrainingRun

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 5))
Y = RNG.integers(0, 3, 60)


def network():
    layers = [InputLayer(5, "none"), DenseLayer(8, "tanh"), DenseLayer(3, "softmax")]
    return MultiLayerPerceptron(layers, seed=0)


def fit(net=None, *callbacks, **options):
    settings = {"epochs": 5, "batch_size": 16, "verbose": 0, "validation_split": 0.3}
    return (net or network()).fit(X, Y, callbacks=callbacks, **settings | options)


def run_of(monitor="val_loss"):
    """A run whose history the test fills with numbers."""
    net = network()
    targets = encode_targets(Y, len(Y), net.output_layer.units, net.loss, net.dtype)
    examples = Examples(X, X.shape[1:], targets, np.arange(len(X)))
    return TrainingRun(
        net=net, examples=examples, validation=examples, settings=Settings(batch_size=16),
        optimizer=SGD(), schedule=Constant(), epochs=100,
        monitor=monitor, history=History(),
    )  # fmt: skip


def feed(callback, values, monitor="val_loss", run=None):
    """Return the run after epochs with these values; every weight of epoch e is e."""
    run = run or run_of(monitor)
    callback.on_train_begin(run)
    for value in values:
        run.epoch += 1
        run.net.parameters.vector[:] = run.epoch
        run.history.append({monitor: value})
        callback.on_epoch_end(run)
        if run.stop_reason:
            break
    return run


# --- hooks --------------------------------------------------------------------------------------


class Diary(Callback):
    def __init__(self):
        self.entries = []

    def on_train_begin(self, run):
        self.entries.append("train begins")

    def on_epoch_begin(self, run):
        self.entries.append(f"epoch {run.epoch} begins")

    def on_batch_end(self, run):
        self.entries.append(f"step {run.step}")

    def on_epoch_end(self, run):
        self.entries.append(f"epoch {run.epoch} ends, {run.history.epochs} in the history")

    def on_train_end(self, run):
        self.entries.append("train ends")


def test_hooks_are_called_in_order():
    diary = Diary()

    fit(None, diary, epochs=2, batch_size=21)

    assert diary.entries == [
        "train begins",
        "epoch 1 begins", "step 1", "step 2", "epoch 1 ends, 1 in the history",
        "epoch 2 begins", "step 3", "step 4", "epoch 2 ends, 2 in the history",
        "train ends",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: Callback(),
        lambda folder: EarlyStopping(),
        lambda folder: ReduceOnPlateau(),
        lambda folder: ModelCheckpoint(folder),
        lambda folder: HistoryToCSV(folder / "history.csv"),
    ],
)
def test_every_callback_accepts_every_hook(make, tmp_path):
    callback, run = make(tmp_path), run_of()
    run.history.append({"val_loss": 1.0})
    run.history.record["seed"] = 0
    run.epoch = 1

    for hook in (name for name in vars(Callback) if name.startswith("on_")):
        getattr(callback, hook)(run)


def test_a_callback_sees_the_batch_that_was_just_learnt_from():
    class Look(Callback):
        def on_batch_end(self, run):
            assert run.net.gradients["dW1"].any()
            assert run.cache["A0"].shape == (16, 5) or run.cache["A0"].shape == (10, 5)
            assert np.isfinite(run.batch_loss)
            assert run.learning_rate == 0.25

    fit(None, Look(), learning_rate=0.25)


class StopAt(Callback):
    def __init__(self, hook, epoch, reason="enough"):
        def stop(run):
            if run.epoch == epoch:
                run.stop(reason)

        setattr(self, hook, stop)

    def on_batch_end(self, run):  # so that the trainer calls the one that was set
        ...


def test_stopping_at_the_end_of_an_epoch_keeps_the_epoch():
    history = fit(None, StopAt("on_epoch_end", 2))

    assert history.epochs == 2
    assert history.stopped == "enough"


def test_stopping_within_an_epoch_leaves_no_row_for_it():
    diary = Diary()

    history = fit(None, StopAt("on_batch_end", 2), diary)

    assert history.epochs == 1
    assert history.stopped == "enough"
    assert diary.entries[-2:] == ["step 4", "train ends"]


def test_the_first_reason_to_stop_is_the_one_that_counts():
    run = run_of()

    run.stop("first")
    run.stop("second")

    assert run.stop_reason == "first"


def test_the_end_of_training_is_announced_even_when_a_callback_fails():
    class Fails(Callback):
        def on_epoch_end(self, run):
            raise RuntimeError("broken")

    diary = Diary()
    with pytest.raises(RuntimeError, match="broken"):
        fit(None, diary, Fails())

    assert diary.entries[-1] == "train ends"


# --- early stopping -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("monitor", "values", "options", "stopped_after", "best"),
    [
        ("val_loss", [5, 4, 3, 3, 3, 3], {"patience": 2}, 5, 3),
        ("val_loss", [5, 6, 4, 5, 5, 3], {"patience": 2}, 5, 3),
        ("val_loss", [5, 4, 3, 2, 1, 0], {"patience": 1}, None, 6),
        ("val_loss", [5, 5], {"patience": 1}, 2, 1),
        ("val_loss", [5, 4.9, 4.8, 4.7], {"patience": 2, "min_delta": 0.5}, 3, 1),
        ("val_loss", [5, 4.8, 4.6, 4.4, 4.2], {"patience": 3, "min_delta": 0.5}, None, 4),
        ("val_accuracy", [0.5, 0.6, 0.6, 0.5], {"patience": 2}, 4, 2),
        ("val_accuracy", [0.5, 0.6, 0.7, 0.8], {"patience": 2}, None, 4),
        ("val_loss", [-1, -2, -1.5, -1.9], {"patience": 2}, 4, 2),
    ],
)
def test_early_stopping_waits_as_long_as_it_was_told(monitor, values, options, stopped_after, best):
    callback = EarlyStopping(**options)

    run = feed(callback, values, monitor)
    callback.on_train_end(run)

    assert (run.epoch if run.stop_reason else None) == stopped_after
    assert run.history.best_epoch == best
    assert (run.net.parameters.vector == best).all()


def test_early_stopping_says_why():
    run = feed(EarlyStopping(patience=2), [5, 4.25, 5, 5])

    assert run.stop_reason == "val_loss has not improved for 2 epochs; best 4.25 in epoch 2"


def test_early_stopping_can_leave_the_last_weights():
    callback = EarlyStopping(patience=2, restore_best=False)

    run = feed(callback, [5, 4, 5, 5])
    callback.on_train_end(run)

    assert (run.net.parameters.vector == 4).all()


def test_early_stopping_in_training_ends_with_the_weights_of_the_best_epoch():
    net = network()
    history = fit(net, EarlyStopping(patience=4), epochs=300, learning_rate=0.1)

    assert history.epochs == history.best_epoch + 4
    assert history.best_epoch == 1 + int(np.argmin(history["val_loss"]))
    rows = history.split["validation"]
    assert net.evaluate(X[rows], Y[rows])["loss"] == pytest.approx(min(history["val_loss"]))
    assert history.stopped.startswith("val_loss has not improved for 4 epochs")


def test_early_stopping_can_be_used_for_a_second_training():
    stopping = EarlyStopping(patience=2)
    feed(stopping, [1, 2, 3])

    run = feed(stopping, [9, 8, 7, 6])

    assert run.stop_reason is None


@pytest.mark.parametrize(
    ("make", "pieces"),
    [
        (lambda: EarlyStopping(patience=0), ["patience of early stopping", "at least 1; got 0"]),
        (lambda: EarlyStopping(min_delta=-1), ["min_delta of early", "at least 0; got -1"]),
        (lambda: ReduceOnPlateau(factor=1), ["factor of", "must be above 0 and below 1; got 1"]),
        (lambda: ReduceOnPlateau(factor=0), ["factor of", "must be above 0 and below 1; got 0"]),
        (lambda: ReduceOnPlateau(patience=0), ["patience of reduce", "at least 1; got 0"]),
        (
            lambda: fit(None, EarlyStopping(monitor="val_acc")),
            ["unknown monitor 'val_acc'", "'val_accuracy'?"],
        ),
        (
            lambda: fit(None, EarlyStopping(monitor="val_loss"), validation_split=None),
            ["val_loss needs validation data", "validation_split=", "monitor 'loss'"],
        ),
        (
            lambda: fit(None, ReduceOnPlateau(monitor="val_accuracy"), validation_split=None),
            ["val_accuracy needs validation data"],
        ),
        (
            lambda: fit(None, ModelCheckpoint("x", monitor="speed")),
            ["unknown monitor 'speed'", "val_loss"],
        ),
    ],
)  # fmt: skip
def test_what_a_callback_cannot_use_is_refused(make, pieces):
    with pytest.raises(ArgumentError) as refused:
        make()

    assert [piece for piece in pieces if piece not in str(refused.value)] == []


# --- reduce on plateau --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "patience", "factor"),
    [
        ([5, 4, 3, 2], 2, 1),
        ([5, 5], 2, 1),
        ([5, 5, 5], 2, 0.5),
        ([5, 5, 5, 5], 2, 0.5),
        ([5, 5, 5, 5, 5], 2, 0.25),
        ([5, 5, 5, 4, 4, 4], 2, 0.25),
        ([5, 5, 5, 4, 4], 2, 0.5),
    ],
)
def test_the_rate_falls_each_time_patience_runs_out(values, patience, factor):
    run = feed(ReduceOnPlateau(factor=0.5, patience=patience), values)

    assert run.learning_rate_scale == factor
    assert run.stop_reason is None


def test_reduce_on_plateau_can_be_named_as_the_schedule():
    history = fit(
        None, schedule="reduce_on_plateau", epochs=80, learning_rate=0.3, optimizer="adam"
    )
    also = fit(None, schedule=ReduceOnPlateau(), epochs=80, learning_rate=0.3, optimizer="adam")

    rates = history["learning_rate"]
    assert rates[0] == 0.3
    assert rates[-1] < 0.3
    assert set(np.log2(np.array(rates) / 0.3) % 1) == {0.0}
    assert also["learning_rate"] == rates


def test_reduce_on_plateau_multiplies_the_schedule():
    history = fit(
        None, ReduceOnPlateau(factor=0.1, patience=1, monitor="loss", min_delta=100),
        schedule="exponential", learning_rate=0.1, epochs=3,
    )  # fmt: skip

    np.testing.assert_allclose(history["learning_rate"], [0.1, 0.095, 0.1 * 0.9025 * 0.1])


# --- checkpoints --------------------------------------------------------------------------------


def test_best_and_last_are_those_epochs_networks(tmp_path):
    weights = []

    class Keep(Callback):
        def on_epoch_end(self, run):
            weights.append(run.net.parameters.vector.copy())

    history = fit(None, Keep(), ModelCheckpoint(tmp_path), epochs=60, learning_rate=0.1)

    best = MultiLayerPerceptron.load(tmp_path / "best.safetensors")
    last = MultiLayerPerceptron.load(tmp_path / "last.safetensors")
    assert history.best_epoch < 60
    np.testing.assert_array_equal(best.parameters.vector, weights[history.best_epoch - 1])
    np.testing.assert_array_equal(last.parameters.vector, weights[-1])
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "best.safetensors", "last.safetensors",
    ]  # fmt: skip


def test_what_is_best_can_be_chosen(tmp_path):
    history = fit(None, ModelCheckpoint(tmp_path, monitor="val_accuracy"), epochs=30)

    best = MultiLayerPerceptron.load(tmp_path / "best.safetensors")
    rows = history.split["validation"]
    assert best.evaluate(X[rows], Y[rows])["accuracy"] == max(history["val_accuracy"])


def test_missing_folders_are_made(tmp_path):
    fit(None, ModelCheckpoint(tmp_path / "a" / "b"), epochs=1)

    assert (tmp_path / "a" / "b" / "last.safetensors").is_file()


def test_a_folder_that_cannot_be_made_is_noticed_before_any_work(tmp_path):
    (tmp_path / "file").write_text("in the way")
    diary = Diary()

    with pytest.raises(FileError, match=r"checkpoints cannot be written to .*file"):
        fit(None, ModelCheckpoint(tmp_path / "file" / "folder"), diary)

    assert "epoch 1 begins" not in diary.entries


def test_a_tilde_is_the_home_folder_for_writing_and_for_reading(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    net = network()
    first = fit(net, ModelCheckpoint("~/run"), HistoryToCSV("~/run/history.csv"))
    history = fit(None, epochs=6, resume_from="~/run/last.safetensors")

    assert net.save("~/run/net.safetensors") == tmp_path / "run" / "net.safetensors"
    loaded = MultiLayerPerceptron.load("~/run/net.safetensors")
    np.testing.assert_array_equal(loaded.parameters.vector, net.parameters.vector)
    assert History.from_csv("~/run/history.csv").columns == first.columns
    assert history["loss"][:5] == first["loss"]
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


# --- a disk that is full ------------------------------------------------------------------------


@contextmanager
def full_disk():
    """No file of this process may grow beyond 100 bytes."""
    resource = pytest.importorskip("resource", reason="needs a system with file size limits")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


WRITERS = {
    "last.safetensors": lambda folder: fit(None, ModelCheckpoint(folder), epochs=2),
    "best.safetensors": lambda folder: fit(None, ModelCheckpoint(folder), epochs=2),
    "history.csv": lambda folder: fit(None, HistoryToCSV(folder / "history.csv")),
}


@pytest.mark.parametrize("name", WRITERS)
def test_on_a_full_disk_the_older_file_survives(name, tmp_path):
    WRITERS[name](tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    with pytest.raises(FileError, match=r"cannot write .*: .*free space"), full_disk():
        WRITERS[name](tmp_path)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("name", WRITERS)
def test_a_move_that_fails_leaves_the_older_file(name, tmp_path, monkeypatch):
    WRITERS[name](tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def fail(source, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(FileError, match=r"cannot write .*: No space left on device\..*free space"):
        WRITERS[name](tmp_path)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
