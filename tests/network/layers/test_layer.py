"""Every layer: finite differences confirm its gradients, and its description is complete."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from byhand import (
    ACTIVATIONS,
    LAYERS,
    BatchNormLayer,
    DenseLayer,
    DropoutLayer,
    LayerNormLayer,
    NoiseLayer,
)
from byhand.network.initializers import INITIALIZERS

N_IN = 4

DENSE = [DenseLayer(3, name) for name in ACTIVATIONS] + [DenseLayer(3, "leaky_relu", slope=0.3)]
BATCH_NORM = [BatchNormLayer(name) for name in ("identity", "relu", "tanh", "gelu")]
LAYER_NORM = [LayerNormLayer(name) for name in ("identity", "relu", "tanh", "gelu")]
RANDOM = [DropoutLayer(0.4), NoiseLayer(0.3)]
TABLE = [
    *(
        (layer, training)
        for layer in [*BATCH_NORM, *LAYER_NORM, *RANDOM]
        for training in (True, False)
    ),
    *((layer, True) for layer in DENSE),
]


def name_of(entry):
    if isinstance(entry, bool):
        return "training" if entry else "inference"
    activation = getattr(entry, "activation", None)
    return entry.kind if activation is None else f"{entry.kind} {activation.name}"


over_the_table = pytest.mark.parametrize(("layer", "training"), TABLE, ids=name_of)


@over_the_table
def test_gradients_agree_with_central_differences(
    layer, training, kernel_set, bench_of, numeric_gradient, relative_difference
):
    bench = bench_of(layer, training)
    gradients, dx = bench.backward()

    assert relative_difference(dx, numeric_gradient(bench.total, bench.x)) < 1e-8
    for array, gradient in zip(bench.parameters, gradients, strict=True):
        assert relative_difference(gradient, numeric_gradient(bench.total, array)) < 1e-8


@over_the_table
def test_the_first_layer_computes_the_gradients_of_its_parameters_only(
    layer, training, kernel_set, bench_of
):
    bench = bench_of(layer, training)
    with_dx, _ = bench.backward()

    bench.forward()
    layer.backward(bench.placed, bench.buffers, None)

    for gradient, expected in zip(bench.gradients, with_dx, strict=True):
        np.testing.assert_array_equal(gradient, expected)


@over_the_table
def test_neither_pass_changes_its_input_parameters_or_statistics(layer, training, bench_of):
    bench = bench_of(layer, training)
    arrays = (bench.x, *bench.parameters, *bench.statistics)
    before = [array.copy() for array in arrays]

    bench.backward()

    for now, then in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(now, then)


@over_the_table
def test_a_second_pass_through_the_same_buffers_gives_the_same(
    layer, training, kernel_set, bench_of
):
    bench = bench_of(layer, training)
    first = bench.forward().copy()
    (first_gradients, first_dx), (again, dx) = bench.backward(), bench.backward()

    np.testing.assert_array_equal(bench.forward(), first)
    np.testing.assert_array_equal(dx, first_dx)
    for now, then in zip(again, first_gradients, strict=True):
        np.testing.assert_array_equal(now, then)


@over_the_table
def test_a_layer_is_a_description_that_cannot_be_changed(layer, training):
    field = dataclasses.fields(layer)[0].name

    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(layer, field, 1)


@over_the_table
def test_initial_parameters_have_the_shapes_that_the_layer_states(layer, training):
    he, zeros = INITIALIZERS["he_normal"], INITIALIZERS["zeros"]

    values = layer.initial_parameters(N_IN, he, zeros, np.random.default_rng(0))

    assert {name: value.shape for name, value in values.items()} == layer.parameter_shapes(N_IN)
    assert tuple(values) == layer.parameter_names


@pytest.mark.parametrize("layer", [*DENSE, *BATCH_NORM, *LAYER_NORM, *RANDOM], ids=name_of)
def test_a_layer_can_be_rebuilt_from_its_config(layer):
    config = layer.config()

    rebuilt = LAYERS.find(config.pop("kind"))(**config)

    assert rebuilt.config() == layer.config()
    assert rebuilt.describe() == layer.describe()


@pytest.mark.parametrize("layer", [*DENSE, *BATCH_NORM, *LAYER_NORM, *RANDOM], ids=name_of)
def test_the_names_of_the_formulas_are_arrays_of_the_buffers(layer):
    buffers = layer.new_buffers(np.zeros((6, N_IN)))

    names = layer.array_names(7)

    assert names
    for name, field in names.items():
        assert "7" in name
        assert getattr(buffers, field).shape == buffers.a.shape


@pytest.mark.parametrize("kind", LAYERS)
def test_every_kind_states_its_formulas(kind):
    assert LAYERS[kind].kind == kind
    assert LAYERS[kind].formula
    assert LAYERS[kind].backward_formula


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (DenseLayer(3), "dense identity"),
        (DenseLayer(3, "leaky_relu", slope=0.3), "dense leaky_relu 0.3"),
        (BatchNormLayer("tanh"), "batch_norm tanh"),
        (DropoutLayer(0.25), "dropout 0.25"),
    ],
)
def test_a_layer_describes_itself_in_a_few_words(layer, text):
    assert layer.describe() == text
