from __future__ import annotations

import numpy as np
import pytest

from byhand.errors import ArgumentError
from byhand.mlp import MultiLayerPerceptron
from byhand.network import DenseLayer, InputLayer
from byhand.randomness import stream
from byhand.training import disk_blocks as shuffle
from byhand.training.callbacks import Callback, ModelCheckpoint
from byhand.training.disk_blocks import shuffle_in_blocks


def shuffled(count: int, seed: int) -> np.ndarray:
    order = np.arange(count)
    shuffle_in_blocks(order, np.random.default_rng(seed))
    return order


@pytest.mark.parametrize("count", [0, 1, 5, 64, 203])
def test_every_row_comes_once(monkeypatch, count: int) -> None:
    monkeypatch.setattr(shuffle, "BLOCK_ROWS", 8)
    monkeypatch.setattr(shuffle, "BUFFER_BLOCKS", 4)

    assert sorted(shuffled(count, 0)) == list(range(count))


def test_a_buffer_holds_whole_blocks_in_a_new_order(monkeypatch) -> None:
    monkeypatch.setattr(shuffle, "BLOCK_ROWS", 8)
    monkeypatch.setattr(shuffle, "BUFFER_BLOCKS", 4)

    order = shuffled(8 * 12, 0)

    buffers = [order[first : first + 32] for first in range(0, len(order), 32)]
    blocks = [np.unique(buffer // 8) for buffer in buffers]
    assert [len(numbers) for numbers in blocks] == [4, 4, 4]
    assert sorted(np.concatenate(blocks)) == list(range(12))
    assert any(np.ptp(numbers) > 3 for numbers in blocks), "the blocks come in a random order"
    assert all((np.diff(buffer) < 0).any() for buffer in buffers)


def test_the_rows_of_a_buffer_are_mixed(monkeypatch) -> None:
    monkeypatch.setattr(shuffle, "BLOCK_ROWS", 8)
    monkeypatch.setattr(shuffle, "BUFFER_BLOCKS", 4)

    order = shuffled(8 * 12, 0)

    pieces = [order[first : first + 8] // 8 for first in range(0, len(order), 8)]
    assert all(len(np.unique(blocks)) > 1 for blocks in pieces)


class Rows(Callback):
    """Records the rows of each batch of a data set whose inputs are its row numbers."""

    def on_train_begin(self, run) -> None:
        self.seen: list[int] = []

    def on_batch_end(self, run) -> None:
        self.seen += run.cache["A0"][:, 0].astype(int).tolist()


def test_rows_are_shuffled_one_by_one_or_in_blocks(monkeypatch) -> None:
    monkeypatch.setattr(shuffle, "BLOCK_ROWS", 8)
    x, y = np.arange(100.0)[:, None], np.arange(100) % 2
    one_by_one, in_blocks = np.arange(100), np.arange(100)
    stream(3, "shuffle", 1).shuffle(one_by_one)
    shuffle.shuffle_in_blocks(in_blocks, stream(3, "shuffle", 1))

    for kind, expected in ((False, x[:, 0]), (True, one_by_one), (shuffle.BLOCKS, in_blocks)):
        net = MultiLayerPerceptron([InputLayer(1, "none"), DenseLayer(2, "softmax")], seed=3)
        rows = Rows()
        net.fit(x, y, epochs=1, batch_size=32, shuffle=kind, callbacks=[rows], verbose=0)
        np.testing.assert_array_equal(rows.seen, expected)
    assert (one_by_one != in_blocks).any()


def test_the_order_follows_from_the_seed() -> None:
    np.testing.assert_array_equal(shuffled(5000, 3), shuffled(5000, 3))
    assert (shuffled(5000, 3) != shuffled(5000, 4)).any()


class Stop(Callback):
    """Stops after an epoch."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def on_epoch_end(self, run) -> None:
        if run.epoch == self.epoch:
            run.stop("enough")


def test_a_resumed_training_reads_the_same_order(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(shuffle, "BLOCK_ROWS", 8)
    rng = np.random.default_rng(0)
    x, y = rng.random((100, 4)), np.arange(100) % 2

    def trained(order, callbacks=(), resume_from=None) -> MultiLayerPerceptron:
        net = MultiLayerPerceptron([InputLayer(4), DenseLayer(1, "sigmoid")], seed=0)
        net.fit(
            x, y, epochs=4, batch_size=16, shuffle=order, verbose=0,
            callbacks=callbacks, resume_from=resume_from,
        )  # fmt: skip
        return net

    trained("blocks", [Stop(2), ModelCheckpoint(tmp_path)])
    last = tmp_path / "last.safetensors"
    whole, resumed = trained("blocks"), trained("blocks", resume_from=last)

    assert whole.parameters.vector.tobytes() == resumed.parameters.vector.tobytes()
    assert whole.parameters.vector.tobytes() != trained(True).parameters.vector.tobytes()


def test_another_word_is_refused() -> None:
    net = MultiLayerPerceptron([InputLayer(2), DenseLayer(2, "softmax")], seed=0)

    with pytest.raises(ArgumentError, match='shuffle must be True, False or "blocks"'):
        net.fit(np.eye(2), [0, 1], shuffle="block", verbose=0)
