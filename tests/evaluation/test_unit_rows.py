"""Rows of units, the layers after them, and the backward pass in inference."""

from __future__ import annotations

import numpy as np
import pytest

from byhand.evaluation import activations, unit_rows
from byhand.evaluation.unit_rows import BLOCK_ROWS, Tail, arrays, backward_in_inference


def test_activations_are_those_of_forward(net, examples):
    """They are the same for more examples than a block holds."""
    x = np.tile(examples[0], (4, 1))
    cache = net.forward(x)

    found = activations(net, x)

    assert len(x) > BLOCK_ROWS
    for row in unit_rows(net):
        np.testing.assert_allclose(found[row.number], cache[row.name], rtol=1e-12)
        np.testing.assert_allclose(row.activation(cache[row.z_name]), cache[row.name], rtol=1e-12)


def test_rows_name_what_is_handed_on(network_of):
    """A row's output is that of batch normalisation, if there is one; dropout is left out."""
    rows = unit_rows(network_of("batch norm"))

    assert [row.name for row in rows] == ["A1_batch_norm", "A2_batch_norm", "A3"]
    assert [row.units for row in rows] == [6, 5, 4]
    assert [row.hidden for row in rows] == [True, True, False]
    assert rows[0].title == "layer 1, 6 tanh"


def test_the_layers_behind_give_the_same_outputs(net, examples):
    """This holds from every layer on and for every block size."""
    x, _ = examples
    cache = net.forward(x)
    inputs = [net.forward(x)["A0"], *(buffers.a for buffers in cache.layers[:-1])]

    for index, entering in enumerate(inputs):
        outputs = Tail(net, index, rows=64)(np.array(entering))
        np.testing.assert_allclose(outputs, cache.output, rtol=1e-12)


def test_backward_is_the_networks_where_nothing_is_normalised(net, examples):
    """With batch normalisation, the network's own `backward` is that of training."""
    if net.statistics.vector.size:
        pytest.skip("checked against finite differences in test_attribution")
    x, y = examples
    cache = net.forward(x)
    net.backward(cache, y)
    start = {"dz" if net.fused else "da": cache.loss.grad.copy()}

    steps = backward_in_inference(net, cache, **start)

    for step in steps[:-1]:
        np.testing.assert_allclose(step.dx, cache.layers[step.index - 1].da, rtol=1e-9, atol=1e-15)


def test_an_untrained_network_chooses_its_scale_from_the_images(network_of):
    """Pixels are divided by 255, as in `predict`."""
    from byhand import DenseLayer, InputLayer, MultiLayerPerceptron

    net = MultiLayerPerceptron([InputLayer(4), DenseLayer(2, "softmax")], seed=0)
    x = np.array([[0, 255, 51, 0]], np.uint8)

    assert np.array_equal(activations(net, x)[1], net.predict_proba(x))
    assert arrays(net, x, ["A0"])["A0"][0] == pytest.approx([0, 1, 0.2, 0])
    assert not net.input_layer.ready
