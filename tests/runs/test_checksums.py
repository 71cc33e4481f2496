"""The checksums of a run: which epochs and steps they cover, and that a long run stays readable."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import DenseLayer, InputLayer, MultiLayerPerceptron
from byhand.runs import checksums
from byhand.runs.checksums import Checksums, read_checksums
from byhand.training import Callback


class Saving(Callback):
    """Save the checksums when training ends, as a run does."""

    def __init__(self, recorder):
        self.recorder = recorder

    def on_train_end(self, run):
        self.recorder.save(run)


def recorded(path, epochs, rows=16):
    """Return the rows of a training in batches of one."""
    net = MultiLayerPerceptron(
        [InputLayer(2, "none"), DenseLayer(3, "tanh"), DenseLayer(2, "softmax")], seed=1
    )
    x = np.random.default_rng(1).normal(size=(rows, 2))
    recorder = Checksums(path)
    net.fit(
        x, np.arange(rows) % 2, epochs=epochs, batch_size=1,
        callbacks=[recorder, Saving(recorder)], verbose=0,
    )  # fmt: skip
    return read_checksums(path)


def test_eight_steps_of_each_epoch_are_recorded_and_the_last_one_is_among_them(tmp_path):
    rows = recorded(tmp_path / "checksums.csv", epochs=3)

    assert [row["epoch"] for row in rows] == ["1"] * 8 + ["2"] * 8 + ["3"] * 8
    assert [int(row["step"]) for row in rows[:8]] == [2, 4, 6, 8, 10, 12, 14, 16]
    assert list(rows[0]) == ["epoch", "step", "W1", "b1", "W2", "b2"]


@pytest.mark.parametrize("most", [500, 2_000])
def test_a_long_run_of_many_arrays_records_fewer_epochs_and_can_be_read(
    most, tmp_path, monkeypatch
):
    """The reader refuses files of many cells, and a resumed run adds as many rows again."""
    monkeypatch.setattr(checksums, "MOST_CELLS", most)

    rows = recorded(tmp_path / "checksums.csv", epochs=60)

    epochs = sorted({int(row["epoch"]) for row in rows})
    assert epochs[-1] == 60
    assert len(epochs) == most // (2 * 8 * (5 + 4))
    cells = (tmp_path / "checksums.csv").read_text().count(",") + 3 * (len(rows) + 1)
    assert most / 8 < cells <= most / 2
