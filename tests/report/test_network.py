"""The page computes what the library computes: every activation, loss and layer."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from byhand.mlp import MultiLayerPerceptron
from byhand.network import (
    ACTIVATIONS,
    LOSSES,
    BatchNormLayer,
    DenseLayer,
    DropoutLayer,
    InputLayer,
    LayerNormLayer,
    NoiseLayer,
)
from byhand.report.network_entries import describe_network, network_arrays
from byhand.report.payload import _plain
from byhand.training.optimizers import OPTIMIZERS

HIDDEN = sorted(set(ACTIVATIONS) - {"softmax"})
OUTPUT = {
    "categorical_cross_entropy": "softmax",
    "focal": "softmax",
    "binary_cross_entropy": "sigmoid",
    "poisson_deviance": "exp",
}


@pytest.fixture(scope="module")
def page(digits_report, browser):
    context = browser.new_context(offline=True)
    opened = context.new_page()
    opened.goto(digits_report.path.as_uri())
    opened.wait_for_selector("html[data-ready]")
    yield opened
    context.close()


def own_function(z):
    return z / (1 + np.abs(z))


def own_derivative(z):
    return 1 / (1 + np.abs(z)) ** 2


def build(fn="tanh", *, loss="categorical_cross_entropy", between=(), classes=3, slope=None):
    layers = [
        InputLayer(6, "pixels"),
        DenseLayer(5, fn, slope=slope),
        *between,
        DenseLayer(4, "tanh"),
        DenseLayer(1 if classes == 2 else classes, OUTPUT.get(loss, "identity")),
    ]
    network = MultiLayerPerceptron(
        layers, weight_init="glorot", loss=loss, seed=3, dtype=np.float64
    )
    rng = np.random.default_rng(5)
    for name, values in network.statistics.items():
        values[...] = (
            rng.normal(size=values.shape)
            if name.startswith("mean")
            else rng.random(values.shape) + 0.5
        )
    network.parameters.vector[...] = network.parameters.vector.astype(np.float32)
    network.statistics.vector[...] = network.statistics.vector.astype(np.float32)
    return network


def in_page(page, network, image, label):
    """Outputs, loss and all gradients that the page computes."""
    arrays = {
        name: {"values": values.ravel().tolist(), "shape": values.shape}
        for name, values in network_arrays(network).items()
    }
    header = _plain({**describe_network(network), "arrays": arrays, "data": {"classes": []}})
    return page.evaluate(
        """([header, image, label]) => {
          const network = new byhand.modules.network.Network(header);
          const forward = network.forward(network.scale(image));
          const backward = network.backward(forward, label);
          const gradients = Object.fromEntries(Object.keys(network.parameters)
            .filter((name) => !/mean|variance/.test(name))
            .map((name) => [name, Array.from(network.parameters[name],
              (_, e) => network.gradientOf(name, e, forward, backward))]));
          const loss = network.lossOf(forward, label);
          return { outputs: Array.from(forward.output), loss, gradients };
        }""",
        [header, image.tolist(), label],
    )


def assert_same(page, network, *, gradients=True):
    image = np.random.default_rng(1).integers(0, 256, 6)
    shown = in_page(page, network, image, 1)
    cache = network.forward(image[None])
    np.testing.assert_allclose(shown["outputs"], cache.output[0], atol=2e-6)
    np.testing.assert_allclose(
        shown["loss"], network.evaluate(image[None], np.array([1]))["loss"], atol=2e-6
    )
    if gradients:
        expected = network.backward(cache, np.array([1]))
        for name, values in shown["gradients"].items():
            np.testing.assert_allclose(
                values, expected[f"d{name}"].ravel(), atol=2e-6, err_msg=name
            )


@pytest.mark.parametrize("fn", HIDDEN)
def test_every_activation(page, fn):
    assert_same(page, build(fn))


def test_the_slope_of_leaky_relu(page):
    assert_same(page, build("leaky_relu", slope=0.2))


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_every_loss(page, loss):
    assert_same(page, build(loss=LOSSES[loss]() if loss == "huber" else loss))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_a_single_output_and_label_smoothing(page, smoothing):
    loss = LOSSES["binary_cross_entropy"](label_smoothing=smoothing)
    network = build(loss="binary_cross_entropy", classes=2)
    network.loss = loss
    assert_same(page, network)


def test_smoothed_labels_of_many_classes(page):
    network = build()
    network.loss = LOSSES["categorical_cross_entropy"](label_smoothing=0.1)
    assert_same(page, network)


@pytest.mark.parametrize("layer", [DropoutLayer(0.5), NoiseLayer(0.5)])
def test_what_is_random_in_training_does_nothing(page, layer):
    assert_same(page, build(between=[layer]))


def test_layer_norm(page):
    network = build("identity", between=[LayerNormLayer("gelu")])
    network.parameters["gamma1"] = np.random.default_rng(0).normal(1, 0.3, network.widths[1])
    network.parameters["beta1"] = np.random.default_rng(1).normal(0, 0.3, network.widths[1])
    assert_same(page, network)


def test_batch_normalisation_uses_its_running_statistics(page):
    """Gradients differ on purpose: the statistics are constants here, but not in training."""
    network = build("identity", between=[BatchNormLayer("gelu")])
    assert_same(page, network, gradients=False)


def test_a_layer_that_the_page_does_not_know_is_named(page):
    header = describe_network(build())
    header["layers"].insert(1, {"kind": "convolution"})
    unknown = page.evaluate(
        "(header) => byhand.modules.network.unknownPart(header)", _plain(header)
    )
    assert unknown == "layers of the kind “convolution”"


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_the_first_step_of_every_optimizer(page, name):
    optimizer = OPTIMIZERS[name](0.01)
    network = build()
    x, y = np.random.default_rng(1).integers(0, 256, (2, 6)), np.array([0, 1])
    before = network.parameters["W1"].ravel().copy()
    gradient = network.backward(network.forward(x), y)["dW1"].ravel().copy()
    network.fit(x, y, epochs=1, batch_size=2, optimizer=optimizer, verbose=0)
    shown = page.evaluate(
        """([rule, values, gradients]) => values.map((value, i) =>
          byhand.modules.trace_section.stepOf(rule, "W1", value, gradients[i]))""",
        [{"name": name, **dataclasses.asdict(optimizer)}, before.tolist(), gradient.tolist()],
    )
    np.testing.assert_allclose(shown, network.parameters["W1"].ravel(), atol=1e-9)


def test_a_custom_function_is_known_by_its_table(page):
    assert_same(page, build((own_function, own_derivative)), gradients=False)


# --- scaling ------------------------------------------------------------------------------------


@pytest.mark.parametrize("offset", [0, 10_000_000, 1_700_000_000])
def test_standardised_columns_far_from_zero(page, offset):
    rows = np.random.default_rng(2).integers(0, 1000, (40, 6)) + offset
    layers = [InputLayer(6, "standardise"), DenseLayer(5, "tanh"), DenseLayer(3, "softmax")]
    network = MultiLayerPerceptron(layers, seed=3)
    network.fit(rows, np.arange(40) % 3, epochs=1, verbose=0)

    for row in rows[:3]:
        shown = in_page(page, network, row, 1)
        np.testing.assert_allclose(
            shown["outputs"], network.forward(row[None]).output[0], atol=2e-6
        )


def test_standardised_columns_of_a_file_of_byhand_0_1_0(page):
    factor, offset = np.random.default_rng(4).normal(size=(2, 6)).astype(np.float32)
    scale = InputLayer(6, "standardise", factor=factor, offset=offset, input_range=(0.0, 255.0))
    network = MultiLayerPerceptron([scale, DenseLayer(3, "softmax")], seed=3)

    assert_same(page, network)
