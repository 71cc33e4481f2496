from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from byhand.data import load_dataset
from byhand.data.formats.npy import map_npy, npy_files
from byhand.errors import ArgumentError, DataError, FileError, FormatError
from byhand.lazy_rows import is_lazy

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 4, 4), dtype=np.uint8)
LABELS = np.arange(12) % 3


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a train part in three shards and a test part in whole files."""
    path = tmp_path / "shards"
    path.mkdir()
    for number, rows in enumerate(np.split(np.arange(12), [5, 6])):
        np.save(path / f"x_train-{number:03}.npy", IMAGES[rows])
        np.save(path / f"y_train-{number:03}.npy", LABELS[rows])
    np.save(path / "x_test.npy", IMAGES[:4])
    np.save(path / "y_test.npy", LABELS[:4])
    return path


@pytest.mark.parametrize("memory_map", [False, True])
def test_shards_are_one_data_set(folder: Path, memory_map: bool) -> None:
    data = load_dataset(folder, memory_map=memory_map)

    assert data.test is not None
    assert is_lazy(data.train.images) == is_lazy(data.test.images) == memory_map
    assert data.train.images.shape == (12, 4, 4)
    np.testing.assert_array_equal(data.train.images[:], IMAGES)
    np.testing.assert_array_equal(data.train.labels, LABELS)
    np.testing.assert_array_equal(data.test.images[:], IMAGES[:4])
    assert data.class_names == ("0", "1", "2")
    assert data.sha256 == load_dataset(folder).sha256


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", ">i2"])
def test_tables_become_float32_when_they_are_read(tmp_path: Path, dtype: str) -> None:
    table = np.arange(36.0).reshape(12, 3).astype(dtype)
    np.save(tmp_path / "x_train.npy", table)
    np.save(tmp_path / "y_train.npy", LABELS)

    data = load_dataset(tmp_path, memory_map=True)

    assert is_lazy(data.train.images)
    assert data.train.images.dtype == np.float32
    np.testing.assert_array_equal(data.train.images[:], table)
    assert data.sha256 == load_dataset(tmp_path).sha256


def test_numbers_that_float32_blurs_stay_float64(tmp_path: Path) -> None:
    np.save(tmp_path / "x_train.npy", 1.7e9 + np.arange(24.0).reshape(12, 2))
    np.save(tmp_path / "y_train.npy", LABELS)

    images = load_dataset(tmp_path, memory_map=True).train.images

    assert images.dtype == np.float64
    assert images[5, 1] == 1.7e9 + 11


@pytest.mark.parametrize("shape", [(12, 16), (12, 4, 4, 1)])
def test_rows_of_pixels_become_images(tmp_path: Path, shape: tuple[int, ...]) -> None:
    np.save(tmp_path / "x_train.npy", IMAGES.reshape(shape))
    np.save(tmp_path / "y_train.npy", np.array(["cat", "dog", "owl"])[LABELS])

    data = load_dataset(tmp_path, memory_map=True)

    np.testing.assert_array_equal(data.train.images[:], IMAGES)
    assert data.class_names == ("cat", "dog", "owl")


def test_bad_numbers_are_found_without_reading_all(tmp_path: Path) -> None:
    table = np.zeros((12, 3), np.float32)
    table[7, 2] = np.nan
    np.save(tmp_path / "x_train.npy", table)
    np.save(tmp_path / "y_train.npy", LABELS)

    with pytest.raises(DataError, match="nan in row 7, column 2"):
        load_dataset(tmp_path, memory_map=True)


def test_a_file_that_is_too_short_is_named(folder: Path) -> None:
    path = folder / "x_train-001.npy"
    path.write_bytes(path.read_bytes()[:-3])

    with pytest.raises(FormatError, match=r"x_train-001\.npy: the file is shorter .*expected 16"):
        load_dataset(folder, memory_map=True)


@pytest.mark.parametrize(
    "content", [b"", b"\x93NUMPY\1\0", b"\x1f\x8bgzip", b"\x93NUMPY\1\0\4\0{}  "]
)
def test_a_damaged_header_is_an_error(folder: Path, content: bytes) -> None:
    (folder / "x_train-001.npy").write_bytes(content)

    with pytest.raises(FormatError, match=r"x_train-001\.npy: the header is not that of an NPY"):
        load_dataset(folder, memory_map=True)


def test_python_objects_are_never_read(tmp_path: Path) -> None:
    np.save(tmp_path / "x_train.npy", np.array([{}, []], object), allow_pickle=True)

    with pytest.raises(FormatError, match="pickled Python objects"):
        map_npy(tmp_path / "x_train.npy")


def test_columns_first_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "x_train.npy", np.asfortranarray(np.zeros((3, 4))))

    with pytest.raises(FormatError, match="Fortran order"):
        map_npy(tmp_path / "x_train.npy")


def test_truth_values_are_refused_with_the_option_only(tmp_path: Path) -> None:
    np.save(tmp_path / "x_train.npy", IMAGES > 128)
    np.save(tmp_path / "y_train.npy", LABELS)

    assert load_dataset(tmp_path).train.images.max() == 255
    with pytest.raises(DataError, match=r"astype\('uint8'\) \* 255"):
        load_dataset(tmp_path, memory_map=True)


def test_shards_that_do_not_belong_together_are_refused(folder: Path) -> None:
    np.save(folder / "x_train-001.npy", IMAGES[5:6, :2])

    with pytest.raises(DataError, match="differ: uint8 rows of shape"):
        load_dataset(folder)


def test_shards_whose_rows_are_empty_are_refused(folder: Path) -> None:
    for number in range(3):
        shard = folder / f"x_train-{number:03}.npy"
        if shard.is_file():
            np.save(shard, np.load(shard)[:, :0, 0])

    with pytest.raises(DataError, match="the data set is empty"):
        load_dataset(folder)


def test_a_missing_shard_is_named(folder: Path) -> None:
    (folder / "x_train-001.npy").unlink()

    with pytest.raises(DataError, match="shard 1 of x_train is missing"):
        load_dataset(folder)


def test_a_whole_array_beside_its_shards_is_refused(folder: Path) -> None:
    np.save(folder / "x_train.npy", IMAGES)

    with pytest.raises(DataError, match="both x_train"):
        npy_files(folder)


def test_missing_labels_are_named(folder: Path) -> None:
    for path in folder.glob("y_train*"):
        path.unlink()

    with pytest.raises(FileError, match=r"y_train\.npy .* is missing"):
        load_dataset(folder)


def test_other_formats_cannot_be_mapped(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x_train=IMAGES, y_train=LABELS)

    with pytest.raises(ArgumentError, match="only uncompressed IDX and NPY files"):
        load_dataset(tmp_path / "a.npz", memory_map=True)
    with pytest.raises(ArgumentError, match="digits cannot be memory-mapped"):
        load_dataset("digits", memory_map=True)
