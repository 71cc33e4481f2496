from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from byhand.data import Dataset, Part, load_dataset
from byhand.data.formats.idx import write_idx
from byhand.data.formats.npz import write_npz
from byhand.data.formats.write_table import write_table
from byhand.errors import ArgumentError, DataError, FileError, FormatError
from byhand.lazy_rows import is_lazy


def test_the_digits_need_no_download() -> None:
    digits = load_dataset("digits", offline=True)

    assert digits.train.images.shape == (1437, 8, 8)
    assert digits.test is not None
    assert digits.test.images.shape == (360, 8, 8)
    assert digits.class_names == tuple("0123456789")
    assert digits.train.images.dtype == np.uint8
    assert digits.train.labels is not None
    assert digits.train.labels[:10].tolist() == list(range(10))
    assert "Alpaydin" in digits.credit
    assert "CC BY 4.0" in digits.credit


def test_the_digits_equal_the_uci_data() -> None:
    """The 64 counts of scikit-learn's copy become round(count * 255 / 16), in file order."""
    copy = pytest.importorskip("sklearn.datasets").load_digits()
    digits = load_dataset("digits")
    assert digits.test is not None

    images = np.concatenate([digits.train.images, digits.test.images])
    labels = np.concatenate([digits.train.labels, digits.test.labels])  # type: ignore[list-item]

    np.testing.assert_array_equal(images, np.round(copy.images * 255 / 16))
    np.testing.assert_array_equal(labels, copy.target)


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("prefix", ["", "mine-"])
def test_a_folder_of_idx_files(tmp_path, small: Dataset, write_folder, ending, prefix) -> None:
    loaded = load_dataset(write_folder(tmp_path / "mine", small, ending, prefix))

    assert loaded.sha256 == small.sha256
    assert loaded.name == "mine"
    assert loaded.class_names == small.class_names


def test_a_folder_of_idx_files_for_training_only(tmp_path, small: Dataset, write_folder) -> None:
    folder = write_folder(tmp_path / "mine", small)
    for path in folder.glob("t10k-*"):
        path.unlink()

    assert load_dataset(str(folder)).test is None


def test_test_images_may_lack_labels(tmp_path, small: Dataset, write_folder) -> None:
    folder = write_folder(tmp_path / "mine", small)
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()

    loaded = load_dataset(folder)

    assert loaded.test is not None
    assert loaded.test.labels is None


def test_idx_files_that_do_not_match_are_an_error(tmp_path, small: Dataset, write_folder) -> None:
    folder = write_folder(tmp_path / "mine", small)
    write_idx(folder / "train-labels-idx1-ubyte.gz", np.arange(19, dtype=np.uint8))

    with pytest.raises(DataError, match="20 images, 19 labels"):
        load_dataset(folder)


def test_a_missing_idx_file_is_named(tmp_path, small: Dataset, write_folder) -> None:
    folder = write_folder(tmp_path / "mine", small)
    (folder / "train-labels-idx1-ubyte.gz").unlink()

    with pytest.raises(FileError, match="train labels is missing"):
        load_dataset(folder)


def test_several_sets_in_one_folder_need_a_name(tmp_path, small: Dataset, write_folder) -> None:
    for prefix in ("emnist-letters-", "emnist-digits-"):
        write_folder(tmp_path / "emnist", small, prefix=prefix)

    with pytest.raises(DataError, match="emnist-digits-, emnist-letters-"):
        load_dataset(tmp_path / "emnist")


def test_idx_files_larger_than_memory_stay_on_disk(tmp_path, small, write_folder) -> None:
    folder = write_folder(tmp_path / "mnist", small, "")

    for name in (folder, "mnist"):
        loaded = load_dataset(name, data_dir=tmp_path, memory_map=True)
        assert is_lazy(loaded.train.images)
        assert loaded.sha256 == small.sha256


def test_a_folder_of_kaggle_tables(tmp_path, small: Dataset) -> None:
    assert small.test is not None
    write_table(tmp_path / "kaggle" / "train.csv", small.train)
    write_table(tmp_path / "kaggle" / "test.csv", Part(small.test.images))

    loaded = load_dataset(tmp_path / "kaggle")

    np.testing.assert_array_equal(loaded.train.images, small.train.images)
    assert loaded.test is not None
    np.testing.assert_array_equal(loaded.test.images, small.test.images)
    assert loaded.test.labels is None
    assert load_dataset(tmp_path / "kaggle" / "train.csv").test is None


def test_a_table_of_numbers_and_words(tmp_path) -> None:
    path = tmp_path / "flowers.csv"
    path.write_text("length,width,species\n5.1,3.5,setosa\n7.0,3.2,versicolor\n")

    loaded = load_dataset(path)

    assert loaded.name == "flowers"
    assert loaded.class_names == ("setosa", "versicolor")
    assert loaded.train.images.dtype == np.float32
    assert loaded.train.images.shape == (2, 2)


def test_a_table_without_a_label_column_asks_for_one(tmp_path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("p,q,r\n1,2,0\n3,4,1\n")

    with pytest.raises(DataError, match=r"which column holds the labels.*p, q, r"):
        load_dataset(path)
    assert load_dataset(path, label="r").class_names == ("0", "1")


def test_an_npz_archive(tmp_path, small: Dataset) -> None:
    write_npz(tmp_path / "small.npz", small)

    assert load_dataset(tmp_path / "small.npz").sha256 == small.sha256


def test_a_transposed_set_counted_from_1_is_put_right(tmp_path, small, write_folder) -> None:
    """EMNIST's letters are stored as images mirrored on the diagonal, with labels from 1."""
    turned = [
        Part(part.images.swapaxes(1, 2), part.labels + 1)
        for _, part in small.parts()
        if part.labels is not None
    ]
    names = ("", *small.class_names)
    write_folder(tmp_path, Dataset("x", *turned, names), "", prefix="emnist-letters-")

    for memory_map in (False, True):
        loaded = load_dataset("emnist-letters", data_dir=tmp_path, memory_map=memory_map)
        assert loaded.sha256 == Dataset("y", small.train, small.test, loaded.class_names).sha256
        assert is_lazy(loaded.train.images) is memory_map


def test_a_broken_file_in_the_data_folder_is_an_error_and_not_passed_over(
    tmp_path, small: Dataset, write_folder
) -> None:
    folder = write_folder(tmp_path / "mnist", small)
    (folder / "train-images-idx3-ubyte.gz").write_bytes(b"\x1f\x8b broken")

    with pytest.raises(FormatError, match="train-images"):
        load_dataset("mnist", data_dir=tmp_path)


def test_an_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(ArgumentError, match="Did you mean 'mnist'"):
        load_dataset("mnits")


@pytest.mark.parametrize("path", ["nowhere/data", "data.npz", Path("nowhere")])
def test_a_missing_path_is_named(path) -> None:
    with pytest.raises(FileError, match="there is no file or folder"):
        load_dataset(path)


def test_the_error_for_an_unknown_file_lists_the_known_formats(tmp_path) -> None:
    (tmp_path / "a.pkl").write_bytes(b"")

    with pytest.raises(FormatError, match=r"unknown kind.*\.npz.*\.csv"):
        load_dataset(tmp_path / "a.pkl")


def test_the_error_for_an_empty_folder_lists_the_known_formats(tmp_path) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(FileError, match=r"train-images-idx3-ubyte\.gz.*train\.csv.*a\.png"):
        load_dataset(tmp_path / "empty")


def test_regression_is_announced_and_can_be_refused(tmp_path) -> None:
    path = tmp_path / "houses.csv"
    path.write_text("area,price\n80,1.5\n95,2.5\n60,2.5\n")
    messages: list[str] = []

    houses = load_dataset(path, label="price", say=messages.append)

    assert houses.task == "regression"
    assert messages == [
        "houses: the labels are 2 different numbers from 1.5 to 2.5, read as a regression target. "
        "For classes, choose task='classification'."
    ]
    assert load_dataset(path, label="price", task="classification").class_names == ("1.5", "2.5")
    load_dataset(path, label="price", task="regression", say=messages.append)
    assert len(messages) == 1


def test_a_huge_label_in_idx_files_is_refused(tmp_path, small: Dataset, write_folder) -> None:
    folder = write_folder(tmp_path / "mine", small)
    labels = np.full(20, 10**8, np.int32)
    write_idx(folder / "train-labels-idx1-ubyte.gz", labels)

    with pytest.raises(DataError, match="too large"):
        load_dataset(folder)
