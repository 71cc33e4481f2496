"""Arrays that become images, and arrays that cannot."""

from __future__ import annotations

import numpy as np
import pytest

from byhand.data.image_arrays import images_from
from byhand.errors import DataError


@pytest.mark.parametrize(
    ("array", "shape", "dtype"),
    [
        (np.zeros((3, 5, 4, 1), np.uint8), (3, 5, 4), "uint8"),
        (np.ones((3, 5, 4), bool), (3, 5, 4), "uint8"),
        (np.full((3, 5, 4), 255, np.int64), (3, 5, 4), "uint8"),
        (np.zeros((3, 64), np.uint8), (3, 8, 8), "uint8"),
        (np.zeros((3, 784), np.float64), (3, 28, 28), "uint8"),
        (np.full((3, 784), 0.5), (3, 784), "float64"),
        (np.full((3, 784), 256), (3, 784), "int64"),
        (np.zeros((3, 5), np.uint8), (3, 5), "uint8"),
        (np.zeros((3, 64)), (3, 64), "float64"),
        (np.zeros((3, 5, 4), np.float32), (3, 20), "float32"),
    ],
)
def test_images_are_recognised_in_every_common_layout(array, shape, dtype) -> None:
    images = images_from(array, "here")

    assert images.shape == shape
    assert images.dtype == dtype


def test_bool_ink_becomes_full_ink() -> None:
    assert images_from(np.ones((1, 2, 2), bool), "here").tolist() == [[[255, 255], [255, 255]]]


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((3, 5, 4, 3), np.uint8), "grey"),
        (np.zeros(3, np.uint8), r"\(3,\)"),
        (np.full((3, 5, 4), 256), "from 256 to 256"),
        (np.full((3, 5, 4), -1), "from -1 to -1"),
        (np.zeros((3, 0, 4), np.int8), r"here: the data set is empty.*\(3, 0, 4\)"),
        (np.zeros((0, 5, 4), np.uint8), r"\(0, 5, 4\)"),
    ],
)
def test_arrays_that_are_not_images_are_refused(array, message: str) -> None:
    with pytest.raises(DataError, match=message):
        images_from(array, "here")
