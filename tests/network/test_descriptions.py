"""What networks, layers and their results say about themselves: configs, texts and tables."""

from __future__ import annotations

import re

import numpy as np
import pytest

from byhand import (
    BatchNormLayer,
    DenseLayer,
    DropoutLayer,
    InputLayer,
    LayerNormLayer,
    MultiLayerPerceptron,
    NoiseLayer,
)
from byhand.network.activations import ACTIVATIONS, Activation
from byhand.network.gradient_check import GradientReport, ParameterCheck
from byhand.network.initializers import INITIALIZERS
from byhand.network.losses import DEFAULT_LOSS, LOSSES, resolve_loss
from byhand.network.network import Scores
from byhand.network.summary import summary_html


def cells(html: str) -> list[str]:
    """The texts between the tags."""
    return [text.strip() for text in re.split(r"<[^>]+>", html) if text.strip()]


OWN = Activation("own", np.sin, lambda z, a: np.cos(z))
COLUMNS = {"factor": np.ones(4), "mean": np.zeros(4), "input_range": (0.0, 1.0)}

LAYERS = [
    (DenseLayer(3), {"kind": "dense", "units": 3, "fn": "identity"}, "dense identity", 21),
    (
        DenseLayer(3, "leaky_relu", slope=0.2, weight_init="glorot"),
        {
            "kind": "dense", "units": 3, "fn": "leaky_relu", "slope": 0.2, "weight_init": "glorot",
        },
        "dense leaky_relu 0.2",
        21,
    ),
    (DenseLayer(2, OWN), {"kind": "dense", "units": 2, "fn": "own"}, "dense own", 14),
    (
        BatchNormLayer("relu", momentum=0.2),
        {"kind": "batch_norm", "fn": "relu", "momentum": 0.2, "epsilon": 1e-5},
        "batch_norm relu",
        7,
    ),
    (
        LayerNormLayer("tanh"),
        {"kind": "layer_norm", "fn": "tanh", "epsilon": 1e-5},
        "layer_norm tanh",
        21,
    ),
    (DropoutLayer(0.25), {"kind": "dropout", "rate": 0.25}, "dropout 0.25", 0),
    (NoiseLayer(0.5), {"kind": "noise", "deviation": 0.5}, "noise 0.5", 0),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "config", "text", "adds"), LAYERS, ids=lambda one: str(one)[:20])
def test_a_layer_states_its_settings_its_name_and_its_work(layer, config, text, adds):
    assert layer.config() == config
    assert layer.describe() == text
    assert layer.multiply_adds(7) == adds


@pytest.mark.parametrize(
    ("layer", "more"),
    [
        (InputLayer(4), {"normalisation": "auto", "input_range": None, "factor": 1.0}),
        (InputLayer(4, "pixels"), {"normalisation": "pixels", "factor": 1 / 255}),
        (InputLayer(4, "standardise", factor=2.0, mean=1.5, input_range=(0.0, 1.0)),
         {"normalisation": "standardise", "factor": 2.0, "mean": 1.5, "input_range": (0.0, 1.0)}),
        (InputLayer(4, "standardise", factor=2.0, offset=3.0), {"offset": 3.0, "factor": 2.0}),
    ],
)  # fmt: skip
def test_an_input_layer_states_the_numbers_of_its_scale(layer, more):
    unset = {"input_range": None, "mean": None, "offset": None}
    kind = {"kind": "input", "units": 4, "normalisation": "standardise"}

    assert layer.config() == kind | unset | more


def test_vectors_of_an_input_layer_are_not_part_of_its_config():
    assert InputLayer(4, "standardise", **COLUMNS).config() == {
        "kind": "input", "units": 4, "normalisation": "standardise", "input_range": (0.0, 1.0),
    }  # fmt: skip


# --- tables of names ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "slope", "kink"),
    [
        ("relu", 0.0, True), ("leaky_relu", 0.01, True), ("elu", None, False),
        ("gelu", None, False), ("sigmoid", None, False), ("tanh", None, False),
        ("softplus", None, False), ("swish", None, False), ("identity", 1.0, False),
        ("exp", None, False), ("softmax", None, False),
    ],
)  # fmt: skip
def test_slopes_and_kinks_of_the_activations(name, slope, kink):
    activation = ACTIVATIONS[name]

    assert (activation.name, activation.slope, activation.kink) == (name, slope, kink)
    assert (activation.derivative is None) == (name == "softmax")
    assert (activation.chain is not None) == (name == "softmax")
    assert (activation.javascript is None) == (name == "softmax")


@pytest.mark.parametrize(
    ("table", "alias", "name"),
    [
        (ACTIVATIONS, "silu", "swish"), (ACTIVATIONS, "linear", "identity"),
        (ACTIVATIONS, "none", "identity"), (INITIALIZERS, "he", "he_normal"),
        (INITIALIZERS, "he_initialization", "he_normal"),
        (INITIALIZERS, "glorot", "glorot_uniform"), (INITIALIZERS, "xavier", "glorot_uniform"),
        (INITIALIZERS, "xavier_normal", "glorot_normal"),
        (INITIALIZERS, "xavier_uniform", "glorot_uniform"),
        (INITIALIZERS, "lecun", "lecun_normal"), (INITIALIZERS, "zero", "zeros"),
        (LOSSES, "cross_entropy", "categorical_cross_entropy"), (LOSSES, "mse", "squared_error"),
        (LOSSES, "mean_squared_error", "squared_error"), (LOSSES, "mae", "absolute_error"),
        (LOSSES, "mean_absolute_error", "absolute_error"),
        (LOSSES, "poisson", "poisson_deviance"),
    ],
)  # fmt: skip
def test_an_alias_means_its_entry(table, alias, name):
    assert table.find(alias.upper()) is table[name]


@pytest.mark.parametrize("output", ACTIVATIONS)
def test_the_loss_follows_from_the_output(output):
    assert resolve_loss(None, output).name == DEFAULT_LOSS.get(output, "squared_error")
    assert set(DEFAULT_LOSS) == {"softmax", "sigmoid", "exp"}


# --- the gradient check -------------------------------------------------------------------------

RIGHT = ParameterCheck("dW1", 1, 1e-9, 20, 0, ((0, 1), 1.5, 1.5))
WRONG = ParameterCheck("db2", 2, 1e-7, 1000, 3, ((4,), 0.25, 0.5))
UNKNOWN = ParameterCheck("dW3", 3, float("nan"), 2, 0, ((0, 0), 0.0, 0.0))


def test_a_report_on_right_gradients():
    report = GradientReport([RIGHT], 1e-7)

    assert report.passed
    assert str(report).splitlines() == [
        "gradient    relative error   checked  at kinks",
        "dW1               1.00e-09        20         0",
        "all gradients agree with finite differences to 1e-07",
    ]
    assert cells(report._repr_html_()) == [
        "all gradients agree with finite differences to 1e-07",
        "gradient", "relative error", "checked", "at kinks", "verdict",
        "dW1", "1.00e-09", "20", "0", "correct",
    ]  # fmt: skip


def test_a_report_on_a_gradient_whose_error_equals_the_tolerance():
    """It is wrong: an error must be smaller."""
    report = GradientReport([RIGHT, WRONG], 1e-7, "layer 2, the term db2")

    assert not report.passed
    assert report.worst is WRONG
    assert str(report).splitlines()[2:] == [
        "db2               1.00e-07     1,000         3  wrong",
        "db2[4] is 0.25, finite differences give 0.5",
        "the fault: layer 2, the term db2",
    ]
    assert cells(report._repr_html_()) == [
        "db2[4] is 0.25, finite differences give 0.5", "the fault: layer 2, the term db2",
        "gradient", "relative error", "checked", "at kinks", "verdict",
        "dW1", "1.00e-09", "20", "0", "correct", "db2", "1.00e-07", "1,000", "3", "wrong",
    ]  # fmt: skip


def test_an_error_that_is_not_a_number_is_the_worst():
    report = GradientReport([WRONG, UNKNOWN, RIGHT], 1.0)

    assert report.worst is UNKNOWN
    assert not report.passed


# --- networks and scores ------------------------------------------------------------------------

TABLE = """
layer                output  parameters  bytes  multiply-adds
-------------------------------------------------------------
input (auto)         (n, 6)           0      0              0
dense relu           (n, 5)          35    140             30
batch_norm identity  (n, 5)          10     40              5
dropout 0.5          (n, 5)           0      0              0
dense softmax        (n, 3)          18     72             15
-------------------------------------------------------------
total                (n, 3)          63    252             50
loss categorical_cross_entropy, float32, multiply-adds for one example
"""


def network() -> MultiLayerPerceptron:
    between = [DenseLayer(5, "relu"), BatchNormLayer(), DropoutLayer(0.5)]
    return MultiLayerPerceptron([InputLayer(6), *between, DenseLayer(3, "softmax")], seed=0)


def test_the_summary_of_a_network():
    printed: list[str] = []

    network().summary(printed.append)

    assert printed == [TABLE.strip()]


def test_a_notebook_shows_the_same_table():
    title, *rest = cells(network()._repr_html_())

    assert title == "MultiLayerPerceptron 6-5-3, 63 parameters"
    assert rest[:5] == ["layer", "output", "parameters", "bytes", "multiply-adds"]
    assert rest[-6:-1] == ["total", "(n, 3)", "63", "252", "50"]
    assert rest[-1] == TABLE.strip().splitlines()[-1]
    assert network()._repr_html_() == summary_html(network())


def test_scores_are_written_in_one_line_and_in_a_notebook():
    scores = Scores({"loss": 0.5, "accuracy": 0.25, "wrong": 3})

    assert str(scores) == "loss 0.5000  accuracy 25.00 %  wrong 3"
    assert cells(scores._repr_html_()) == [
        "Scores", "loss", "0.5000", "accuracy", "25.00 %", "wrong", "3",
    ]  # fmt: skip
