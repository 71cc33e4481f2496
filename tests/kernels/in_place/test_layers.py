"""When float32 subtracts a mean, and when float64 must."""

from __future__ import annotations

import numpy as np
import pytest

from byhand.kernels.in_place.layers import _is_near


@pytest.mark.parametrize(
    ("mean", "factor", "is_near"),
    [
        (15.99, 1.0, True), (16.0, 1.0, False), (-15.99, 1.0, True), (-16.0, 1.0, False),
        (0.5, 31.9, True), (0.5, 32.0, False), (0.0, 1.1e-30, True), (0.0, 1e-30, False),
        (0.0, 0.9e30, True), (0.0, 1e30, False), (np.zeros(2), 1.0, False),
        (0.0, np.ones(2), False),
    ],
)  # fmt: skip
def test_a_mean_is_near_up_to_sixteen_deviations(mean, factor, is_near):
    assert _is_near(mean, factor) is is_near
