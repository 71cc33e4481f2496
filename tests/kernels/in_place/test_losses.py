"""Details of the losses in place, beside their equality with the formulas."""

from __future__ import annotations

import numpy as np

from byhand import ACTIVATIONS, CategoricalCrossEntropy
from byhand.kernels.in_place.losses import cross_entropy
from byhand.network.losses import LossBuffers


def test_the_first_of_equal_logits_is_predicted():
    z = np.zeros((3, 4))
    buffers = LossBuffers(np.empty(3), np.full(3, 7), np.empty((3, 4)))

    loss, labels = CategoricalCrossEntropy(), np.array([0, 1, 2])
    cross_entropy(loss, z, ACTIVATIONS["softmax"](z), labels, buffers, False)

    assert (buffers.predictions == 0).all()
