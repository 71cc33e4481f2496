"""Ctrl-C ends training cleanly: the best weights and the history stay."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

from byhand import (
    Callback,
    DenseLayer,
    HistoryToCSV,
    InputLayer,
    ModelCheckpoint,
    MultiLayerPerceptron,
)
from byhand.training.interrupt import REASONS, signal_of, was_interrupted

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 5))
Y = RNG.integers(0, 3, 60)

SCRIPT = """
import json
import numpy as np
from byhand import Callback, DenseLayer, InputLayer, MultiLayerPerceptron

rng = np.random.default_rng(0)
x, y = rng.normal(size=(2000, 20)), rng.integers(0, 3, 2000)
layers = [InputLayer(20), DenseLayer(50, "relu"), DenseLayer(3, "softmax")]
net = MultiLayerPerceptron(layers, seed=0)
weights = []

class Keep(Callback):
    def on_epoch_end(self, run):
        weights.append(run.net.parameters.vector.copy())
        print("epoch", run.epoch, flush=True)

history = net.fit(x, y, epochs=1_000_000, validation_split=0.2, callbacks=[Keep()], verbose=0)
print(json.dumps({
    "stopped": history.stopped,
    "epochs": history.epochs,
    "kept": len(weights),
    "best is back": bool((net.parameters.vector == weights[history.best_epoch - 1]).all()),
    "best epoch": history.best_epoch == 1 + int(np.argmin(history["val_loss"])),
}))
"""


def test_a_real_interrupt_ends_a_process_cleanly():
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"BYHAND_KERNELS": "numpy"},  # which start at once
    )  # fmt: skip
    try:
        while process.stdout.readline() != "epoch 5\n":
            assert process.poll() is None, process.stderr.read()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=600)
    finally:
        process.kill()

    result = json.loads(out.splitlines()[-1])
    assert process.returncode == 0
    assert "Traceback" not in err
    assert result["stopped"] == "interrupted (Ctrl-C)"
    assert result["epochs"] == result["kept"] >= 5
    assert result["best is back"]
    assert result["best epoch"]


class Interrupt(Callback):
    """Presses Ctrl-C once or several times at the given step."""

    def __init__(self, step, times=1):
        self.step, self.times = step, times

    def on_batch_end(self, run):
        if run.step == self.step:
            for _ in range(self.times):
                signal.raise_signal(signal.SIGINT)


def fit(*callbacks, **options):
    net = MultiLayerPerceptron(
        [InputLayer(5, "none"), DenseLayer(8, "tanh"), DenseLayer(3, "softmax")], seed=0
    )
    settings = {"epochs": 20, "batch_size": 20, "learning_rate": 0.1, "verbose": 0}
    return net, net.fit(X, Y, callbacks=callbacks, **settings | options)


def test_training_ends_after_the_step_and_forgets_the_unfinished_epoch():
    class Count(Callback):
        steps = 0

        def on_batch_end(self, run):
            self.steps += 1

    count = Count()
    net, history = fit(Interrupt(8), count)

    assert history.epochs == 2
    assert history.stopped == "interrupted (Ctrl-C)"
    assert count.steps == 8
    assert net.facts["epochs_trained"] == 2


def test_the_best_weights_are_put_back():
    weights = []

    class Keep(Callback):
        def on_epoch_end(self, run):
            weights.append(run.net.parameters.vector.copy())

    net, history = fit(Keep(), Interrupt(37), validation_split=0.4)

    assert history.best_epoch == 1 + int(np.argmin(history["val_loss"]))
    assert history.best_epoch < history.epochs
    np.testing.assert_array_equal(net.parameters.vector, weights[history.best_epoch - 1])


def test_in_the_first_epoch_nothing_is_best_yet_and_the_weights_stay():
    net, history = fit(Interrupt(1))

    assert history.epochs == 0
    assert history.stopped == "interrupted (Ctrl-C)"
    assert np.isfinite(net.parameters.vector).all()


def test_a_second_interrupt_breaks_off_at_once():
    with pytest.raises(KeyboardInterrupt):
        fit(Interrupt(4, times=2))


def test_afterwards_ctrl_c_means_what_it_meant_before():
    before = signal.getsignal(signal.SIGINT)

    fit(Interrupt(4))
    assert signal.getsignal(signal.SIGINT) is before
    with pytest.raises(KeyboardInterrupt):
        fit(Interrupt(4, times=2))

    assert signal.getsignal(signal.SIGINT) is before


def test_files_written_so_far_are_complete(tmp_path):
    _, history = fit(
        ModelCheckpoint(tmp_path), HistoryToCSV(tmp_path / "history.csv"), Interrupt(13),
        validation_split=0.4,
    )  # fmt: skip

    assert history.epochs == 6
    assert len((tmp_path / "history.csv").read_text().splitlines()) == 7
    MultiLayerPerceptron.load(tmp_path / "best.safetensors")


def test_an_interrupted_training_can_be_resumed_bit_for_bit(tmp_path):
    whole, _ = fit()
    fit(ModelCheckpoint(tmp_path), Interrupt(32))

    resumed, history = fit(resume_from=tmp_path / "last.safetensors")

    assert history.epochs == 20
    np.testing.assert_array_equal(resumed.parameters.vector, whole.parameters.vector)


def test_training_works_in_a_thread_of_its_own():
    results = []
    thread = threading.Thread(target=lambda: results.append(fit()[1].epochs))
    thread.start()
    thread.join()

    assert results == [20]


def test_each_signal_is_a_reason_of_its_own():
    reasons = {number: REASONS[number] for number in (signal.SIGINT, signal.SIGTERM)}

    assert reasons == {
        signal.SIGINT: "interrupted (Ctrl-C)",
        signal.SIGTERM: "interrupted (SIGTERM)",
    }
    assert {signal_of(reason): reason for reason in reasons.values()} == reasons
    assert all(was_interrupted(reason) for reason in reasons.values())
    assert signal_of("all epochs done") is None
