"""Data sets of other libraries: the real library makes each, and it is read back unchanged."""

from __future__ import annotations

import numpy as np
import pytest

from byhand.data import collect_examples
from byhand.errors import ArgumentError, DataError

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (7, 5, 4), dtype=np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2, 0])


def is_the_same(part):
    np.testing.assert_array_equal(part.images, IMAGES)
    np.testing.assert_array_equal(part.labels, LABELS)
    return part.images.dtype == np.uint8


class Rows:
    """A data set with nothing but the two methods."""

    def __len__(self):
        return len(IMAGES)

    def __getitem__(self, index):
        if index >= len(IMAGES):
            raise IndexError
        return IMAGES[index], LABELS[index]


def test_anything_with_rows():
    assert is_the_same(collect_examples(Rows()))
    assert is_the_same(collect_examples(list(zip(IMAGES, LABELS, strict=True))))


def test_an_iterator_of_batches():
    batches = ((IMAGES[at : at + 3], LABELS[at : at + 3]) for at in (0, 3, 6))
    assert is_the_same(collect_examples(batches))


def test_a_limit_reads_no_further():
    def batches():
        yield IMAGES[:3], LABELS[:3]
        raise AssertionError("read too far")

    assert len(collect_examples(batches(), limit=1)) == 3


def test_a_table_of_lists_with_values():
    part = collect_examples([([1.5, 2], 0.25), ([3, 4], 0.5)], task="regression")

    np.testing.assert_array_equal(part.images, [[1.5, 2], [3, 4]])
    np.testing.assert_array_equal(part.labels, [0.25, 0.5])


def test_data_sets_and_loaders_of_pytorch():
    torch = pytest.importorskip("torch")
    from torch.utils.data import DataLoader, TensorDataset

    pixels = torch.from_numpy(IMAGES[:, None].astype(np.float32) / 255)  # as ToTensor makes them
    examples = TensorDataset(pixels, torch.from_numpy(LABELS))

    assert is_the_same(collect_examples(examples))
    assert is_the_same(collect_examples(DataLoader(examples, batch_size=3)))


def test_image_columns_of_hugging_face():
    datasets = pytest.importorskip("datasets")
    Image = pytest.importorskip("PIL.Image")
    features = datasets.Features(
        {"image": datasets.Image(), "label": datasets.ClassLabel(names=["a", "b", "c"])}
    )
    pictures = [Image.fromarray(image) for image in IMAGES]
    rows = {"image": pictures, "label": LABELS.tolist()}

    examples = datasets.Dataset.from_dict(rows, features=features)

    assert is_the_same(collect_examples(examples))
    assert is_the_same(collect_examples(examples.to_iterable_dataset().batch(3)))
    with pytest.raises(ArgumentError, match=r"name it with input_name="):
        collect_examples(examples.rename_column("image", "scan"))
    assert is_the_same(collect_examples(examples.rename_column("image", "scan"), input_name="scan"))


@pytest.mark.parametrize("axis", [1, -1])
def test_colours_become_grey(axis):
    colours = np.stack([IMAGES, IMAGES, IMAGES], axis=axis)

    assert is_the_same(collect_examples(list(zip(colours, LABELS, strict=True))))


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        (7, ArgumentError, "expected a data set with __len__"),
        ([], DataError, "the data set is empty"),
        ([1, 2], ArgumentError, r"must be a pair \(input, label\)"),
        ([("text", 0)], DataError, "must be numbers or images; got str"),
        (
            [(IMAGES[0], 0), (IMAGES[0][:2], 1)],
            DataError,
            r"the first is \(5, 4\), another \(2, 4\)",
        ),
        ([({}, 0)], DataError, "got dict"),
        ([(np.zeros((5, 4, 7)), 0)], DataError, "1, 3 or 4 channels"),
    ],
)
def test_what_cannot_be_read(source, error, message):
    with pytest.raises(error, match=message):
        collect_examples(source)
