"""The pieces of training exactly at their limits: sizes of files, moments, batches."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.training.small_training import network

from byhand import (
    BatchNormLayer,
    Cosine,
    DenseLayer,
    FormatError,
    History,
    OneCycle,
    Step,
    Warmup,
)
from byhand.model_file import write_tensors
from byhand.training import snapshots
from byhand.training.example_weights import example_weights
from byhand.training.trainer import rows_at_once

# --- snapshots ----------------------------------------------------------------------------------

NUMBERS = 57  # W1 30, b1 6, W2 18, b2 3


@pytest.mark.parametrize(
    ("limit", "dtype", "most"),
    [
        (4 * 4 * NUMBERS, np.float32, 4), (4 * 4 * NUMBERS - 1, np.float16, 4),
        (2 * 4 * NUMBERS, np.float16, 4), (2 * 4 * NUMBERS - 1, np.float16, 3),
        (2 * NUMBERS, np.float16, 1), (2 * NUMBERS - 1, np.float16, 0),
    ],
)  # fmt: skip
def test_how_many_snapshots_fit_and_how_precise(limit, dtype, most, monkeypatch):
    monkeypatch.setattr(snapshots, "MOST_BYTES", limit)

    assert snapshots._precision(network(), 4) == (dtype, most)


def test_running_statistics_count_as_well(monkeypatch):
    net = network([DenseLayer(6, "tanh"), BatchNormLayer()])
    numbers = NUMBERS + 2 * 6 + 2 * 6  # gamma and beta, mean and variance
    for limit, dtype in ((4 * 3 * numbers, np.float32), (4 * 3 * numbers - 1, np.float16)):
        monkeypatch.setattr(snapshots, "MOST_BYTES", limit)
        assert snapshots._precision(net, 3) == (dtype, 3)


@pytest.mark.parametrize(
    ("key", "epoch"),
    [
        ("0/W1", 0), ("12/W1", 12), ("0000000012/W1", 12), ("00000000012/W1", None),
        ("/W1", None), ("12/", None), ("12", None), ("-1/W1", None), ("1.5/W1", None),
        ("x/W1", None),
    ],
)  # fmt: skip
def test_which_names_in_a_file_are_those_of_snapshots(key, epoch, tmp_path):
    path = write_tensors(
        tmp_path / "s.safetensors", {key: np.zeros(3)}, {"format": snapshots.FORMAT}
    )
    if epoch is None:
        with pytest.raises(FormatError, match="not an array of a snapshot"):
            snapshots.read_snapshots(path)
    else:
        (one,) = snapshots.read_snapshots(path)
        assert (one.epoch, list(one.arrays)) == (epoch, ["W1"])


# --- the history ---------------------------------------------------------------------------------


def test_rows_are_those_of_their_epochs():
    history = History({"loss": [3.0, 2.0, 1.0]})

    assert [history.row(epoch)["loss"] for epoch in (1, 2, 3, -1, -2, -3)] == [3, 2, 1, 1, 2, 3]
    with pytest.raises(IndexError):
        history.row(4)


# --- schedules ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "t", "epochs", "factor"),
    [
        (Warmup(2.0), 0, 10, 0.0005), (Warmup(2.0), 0.0005, 10, 0.0005),
        (Warmup(2.0), 0.002, 10, 0.001), (Warmup(2.0), math.nextafter(2, 0), 10, 1.0),
        (Warmup(2.0, Cosine(0.5)), 2, 2, 1.0), (Warmup(2.0, Cosine(0.5)), 2 + 5e-10, 2, 0.75),
        (Warmup(2.0, Cosine(0.5)), 2 + 1e-9, 2, 0.5), (Warmup(2.0, Cosine(0.5)), 3, 2, 0.5),
        (Warmup(2.0, Cosine(0.5)), 2.5, 3, 0.75), (Warmup(2.0, "step"), 12, 20, 0.5),
        (Cosine(0.5), 12, 10, 0.5), (Cosine(0.5), -1, 10, 1.0), (Cosine(0.5), 10, 10, 0.5),
        (OneCycle(0.25, 0.125, 0.5), -1, 4, 0.25), (OneCycle(0.25, 0.125, 0.5), 5, 4, 0.125),
        (OneCycle(0.25, 0.125, 0.5), 2, 4, 1.0), (OneCycle(0.25, 0.125, 0.5), 1, 4, 0.625),
        (OneCycle(0.25, 0.125, 0.5), 3, 4, 0.5625), (Step(2.0, 0.5), 0.5, 9, 2.0),
        (Step(2.0, 0.5), math.nextafter(0.5, 0), 9, 1.0),
    ],
    ids=repr,
)  # fmt: skip
def test_schedules_at_the_ends_of_their_pieces(schedule, t, epochs, factor):
    assert schedule(t, epochs) == pytest.approx(factor, rel=1e-6)


# --- batches ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("batch_size", "rows", "with_statistics"),
    [(5, 5, 5), (2047, 2047, 2047), (2048, 2048, 2048), (2049, 2048, 2049), (9999, 2048, 9999)],
)
def test_how_many_rows_pass_through_a_network_together(batch_size, rows, with_statistics):
    assert rows_at_once(network(), batch_size) == rows
    assert rows_at_once(network([DenseLayer(4), BatchNormLayer()]), batch_size) == with_statistics


@pytest.mark.parametrize(
    ("class_weight", "sample_weight", "expected"),
    [
        (None, None, None),
        (None, [1, 0, 2, 3], [1, 0, 2, 3]),
        ({1: 3}, None, [1, 3, 3, 1]),
        ({1: 3, 2: 0}, [1, 0.5, 2, 3], [1, 1.5, 6, 0]),
        ("balanced", None, [1.5, 0.75, 0.75, 1.5]),
    ],
)
def test_the_weights_of_examples(class_weight, sample_weight, expected):
    """Rows 0 to 2 are trained on: of two classes that occur, one twice."""
    net = network()
    targets = net.encode(np.array([0, 1, 1, 2]), 4)
    given = None if sample_weight is None else np.array(sample_weight)
    weights = example_weights(net, targets, np.arange(3), class_weight, given)

    if expected is None:
        assert weights is None
    else:
        np.testing.assert_allclose(weights, expected)
