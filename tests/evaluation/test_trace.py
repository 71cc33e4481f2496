"""The trace of one example."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import (
    SGD,
    CategoricalCrossEntropy,
    DenseLayer,
    InputLayer,
    MultiLayerPerceptron,
    SquaredError,
)
from byhand.errors import ArgumentError
from byhand.evaluation import trace_example
from byhand.training import OPTIMIZERS, AdamW


@pytest.fixture
def example(examples):
    """One example with its label."""
    return examples[0][5], int(examples[1][5])


def test_forward_is_the_networks(net, example):
    """Every array of the trace equals that of `forward`, and the loss that of `evaluate`."""
    x, y = example

    trace = trace_example(net, x, y)

    cache = net.forward(x[None])
    steps = [step for step in trace.steps if step.stage in {"input", "forward"}]
    assert {step.name for step in steps} <= set(cache)
    for step in steps:
        np.testing.assert_allclose(step.values, cache[step.name], rtol=1e-12)
    assert trace.loss == pytest.approx(net.evaluate(x[None], np.array([y]))["loss"])
    assert trace.predicted == net.predict(x[None])[0]
    assert trace.label == y


def test_backward_is_the_networks_where_nothing_is_normalised(net, example):
    """This holds for gradients of parameters, activations and weighted sums."""
    if net.statistics.vector.size:
        pytest.skip("the network's backward is that of training there")
    x, y = example
    cache = net.forward(x[None])
    gradients = net.backward(cache, np.array([y]))

    for step in trace_example(net, x, y).gradients:
        expected = gradients[step.name] if step.name in gradients else cache[step.name]
        np.testing.assert_allclose(step.values, expected, rtol=1e-9, atol=1e-15)


def test_every_gradient_agrees_with_finite_differences(net, example):
    """This holds for every parameter, activation and weighted sum, and with batch normalisation."""
    trace = trace_example(net, *example)

    named = {step.name for step in trace.gradients}
    assert {f"d{name}" for name in net.parameters} <= named
    for step in trace.gradients:
        assert step.checked >= 0.5 * min(step.values.size, 200)
        assert step.relative_error < 1e-7, step.name


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_update_is_the_optimizers_first_step(relu_net, example, name):
    """The optimizer starts with an empty state."""
    x, y = example

    trace = trace_example(relu_net, x, y, optimizer=name, learning_rate=0.01)

    optimizer = OPTIMIZERS[name](0.01)
    relu_net.backward(relu_net.forward(x[None]), np.array([y]))
    optimizer.update(
        relu_net.parameters,
        relu_net.gradients,
        optimizer.init_state(relu_net.parameters),
        0.01,
        1,
    )
    for parameter, values in relu_net.parameters.items():
        np.testing.assert_allclose(trace.step(parameter).values, values, rtol=1e-10, atol=1e-14)
    after = relu_net.evaluate(x[None], np.array([y]))["loss"]
    assert trace.loss_after == pytest.approx(after)


def test_the_network_stays_as_it_is(net, example):
    """The trace runs on a copy."""
    before = net.parameters.vector.copy()

    trace_example(net, *example)

    assert np.array_equal(net.parameters.vector, before)


def test_a_weight_can_be_looked_at_alone(net, example):
    """Its gradient is x dz, the finite difference agrees, and its update is that of the step."""
    trace = trace_example(net, *example, learning_rate=0.1)

    weight = trace.weight("W1", 3, 0)

    assert weight.gradient == pytest.approx(weight.x * weight.dz, rel=1e-12)
    assert weight.gradient == trace.step("dW1").values[3, 0]
    assert weight.numeric == pytest.approx(weight.gradient, rel=1e-6, abs=1e-12)
    assert weight.after == pytest.approx(weight.before - 0.1 * weight.gradient, rel=1e-12)
    assert "dW1[3, 0] = A0[3] dZ1[0] =" in str(weight)


def test_after_batch_normalisation_the_input_of_a_weight_is_what_was_passed_on(network_of, example):
    """Dropout does nothing here, so it has no name."""
    trace = trace_example(network_of("batch norm"), *example)

    assert trace.weight("W2", 0, 0).x_name == "A1_batch_norm"
    assert trace.weight("W1", 0, 0).x_name == "A0"
    assert not any("dropout" in step.name for step in trace.steps)


def test_large_arrays_are_checked_in_part():
    """The checked entries are the largest, and others evenly spaced."""
    net = MultiLayerPerceptron(
        [InputLayer(30), DenseLayer(20, "tanh"), DenseLayer(3, "softmax")], seed=0
    )
    x = np.random.default_rng(0).random(30)

    step = trace_example(net, x, 1, checked=50).step("dW1")

    assert 40 <= step.checked <= 50
    largest = np.unravel_index(np.abs(step.values).argmax(), step.values.shape)
    assert not np.isnan(step.numeric[largest])
    assert step.relative_error < 1e-8
    assert trace_example(net, x, 1, checked=0).step("dW1").checked == 0


def test_kinks_are_left_out():
    """A weighted sum at the kink of relu has no slope."""
    net = MultiLayerPerceptron(
        [InputLayer(2, "none"), DenseLayer(2, "relu"), DenseLayer(2, "softmax")], seed=0
    )
    net.parameters["W1"][:] = [[1, 0], [0, 1]]
    net.parameters["b1"][:] = [0, 1]

    step = trace_example(net, np.array([0.0, 1.0]), 0).step("dZ1")

    assert np.isnan(step.numeric).tolist() == [[True, False]]
    assert step.relative_error < 1e-8


def test_label_smoothing_and_values_are_targets_too():
    """Gradients agree with finite differences for them, too."""
    rng = np.random.default_rng(0)
    smoothed = MultiLayerPerceptron(
        [InputLayer(5, "none"), DenseLayer(4, "tanh"), DenseLayer(3, "softmax")],
        loss=CategoricalCrossEntropy(0.1),
        seed=0,
    )
    regression = MultiLayerPerceptron(
        [InputLayer(5, "none"), DenseLayer(4, "tanh"), DenseLayer(2)], loss="absolute_error", seed=0
    )

    for net, y in ((smoothed, 2), (regression, np.array([0.3, -2.0]))):
        trace = trace_example(net, rng.normal(size=5), y)
        assert max(step.relative_error for step in trace.gradients) < 1e-8
    assert trace.label is None
    assert "smoothed by 0.1" in str(trace_example(smoothed, np.ones(5), 2))


def test_the_text_names_every_step_with_its_formula(net, example):
    """It also contains the label, the check and the change of the loss."""
    net.class_names = [f"kind {k}" for k in range(max(net.output_layer.units, 2))]
    trace = trace_example(net, *example)

    text = str(trace)

    for step in trace.steps:
        assert step.formula in text
        assert str(step) in text
    assert f"label kind {example[1]}" in text
    assert "finite differences of" in text
    assert text.count("\n\n") == 6  # before each of the five stages, and before the summary


def test_weight_decay_is_part_of_the_formula(relu_net, example):
    """Only existing weights can be traced."""
    trace = trace_example(relu_net, *example, optimizer=AdamW(0.1, weight_decay=0.5))

    assert trace.step("W1").formula.startswith("W1 <- (1 - 0.1 * 0.5) W1;")
    assert "0.5" not in trace.step("b1").formula


@pytest.mark.parametrize("shape", [(12,), (1, 12), (3, 4), (1, 3, 4)])
def test_an_example_may_come_in_any_shape(relu_net, shape):
    """It may be a row, an image or a batch of one."""
    x = np.arange(12.0) / 12

    assert trace_example(relu_net, x.reshape(shape), 1).loss == trace_example(relu_net, x, 1).loss


def test_mistakes_are_noticed(relu_net, example):
    """A wrong number of inputs, an unknown weight and an invalid step are errors."""
    with pytest.raises(ArgumentError, match="one example of 12 numbers"):
        trace_example(relu_net, np.zeros((2, 12)), 0)
    trace = trace_example(relu_net, *example)
    with pytest.raises(ArgumentError, match="unknown weight matrix 'b1'"):
        trace.weight("b1", 0, 0)
    with pytest.raises(ArgumentError, match=r"shape \(12, 9\)"):
        trace.weight("W1", 12, 0)
    with pytest.raises(ArgumentError, match="unknown step"):
        trace.step("dQ1")


def test_a_loss_and_an_optimizer_of_your_own_are_traced(relu_net, example):
    """The text shows their names in place of a formula."""

    class OwnLoss(SquaredError):  # noqa: N818 - a loss, not an exception
        name = "own_loss"

    class Step(SGD):
        name = "own_step"

    net = MultiLayerPerceptron((*relu_net.layers[:-1], DenseLayer(4)), loss=OwnLoss(), seed=0)
    trace = trace_example(net, *example, optimizer=Step(0.1))

    assert trace.step("loss").formula == "loss = own_loss(A3, t)"
    assert trace.step("dA3").formula == "dA3 = d own_loss / dA3"
    assert "own_step" in trace.step("W1").meaning
    assert trace.step("W1").formula == "W1 <- W1 - 0.1 dW1"  # it steps as SGD does
    assert max(step.relative_error for step in trace.gradients) < 1e-7
