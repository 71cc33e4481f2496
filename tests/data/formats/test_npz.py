from __future__ import annotations

import contextlib
import io
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from byhand.data import Dataset, Part
from byhand.data.formats.npz import read_arrays, read_npz, write_npz
from byhand.errors import ByhandError, DataError, FileError, FormatError


def test_what_is_written_is_read_back(tmp_path, small: Dataset) -> None:
    write_npz(tmp_path / "small.npz", small)

    back = read_npz(tmp_path / "small.npz")

    assert back.sha256 == small.sha256
    assert back.class_names == small.class_names
    assert back.name == "small"


def test_unlabelled_test_parts_survive(tmp_path, small: Dataset) -> None:
    assert small.test is not None
    write_npz(
        tmp_path / "a.npz", Dataset("a", small.train, Part(small.test.images), tuple("0123456789"))
    )

    back = read_npz(tmp_path / "a.npz")

    assert back.test is not None
    assert back.test.labels is None


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("X_train", "y_train", "X_test", "y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("images", "labels", "x_test", "y_test"),
        ("X", "y", "x_test", "y_test"),
        ("data", "target", "x_test", "y_test"),
        ("arr_0", "arr_1", "x_test", "y_test"),
    ],
)
def test_common_array_names_are_known(tmp_path, small: Dataset, names: tuple[str, ...]) -> None:
    assert small.test is not None
    arrays = (small.train.images, small.train.labels, small.test.images, small.test.labels)
    np.savez(tmp_path / "a.npz", **dict(zip(names, arrays, strict=True)))

    assert read_npz(tmp_path / "a.npz").sha256 == small.sha256


def test_word_labels_get_the_same_numbers_in_both_parts(tmp_path) -> None:
    images = np.zeros((3, 4, 4), np.uint8)
    np.savez(
        tmp_path / "a.npz",
        x_train=images,
        y_train=np.array(["cat", "ant", "bee"]),
        x_test=images,
        y_test=np.array(["bee", "bee", "cat"]),
    )

    back = read_npz(tmp_path / "a.npz")

    assert back.class_names == ("ant", "bee", "cat")
    assert back.train.labels is not None
    assert back.train.labels.tolist() == [2, 0, 1]
    assert back.test is not None
    assert back.test.labels is not None
    assert back.test.labels.tolist() == [1, 1, 2]


def test_class_names_inside_the_archive_are_used(tmp_path) -> None:
    np.savez(
        tmp_path / "a.npz",
        images=np.zeros((2, 4, 4), np.uint8),
        labels=np.array([[0], [1]]),
        class_names=np.array(["no", "yes", "maybe"]),
    )

    assert read_npz(tmp_path / "a.npz").class_names == ("no", "yes", "maybe")


def test_pickled_objects_are_refused(tmp_path) -> None:
    np.savez(tmp_path / "a.npz", x_train=np.array([{"a": 1}], dtype=object), y_train=[1])

    with pytest.raises(FormatError, match="pickled"):
        read_npz(tmp_path / "a.npz")


def test_a_bare_pickle_is_refused(tmp_path) -> None:
    (tmp_path / "a.npz").write_bytes(b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00")

    with pytest.raises(FormatError):
        read_npz(tmp_path / "a.npz")


def test_a_single_array_is_not_an_archive(tmp_path) -> None:
    with (tmp_path / "a.npz").open("wb") as stream:
        np.save(stream, np.zeros(3))

    with pytest.raises(FormatError, match="NPZ archive of named arrays"):
        read_npz(tmp_path / "a.npz")


def test_unknown_names_are_listed(tmp_path) -> None:
    np.savez(tmp_path / "a.npz", foo=np.zeros(3), bar=np.zeros(3))

    with pytest.raises(FormatError, match="Found: foo, bar"):
        read_npz(tmp_path / "a.npz")


def test_images_without_labels_cannot_be_learnt_from(tmp_path) -> None:
    np.savez(tmp_path / "a.npz", x_train=np.zeros((3, 4, 4), np.uint8))

    with pytest.raises(FormatError, match="x_train, y_train"):
        read_npz(tmp_path / "a.npz")


def test_lengths_must_agree(tmp_path) -> None:
    np.savez(tmp_path / "a.npz", images=np.zeros((3, 4, 4), np.uint8), labels=np.arange(4))

    with pytest.raises(DataError, match="3 images, 4 labels"):
        read_npz(tmp_path / "a.npz")


@pytest.mark.parametrize("content", [b"", b"PK", b"not an archive at all"])
def test_anything_but_an_archive_is_one_clear_error(tmp_path, content: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(content)

    with pytest.raises(FormatError, match=r"a\.npz"):
        read_npz(tmp_path / "a.npz")


def test_an_array_that_asks_for_too_much_memory_is_one_clear_error(tmp_path) -> None:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"descr": "|u1", "fortran_order": False, "shape": (2**60, 2)}
    )
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as bundle:
        bundle.writestr("x_train.npy", stream.getvalue())

    with pytest.raises(FormatError, match=r"a\.npz"):
        read_npz(tmp_path / "a.npz")


def test_a_missing_archive_is_named(tmp_path) -> None:
    with pytest.raises(FileError, match="nowhere"):
        read_npz(tmp_path / "nowhere.npz")


def archive() -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(
        stream, x_train=np.arange(36, dtype=np.uint8).reshape(4, 3, 3), y_train=[0, 1, 0, 1]
    )
    return stream.getvalue()


GOOD = archive()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(data=st.data())
def test_no_damaged_byte_causes_anything_but_our_own_errors(tmp_path, data) -> None:
    content = bytearray(GOOD)
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.integers(0, len(content)))
    path = tmp_path / "damaged.npz"
    path.write_bytes(content[:cut] if data.draw(st.booleans()) else content)

    with contextlib.suppress(ByhandError):
        read_arrays(path)


def test_a_regression_data_set_survives_even_with_integer_targets(tmp_path) -> None:
    train = Part(np.ones((3, 2)), np.array([1.0, 2.0, 3.0]), "regression")
    write_npz(tmp_path / "a.npz", Dataset("a", train, train, ()))

    back = read_npz(tmp_path / "a.npz")

    assert back.task == "regression"
    assert back.train.labels is not None
    assert back.train.labels.tolist() == [1, 2, 3]


def test_continuous_labels_are_a_regression_target(tmp_path) -> None:
    np.savez(tmp_path / "a.npz", x=np.ones((2, 3)), y=np.array([0.5, 1.5]))

    assert read_npz(tmp_path / "a.npz").task == "regression"
    with pytest.raises(DataError, match="must be integers"):
        read_npz(tmp_path / "a.npz", task="classification")


def test_class_names_in_the_archive_imply_classification(tmp_path) -> None:
    names = [f"name {k}" for k in range(30)]
    np.savez(tmp_path / "a.npz", x=np.ones((30, 3)), y=np.arange(30), class_names=names)

    assert read_npz(tmp_path / "a.npz").class_names == tuple(names)


def test_one_hot_float_labels_are_read(tmp_path) -> None:
    labels = np.eye(3, dtype=np.float32)[[2, 0, 1, 1]]
    np.savez(tmp_path / "a.npz", x=np.ones((4, 5)), y=labels)

    back = read_npz(tmp_path / "a.npz")

    assert back.train.labels is not None
    assert back.train.labels.tolist() == [2, 0, 1, 1]
    assert back.class_names == ("0", "1", "2")


def test_an_archive_holds_nothing_but_its_arrays(tmp_path, small: Dataset) -> None:
    """NumPy before 2.2 stores savez's option allow_pickle=False as another array."""
    write_npz(tmp_path / "a.npz", small)

    with np.load(tmp_path / "a.npz") as archive:
        assert set(archive.files) == {
            "x_train",
            "y_train",
            "x_test",
            "y_test",
            "class_names",
            "task",
        }


def test_arrays_of_other_names_are_left_unread(tmp_path) -> None:
    np.savez(tmp_path / "a.npz", x=np.ones((2, 3)), y=np.array([0, 1]))
    with zipfile.ZipFile(tmp_path / "a.npz", "a") as archive:
        archive.writestr("notes.npy", b"not an array")

    assert len(read_npz(tmp_path / "a.npz").train) == 2


@pytest.mark.parametrize(
    "member",
    [
        b"not an array",
        b"\x93NUMPY\x01\x00\x10\x00{'descr': '<f8', ",
        b"\x93NUMPY\x01\x00\x10\x00(((((((((((((((\n",
        b"",
    ],
)
def test_a_broken_array_is_an_error_of_the_format(tmp_path, member: bytes) -> None:
    np.savez(tmp_path / "a.npz", y=np.array([0, 1]))
    with zipfile.ZipFile(tmp_path / "a.npz", "a") as archive:
        archive.writestr("x.npy", member)

    with pytest.raises(FormatError):
        read_npz(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x_train": np.full((3, 2, 2), "a"), "y_train": [0, 1, 0]}, "rows of numbers; got <U1"),
        ({"x_train": np.zeros((3, 2), "c8"), "y_train": [0, 1, 0]}, "numbers; got complex64"),
        ({"x_train": np.eye(2), "y_train": ["a" * 1001, "b"]}, "1,001 characters; at most 1,000"),
        ({"x": np.eye(2), "y": [0, 1], "class_names": range(10_001)}, "10,001 different classes"),
        ({"x_train": np.zeros((0, 2, 2)), "y_train": [0, 1]}, "the data set is empty"),
        ({"x_train": np.zeros((3, 2)), "y_train": "word"}, "one label for each row"),
        ({"x_train": np.zeros((1, 2)), "y_train": np.array([["a", "b"]])}, "one label for each"),
    ],
)
def test_arrays_of_a_wrong_kind_are_refused(tmp_path, arrays, message) -> None:
    np.savez(tmp_path / "a.npz", **arrays)

    with pytest.raises(DataError, match=message):
        read_npz(tmp_path / "a.npz")


@pytest.mark.parametrize(
    "labels",
    [np.zeros(15_000_000, np.uint8), np.array(["abcd"] * 1_000_000)],
    ids=["bytes", "words"],
)
def test_a_small_archive_that_would_become_a_large_data_set_is_refused(tmp_path, labels):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, x=np.zeros((3, 3), np.uint8), y=labels)

    with pytest.raises(FormatError, match="over 100 times their size"):
        read_npz(path)


def test_labels_of_another_length_are_refused_before_they_take_memory(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x=np.zeros((3, 3), np.uint8), y=np.zeros(10_000_000, np.uint8))

    tracemalloc.start()
    with pytest.raises(DataError, match="3 images, 10000000 labels"):
        read_npz(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 40_000_000
