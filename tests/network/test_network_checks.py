"""The rules for a network's layers and options, and the messages if they are broken."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import (
    ArgumentError,
    BatchNormLayer,
    DenseLayer,
    DropoutLayer,
    InputLayer,
    LayerNormLayer,
    Network,
)
from byhand.network.network_checks import number_layers

DENSE = DenseLayer(3, "softmax")


@pytest.mark.parametrize(
    ("layers", "options", "pieces"),
    [
        ([], {}, ["a list [InputLayer(...), ..., DenseLayer(...)]", "got []"]),
        ([InputLayer(6)], {}, ["a dense layer last", "got [InputLayer"]),
        ("relu", {}, ["a network is a list", "'relu'"]),
        (InputLayer(6), {}, ["a network is a list", "InputLayer"]),
        ([DENSE, DENSE], {}, ["the input layer first", "the first is DenseLayer"]),
        ([InputLayer(6), InputLayer(6), DENSE], {}, ["is not a layer that can be used there"]),
        ([InputLayer(6), 300, DENSE], {}, ["300 is not a layer that can be used there"]),
        ([InputLayer(6), DenseLayer, DENSE], {}, ["is not a layer that can be used there"]),
        ([InputLayer(6), DENSE, DropoutLayer(0.5)], {}, ["the last is DropoutLayer"]),
        ([InputLayer(6), DENSE, DENSE], {}, ["softmax belongs to the last layer", "Choose relu"]),
        (
            [InputLayer(6), DenseLayer(4), BatchNormLayer("softmax"), DENSE],
            {},
            ["softmax belongs to the last layer"],
        ),
        (
            [InputLayer(6), DenseLayer(4), DropoutLayer(0.1), DropoutLayer(0.1), DENSE],
            {},
            ["two dropout layers follow dense layer 1", "one is enough"],
        ),
        (
            [
                InputLayer(6),
                DenseLayer(4),
                LayerNormLayer(),
                DropoutLayer(0),
                BatchNormLayer(),
                DENSE,
            ],
            {},
            ["a layer_norm layer and a batch_norm layer follow dense layer 1", "an array 'gamma'"],
        ),
        ([InputLayer(6), DENSE], {"dtype": "float16"}, ["float32 or float64", "'float16'"]),
        ([InputLayer(6), DENSE], {"dtype": "flaot"}, ["float32 or float64", "'flaot'"]),
        ([InputLayer(6), DENSE], {"dtype": "f4,("}, ["float32 or float64", "'f4,('"]),
        ([InputLayer(6), DENSE], {"dtype": "1" * 5000}, ["float32 or float64"]),
        ([InputLayer(6), DENSE], {"dtype": "1" * 400}, ["float32 or float64"]),
        ([InputLayer(6), DENSE], {"seed": -1}, ["seed must be an integer", "got -1"]),
        ([InputLayer(6), DENSE], {"seed": 1.5}, ["seed must be an integer", "got 1.5"]),
        ([InputLayer(6), DENSE], {"seed": True}, ["seed must be an integer", "got True"]),
        ([InputLayer(6), DENSE], {"loss": "nll"}, ["unknown loss 'nll'", "cross_entropy"]),
        ([InputLayer(6), DENSE], {"class_names": ["a"]}, ["a list of 3 names", "got ['a']"]),
        ([InputLayer(6), DENSE], {"class_names": "abc"}, ["a list of 3 names", "got 'abc'"]),
        ([InputLayer(6), DENSE], {"weight_init": "hee"}, ["unknown initialiser 'hee'"]),
        ([InputLayer(6), DENSE], {"bias_init": "ones"}, ["unknown initialiser 'ones'", "zeros"]),
    ],
)
def test_broken_rules_are_refused(layers, options, pieces):
    with pytest.raises(ArgumentError) as refused:
        Network(layers, **options)

    assert [piece for piece in pieces if piece not in str(refused.value)] == []


@pytest.mark.parametrize("dtype", ["float", "float64", float, np.float64, np.dtype("f8")])
def test_every_name_that_numpy_knows_for_float64_is_accepted(dtype):
    assert Network([InputLayer(6), DENSE], dtype=dtype).parameters.vector.dtype == np.float64


def test_softmax_over_one_unit_is_refused():
    with pytest.raises(ArgumentError, match=r"softmax over one unit is always 1.*'sigmoid'"):
        Network([InputLayer(6), DenseLayer(1, "softmax")])


def test_a_layer_has_the_number_of_the_dense_layer_that_it_is_or_follows():
    layers = [DropoutLayer(0.1), DenseLayer(4), BatchNormLayer(), DropoutLayer(0.1), DENSE]

    assert number_layers(layers) == [0, 1, 1, 1, 2]


@pytest.mark.parametrize(("units", "names"), [(3, ["a", "b", "c"]), (1, ["no", "yes"])])
def test_there_is_one_name_for_each_class(units, names):
    net = Network([InputLayer(6), DenseLayer(units, "sigmoid")], class_names=names)

    assert net.class_names == names
