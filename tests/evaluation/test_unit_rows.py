"""Rows of units, and the layers after them."""

from __future__ import annotations

import numpy as np
import pytest

from byhand.evaluation import activations, unit_rows
from byhand.evaluation.unit_rows import BLOCK_ROWS, Tail, arrays


def test_activations_are_those_of_forward(net, examples):
    """They are the same for more examples than a block holds."""
    x = np.tile(examples[0], (4, 1))
    cache = net.forward(x)

    found = activations(net, x)

    assert len(x) > BLOCK_ROWS
    for row in unit_rows(net):
        np.testing.assert_allclose(found[row.number], cache[row.name], rtol=1e-12)
        np.testing.assert_allclose(row.activation(cache[row.z_name]), cache[row.name], rtol=1e-12)


def test_rows_name_what_is_passed_on(network_of):
    """A row's output is that of batch normalisation, if there is one; dropout is left out."""
    rows = unit_rows(network_of("batch norm"))

    assert [row.name for row in rows] == ["A1_batch_norm", "A2_batch_norm", "A3"]
    assert [row.units for row in rows] == [6, 5, 4]
    assert [row.hidden for row in rows] == [True, True, False]
    assert rows[0].title == "layer 1, 6 tanh"


def test_the_layers_that_follow_give_the_same_outputs(net, examples):
    """This holds from every layer on and for every block size."""
    x, _ = examples
    cache = net.forward(x)
    inputs = [net.forward(x)["A0"], *(buffers.a for buffers in cache.layers[:-1])]

    for index, entering in enumerate(inputs):
        outputs = Tail(net, index, rows=64)(np.array(entering))
        np.testing.assert_allclose(outputs, cache.output, rtol=1e-12)


def test_an_untrained_network_chooses_its_scale_from_the_images(network_of):
    """Pixels are divided by 255, as in `predict`."""
    from byhand import DenseLayer, InputLayer, MultiLayerPerceptron

    net = MultiLayerPerceptron([InputLayer(4), DenseLayer(2, "softmax")], seed=0)
    x = np.array([[0, 255, 51, 0]], np.uint8)

    assert np.array_equal(activations(net, x)[1], net.predict_proba(x))
    assert arrays(net, x, ["A0"])["A0"][0] == pytest.approx([0, 1, 0.2, 0])
    assert not net.input_layer.ready
