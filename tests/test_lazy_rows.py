from __future__ import annotations

import os
import tracemalloc

import numpy as np
import pytest

from byhand.errors import ArgumentError, FileError
from byhand.lazy_rows import LazyRows, is_lazy, lazy_rows, select_rows
from byhand.mlp import MultiLayerPerceptron
from byhand.network import DenseLayer, InputLayer

WHOLE = np.arange(11 * 2 * 3, dtype=np.float32).reshape(11, 2, 3)


@pytest.fixture
def rows() -> LazyRows:
    """Return the rows of WHOLE in three parts, one of them empty."""
    return LazyRows([WHOLE[:4], WHOLE[4:4], WHOLE[4:]])


@pytest.mark.parametrize(
    "index",
    [
        0,
        -1,
        np.int64(7),
        slice(2, 9),
        slice(None, None, 3),
        slice(20, 30),
        [10, 0, 5, 5],
        [-1, 3],
        WHOLE[:, 0, 0] > 20,
        (slice(3, 6), 1),
        (5, slice(None), 2),
        ([9, 1], [0, 1]),
        ([9, 1], slice(None), 2),
    ],
)
def test_an_index_reads_what_it_reads_of_an_array(rows, index) -> None:
    np.testing.assert_array_equal(rows[index], WHOLE[index])
    assert isinstance(rows[index], np.ndarray)


def test_it_has_the_form_of_an_array(rows) -> None:
    assert (len(rows), rows.shape, rows.ndim, rows.size) == (11, (11, 2, 3), 3, 66)
    assert rows.nbytes == WHOLE.nbytes
    assert rows.dtype == np.float32
    assert (rows.min(), rows.max()) == (0, 65)
    for axis in (0, 1, 2):
        np.testing.assert_array_equal(rows.max(axis=axis), WHOLE.max(axis=axis))
        np.testing.assert_array_equal(rows.min(axis=axis), WHOLE.min(axis=axis))
    np.testing.assert_array_equal(np.asarray(rows), WHOLE)
    assert repr(rows) == "LazyRows(float32, 11x2x3)"


def test_rows_of_several_parts_may_be_empty() -> None:
    rows = LazyRows([WHOLE[:4, 0, :0], WHOLE[4:, 0, :0]])

    assert rows[2:7].shape == (5, 0)
    assert np.asarray(rows).shape == (11, 0)


@pytest.mark.parametrize("row", [11, -12])
def test_a_row_that_does_not_exist_is_an_error(rows, row) -> None:
    with pytest.raises(IndexError):
        rows[row]
    with pytest.raises(IndexError):
        rows[[row]]


def test_selecting_reshaping_and_converting_read_nothing(rows) -> None:
    chosen = np.array([9, 2, 4, 3])
    lazy = rows.reshape(11, -1).select(chosen).astype(np.float64).select([3, 0])

    assert is_lazy(lazy)
    assert lazy.shape == (2, 6)
    expected = WHOLE.reshape(11, 6)[[3, 9]].astype(np.float64)
    assert lazy[:].dtype == np.float64
    np.testing.assert_array_equal(lazy[:], expected)
    np.testing.assert_array_equal(select_rows(WHOLE, chosen), WHOLE[chosen])


def test_rows_are_read_into_a_buffer(rows) -> None:
    out = np.empty((3, 2, 3), np.float32)

    rows.take(np.array([1, 99, 6]), axis=0, out=out, mode="clip")

    np.testing.assert_array_equal(out, WHOLE[[1, 10, 6]])


@pytest.mark.parametrize("other", [WHOLE.astype(np.float64), WHOLE[:, :1]])
def test_parts_that_differ_are_refused(other) -> None:
    with pytest.raises(ArgumentError, match="parts of one array differ"):
        LazyRows([WHOLE, other])
    with pytest.raises(ArgumentError, match="at least one array"):
        LazyRows([])


def test_a_file_that_has_become_shorter_is_an_error_and_does_not_kill_the_process(tmp_path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.zeros((20_000, 10)))
    rows = LazyRows([np.load(path, mmap_mode="r")]).select(np.arange(5))
    assert rows[:].sum() == 0
    os.truncate(path, 5000)

    with pytest.raises(
        FileError, match=r"has become shorter .* expected 1,600,128 bytes, got 5,000"
    ):
        rows[:]


@pytest.mark.parametrize("normalisation", ["auto", "standardise", "pixels"])
@pytest.mark.usefixtures("kernel_set")
def test_a_network_learns_the_same_bits(normalisation: str) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (90, 2, 3), dtype=np.uint8), np.arange(90) % 3
    lazy = lazy_rows([x[:40], x[40:]])

    def trained(images) -> MultiLayerPerceptron:
        net = MultiLayerPerceptron(
            [InputLayer(6, normalisation), DenseLayer(5, "relu"), DenseLayer(3, "softmax")], seed=1
        )
        net.fit(images, y, epochs=2, batch_size=16, validation_split=0.2, verbose=0, mixup=0.2)
        return net

    one, other = trained(x), trained(lazy)

    assert one.evaluate(x, y) == other.evaluate(lazy, y)
    np.testing.assert_array_equal(one.predict_proba(x), other.predict_proba(lazy))
    assert one.parameters.vector.tobytes() == other.parameters.vector.tobytes()


def test_all_rows_are_read_without_a_number_for_each():
    lazy = LazyRows([np.zeros(3_000_000, np.uint8), np.ones(2_000_000, np.uint8)])

    tracemalloc.start()
    whole = np.asarray(lazy)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    np.testing.assert_array_equal(whole, np.repeat([0, 1], [3_000_000, 2_000_000]))
    assert peak < 60_000_000
