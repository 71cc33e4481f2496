from __future__ import annotations

import json

import numpy as np
import pytest

from byhand.data import Dataset, Part
from byhand.errors import DataError

IMAGES = np.arange(4 * 2 * 2, dtype=np.uint8).reshape(4, 2, 2)
LABELS = np.array([0, 1, 0, 1])


def dataset(train: Part | None = None, test: Part | None = None, names: str = "ab") -> Dataset:
    return Dataset("set", train or Part(IMAGES, LABELS), test, tuple(names))


def test_a_part_keeps_uint8_images_without_copying_them() -> None:
    assert Part(IMAGES, LABELS).images is IMAGES


def test_a_part_does_not_read_a_memory_map_into_memory(tmp_path) -> None:
    (tmp_path / "numbers").write_bytes(bytes(range(16)))
    mapped = np.memmap(tmp_path / "numbers", np.uint8, "r", shape=(4, 2, 2))

    assert isinstance(Part(mapped, LABELS).images, np.memmap)


@pytest.mark.parametrize("dtype", ["u1", "i4", "i8", "f8", ">i4"])
def test_labels_of_any_integer_type_become_int64(dtype: str) -> None:
    labels = Part(IMAGES, LABELS.astype(dtype)).labels

    assert labels is not None
    assert labels.dtype == np.int64
    assert labels.tolist() == LABELS.tolist()


@pytest.mark.parametrize("dtype", ["f4", "f8", "i8", "u1"])
def test_tables_become_float32(dtype: str) -> None:
    part = Part(IMAGES.reshape(4, 4).astype(dtype), LABELS)

    assert part.images.dtype == np.float32
    assert part.images.tolist() == IMAGES.reshape(4, 4).tolist()


TIMES = 1_700_000_000 + np.arange(0, 86_400, 100)
"""One day, in which float32 has 675 values."""


@pytest.mark.parametrize(
    "column",
    [TIMES, TIMES + 0.5, TIMES[1:2], 1e7 + np.linspace(-1, 1, 50)],
    ids=["timestamps", "fractions of them", "one row", "1e7 and a little"],
)
def test_a_table_that_float32_would_blur_is_kept_as_float64(column) -> None:
    table = np.stack([column, np.zeros(len(column))], axis=1)

    part = Part(table, None)

    assert part.images.dtype == np.float64
    np.testing.assert_array_equal(part.images, table)


@pytest.mark.parametrize(
    "column",
    [
        np.linspace(0, 1, 50),
        100 + np.linspace(0, 50, 50),
        np.full(3, 0.1),
        np.array([1e-30, 3e-30]),
    ],
    ids=["fractions", "near zero", "constant", "tiny"],
)
def test_a_table_that_float32_holds_well_is_kept_as_float32(column) -> None:
    assert Part(column[:, None], None).images.dtype == np.float32


def test_a_part_may_lack_labels() -> None:
    part = Part(IMAGES)

    assert part.labels is None
    assert len(part) == 4
    assert repr(part) == "Part(4 images 2x2 uint8, no labels)"


WRONG_PARTS = {
    "empty": (np.zeros((0, 2, 2), np.uint8), np.zeros(0, int), "empty"),
    "no pixels": (np.zeros((4, 0, 2), np.uint8), LABELS, "empty"),
    "three labels": (IMAGES, LABELS[:3], "4 images, 3 labels"),
    "float images": (IMAGES.astype(float), LABELS, "float64"),
    "one axis": (IMAGES.ravel(), LABELS, r"\(16,\)"),
    "words": (np.array([["a", "b"]] * 4), LABELS, "<U1"),
    "NaN": (np.array([[0.0, 1], [2, np.nan], [0, 0], [0, 0]]), LABELS, "nan in row 1, column 1"),
    "infinity": (np.array([[0.0], [1], [2], [-np.inf]]), LABELS, "-inf in row 3, column 0"),
    "too large for float32": (np.array([[0.0], [1e300], [2], [3]]), LABELS, "inf in row 1"),
    "several labels": (IMAGES, np.ones((4, 3)), "one-hot"),
    "half a label": (IMAGES, LABELS + 0.5, "must be integers.*regression"),
    "word labels": (IMAGES, np.array(list("abab")), "must be integers"),
    "NaN label": (IMAGES, np.array([0, 1, np.nan, 1]), "must be integers"),
    "masked images": (np.ma.masked_equal(IMAGES, 3), LABELS, "masked"),
    "masked labels": (IMAGES, np.ma.masked_equal(LABELS, 1), "masked"),
}


@pytest.mark.parametrize("name", WRONG_PARTS)
def test_a_part_that_cannot_be_used_is_refused_with_the_reason(name: str) -> None:
    images, labels, message = WRONG_PARTS[name]

    with pytest.raises(DataError, match=message):
        Part(images, labels)


def test_nan_is_found_in_a_table_larger_than_one_block(monkeypatch) -> None:
    monkeypatch.setattr("byhand.data.image_arrays.CHUNK_NUMBERS", 6)
    table = np.zeros((10, 3), np.float32)
    table[7, 2] = np.nan

    with pytest.raises(DataError, match="row 7, column 2"):
        Part(table)


WRONG_SETS = {
    "label too large": (Part(IMAGES, [0, 1, 2, 1]), None, "row 2 has 2"),
    "negative label": (Part(IMAGES, [0, -1, 0, 1]), None, "row 1 has -1"),
    "one class": (Part(IMAGES, [1, 1, 1, 1]), None, "every training label is 1"),
    "no labels to learn from": (Part(IMAGES), None, "no labels"),
    "bad test label": (Part(IMAGES, LABELS), Part(IMAGES, [0, 0, 0, 5]), "test: labels must"),
    "other test shape": (Part(IMAGES, LABELS), Part(IMAGES.reshape(4, 4, 1)), "2x2 and 4x1"),
}


@pytest.mark.parametrize("name", WRONG_SETS)
def test_a_data_set_that_cannot_be_used_is_refused_with_the_reason(name: str) -> None:
    train, test, message = WRONG_SETS[name]

    with pytest.raises(DataError, match=message):
        dataset(train, test)


def test_class_names_must_differ() -> None:
    with pytest.raises(DataError, match="occur more than once"):
        dataset(names="aa")


def test_a_test_part_may_hold_one_class_only_or_no_labels_at_all() -> None:
    assert dataset(test=Part(IMAGES, [1, 1, 1, 1])).test is not None
    assert dataset(test=Part(IMAGES)).test is not None


def test_repr_shows_classes_parts_and_source() -> None:
    made = Dataset("set", Part(IMAGES, LABELS), Part(IMAGES), ("a", "b"), source="/somewhere")

    assert repr(made) == (
        "Dataset 'set': 2 classes (a, b)\n"
        "  train  4 images 2x2 uint8\n"
        "  test   4 images 2x2 uint8, no labels\n"
        "  from   /somewhere"
    )


def test_the_summary_is_plain_json(small: Dataset) -> None:
    summary = json.loads(json.dumps(small.summary()))

    assert summary["train"] == 20
    assert summary["image_shape"] == [28, 28]
    assert summary["images_per_class"] == {"train": [2] * 10, "test": [1] * 10}
    assert len(summary["sha256"]) == 64


def test_the_hash_depends_on_content_alone(monkeypatch) -> None:
    def digest(images=IMAGES, labels=LABELS, test: Part | None = None) -> str:
        return dataset(Part(images, labels), test).sha256

    first = digest()
    monkeypatch.setattr("byhand.data.image_arrays.CHUNK_NUMBERS", 3)

    assert digest(np.asfortranarray(IMAGES), LABELS.astype(">i4")) == first
    assert digest(IMAGES[::-1]) != first
    assert digest(labels=LABELS[::-1]) != first
    assert digest(IMAGES.reshape(4, 1, 4)) != first
    assert digest(test=Part(IMAGES)) != first


def test_the_hash_is_the_one_that_its_description_promises() -> None:
    import hashlib

    content = b"train.images uint8 4x2x2\n" + IMAGES.tobytes()
    content += b"train.labels int64 4\n" + LABELS.astype("<i8").tobytes()

    assert dataset().sha256 == hashlib.sha256(content).hexdigest()


# --- regression ---------------------------------------------------------------------------------

TARGETS = np.array([1, 2.5, 3, 4])


def test_targets_of_regression_stay_float64_even_if_they_are_integers() -> None:
    for targets in (TARGETS, np.array([1, 2, 3, 4]), TARGETS[:, None], TARGETS.astype("f4")):
        labels = Part(IMAGES, targets, "regression").labels
        assert labels is not None
        assert labels.dtype == np.float64
        assert labels.shape == (4,)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (np.array([1, np.nan, 3, 4]), "target in row 1 .* is nan"),
        (np.array([1, 2, 3, np.inf]), "target in row 3 .* is inf"),
        (np.array(list("abcd")), "one number for each row"),
        (np.ones((4, 2)), "one number for each row"),
    ],
)
def test_unusable_targets_are_refused(targets, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Part(IMAGES, targets, "regression")


def test_a_regression_data_set_has_targets_and_no_classes() -> None:
    made = Dataset(
        "set", Part(IMAGES, TARGETS, "regression"), Part(IMAGES, TARGETS, "regression"), ()
    )

    assert made.task == "regression"
    assert repr(made).startswith("Dataset 'set': regression\n  train  4 images 2x2")
    summary = json.loads(json.dumps(made.summary()))
    assert summary["task"] == "regression"
    assert summary["target_range"] == {"train": [1, 4], "test": [1, 4]}
    assert summary["images_per_class"] == {"train": None, "test": None}


WRONG_REGRESSIONS = {
    "class names": (TARGETS, None, "ab", "no class names"),
    "one target": (np.ones(4), None, "", "every training label is 1.0.*different targets"),
    "a test part of classes": (TARGETS, Part(IMAGES, LABELS), "", "differ in task"),
}


@pytest.mark.parametrize("name", WRONG_REGRESSIONS)
def test_a_regression_data_set_that_cannot_be_used_is_refused(name: str) -> None:
    targets, test, names, message = WRONG_REGRESSIONS[name]

    with pytest.raises(DataError, match=message):
        dataset(Part(IMAGES, targets, "regression"), test, names)


def test_an_array_with_an_empty_mask_is_an_ordinary_array() -> None:
    assert Part(np.ma.array(IMAGES), np.ma.array(LABELS)).images.tolist() == IMAGES.tolist()


def test_a_row_may_have_several_labels() -> None:
    rows = np.arange(12.0).reshape(4, 3)
    marks = [[1, 0], [1, 1], [0, 0], [0, 1]]
    part = Part(rows, np.array(marks), task="multi-label")
    data = Dataset("tags", part, None, class_names=("red", "round"))

    assert part.labels.tolist() == marks
    assert data.task == "multi-label"
    assert data.summary()["images_per_class"] == {"train": [2, 2]}
    assert "red, round" in data._repr_html_()
    with pytest.raises(DataError, match="expected a name for each of 2 labels; got 1"):
        Dataset("tags", part, None, class_names=("red",))
    for wrong in ([0, 1, 1, 0], [[2, 0]] * 4):
        with pytest.raises(DataError, match="a mark of 0 or 1 for each label"):
            Part(rows, np.array(wrong), task="multi-label")
