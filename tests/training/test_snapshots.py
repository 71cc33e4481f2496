"""Snapshots of the weights: their epochs, their size, and reading them back."""

from __future__ import annotations

import numpy as np
import pytest

from byhand.data import load_dataset
from byhand.errors import ArgumentError, FormatError
from byhand.mlp import MultiLayerPerceptron
from byhand.model_file import write_tensors
from byhand.network import DenseLayer, InputLayer
from byhand.training import snapshots
from byhand.training.snapshots import Snapshots, planned_epochs, read_snapshots


def network():
    return MultiLayerPerceptron([InputLayer(64), DenseLayer(10, "softmax")], seed=0)


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits").train


@pytest.mark.parametrize(
    ("epochs", "count", "expected"),
    [(20, 6, {0, 1, 2, 4, 9, 20}), (3, 8, {0, 1, 2, 3}), (1, 2, {0, 1}), (50, 1, {0})],
)
def test_epochs_grow_by_a_constant_factor(epochs, count, expected):
    assert planned_epochs(epochs, count) == expected


def test_what_is_read_back_is_what_training_had(digits, tmp_path):
    net, path = network(), tmp_path / "s.safetensors"
    before = net.parameters["W1"].copy()
    net.fit(digits.images, digits.labels, epochs=4, verbose=0, callbacks=[Snapshots(path, 4)])
    found = read_snapshots(path)
    assert [one.epoch for one in found] == [0, 1, 2, 4]
    np.testing.assert_array_equal(found[0].arrays["W1"], before)
    np.testing.assert_array_equal(found[-1].arrays["W1"], net.parameters["W1"])


def test_a_run_that_stops_early_has_its_last_epoch(digits, tmp_path):
    class Stop(Snapshots):
        def on_epoch_end(self, run):
            super().on_epoch_end(run)
            if run.epoch == 3:
                run.stop("enough")

    path = tmp_path / "s.safetensors"
    network().fit(digits.images, digits.labels, epochs=50, verbose=0, callbacks=[Stop(path, 4)])
    assert read_snapshots(path)[-1].epoch == 3


def test_the_file_stays_small(digits, tmp_path, monkeypatch):
    """Numbers become float16 if float32 does not fit, and then fewer epochs are kept."""
    path = tmp_path / "s.safetensors"
    for limit, dtype, most in [(10_000, np.float16, 4), (3_000, np.float16, 2), (100, None, 0)]:
        path.unlink(missing_ok=True)
        monkeypatch.setattr(snapshots, "MOST_BYTES", limit)
        network().fit(
            digits.images, digits.labels, epochs=9, verbose=0, callbacks=[Snapshots(path, 4)]
        )
        found = read_snapshots(path) if path.exists() else []
        assert len(found) <= most
        assert {one.arrays["W1"].dtype.type for one in found} <= {dtype}
        assert not found or path.stat().st_size <= limit + 1000 * len(found)


def test_a_resumed_run_keeps_the_snapshots_that_it_has(digits, tmp_path):
    from byhand.training import ModelCheckpoint

    path = tmp_path / "s.safetensors"
    work = [ModelCheckpoint(tmp_path), Snapshots(path, 4)]
    network().fit(digits.images, digits.labels, epochs=2, verbose=0, callbacks=work)
    first = read_snapshots(path)[0].arrays["W1"]
    network().fit(
        digits.images, digits.labels, epochs=8, verbose=0, callbacks=[Snapshots(path, 4)],
        resume_from=tmp_path / "last.safetensors",
    )  # fmt: skip
    found = read_snapshots(path)
    assert [one.epoch for one in found] == [0, 1, 2, 8]
    np.testing.assert_array_equal(found[0].arrays["W1"], first)


def test_other_files_are_refused(tmp_path):
    path = write_tensors(tmp_path / "m.safetensors", {"W1": np.zeros(3)}, {"format": "other"})
    with pytest.raises(FormatError, match="contains no snapshots"):
        read_snapshots(path)
    write_tensors(path, {"x/W1": np.zeros(3)}, {"format": snapshots.FORMAT})
    with pytest.raises(FormatError, match="not an array of a snapshot"):
        read_snapshots(path)


def test_a_number_of_snapshots_is_an_integer():
    with pytest.raises(ArgumentError, match="number of snapshots"):
        Snapshots("x", 0)
