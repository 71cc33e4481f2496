"""Constant arrays are made once."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import CategoricalCrossEntropy
from byhand.kernels.in_place.constants import REMEMBERED, ones, row_starts, smooth_onehot


@pytest.mark.parametrize("make", [ones, row_starts, smooth_onehot])
def test_constant_arrays_are_cached(make):
    arguments = {
        ones: (5, np.dtype("f4")),
        row_starts: (3, 4),
        smooth_onehot: (4, 0.1, np.dtype("f8")),
    }[make]

    assert make(*arguments) is make(*arguments)
    assert make.cache_info().maxsize == REMEMBERED


def test_label_smoothing_is_a_row_of_the_smoothed_identity():
    table = smooth_onehot(4, 0.2, np.dtype("f8"))

    np.testing.assert_allclose(table, CategoricalCrossEntropy(0.2).smoothed(np.arange(4), table))
