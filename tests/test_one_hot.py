from __future__ import annotations

import numpy as np
import pytest

from byhand.one_hot import is_one_hot


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float32])
def test_rows_with_a_single_one_are_one_hot(dtype):
    assert is_one_hot(np.eye(3)[[2, 0, 0]].astype(dtype))


@pytest.mark.parametrize(
    "labels",
    [
        np.array([0, 1]),
        np.array([[0, 1], [1, 1]]),
        np.array([[0, 0], [0, 1]]),
        np.array([[0.5, 0.5]]),
        np.array([[2, -1]]),
        np.array([["0", "1"]]),
        np.zeros((0, 3)),
        np.zeros((3, 0)),
    ],
)
def test_other_arrays_are_not(labels):
    assert not is_one_hot(labels)
