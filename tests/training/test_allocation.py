"""No allocation in the steady state: after the first step every array is used again.

Batches are tall (800 rows) and layers wide (800 units), so that a single array with one float32
for each row, or for each unit, would show: it takes more than the 3 kB that are allowed. NumPy's
own buffers for converting types, of a fixed size, are made as small as they can be.
"""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from byhand import (
    ACTIVATIONS,
    AbsoluteError,
    BatchNormLayer,
    BinaryCrossEntropy,
    Callback,
    CategoricalCrossEntropy,
    DenseLayer,
    DropoutLayer,
    Huber,
    InputLayer,
    MultiLayerPerceptron,
    SquaredError,
)
from byhand.training.optimizers import OPTIMIZERS

ROWS, INPUTS, WIDTH, OUTPUTS = 800, 20, 800, 10
STEPS = 5
ALLOWED = 3_000  # bytes; Python's own small objects come to a few hundred

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (STEPS * ROWS, INPUTS), dtype=np.uint8)
NUMBERS = RNG.normal(size=PIXELS.shape).astype(np.float32)
LABELS = RNG.integers(0, OUTPUTS, len(PIXELS))


class PeakMemory(Callback):
    """The peak of memory up to the last step, above its level after the second step."""

    def on_batch_end(self, run):
        if run.step == 2:
            tracemalloc.start()
            self.level, _ = tracemalloc.get_traced_memory()
        if run.step == STEPS:
            _, peak = tracemalloc.get_traced_memory()
            self.growth = peak - self.level
            tracemalloc.stop()


def peak_growth(hidden=(), output="softmax", loss=None, x=PIXELS, y=LABELS, units=None, **options):
    layers = [InputLayer(INPUTS), *hidden, DenseLayer(units or OUTPUTS, output)]
    net = MultiLayerPerceptron(layers, loss=loss, seed=0)
    memory = PeakMemory()
    settings = {"epochs": 1, "batch_size": ROWS, "optimizer": "sgd", "learning_rate": 1e-3}
    buffer_size = np.setbufsize(16)
    try:
        net.fit(x, y, callbacks=[memory], verbose=0, **settings | options)
    finally:
        np.setbufsize(buffer_size)
        tracemalloc.stop()
    return memory.growth


@pytest.fixture(autouse=True)
def plain_formulas_allocate(kernel_set):
    if kernel_set == "plain":
        pytest.skip("plain formulas make temporary arrays; the backends numpy and numba do not")


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "softmax"])
def test_no_activation_allocates(name, kernel_set):
    assert peak_growth([DenseLayer(WIDTH, name)]) < ALLOWED


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_no_optimizer_allocates(name, kernel_set):
    assert peak_growth([DenseLayer(WIDTH, "relu")], optimizer=name) < ALLOWED


def test_weight_decay_does_not_allocate(kernel_set):
    optimizer = OPTIMIZERS["adamw"](1e-3, weight_decay=0.1)

    assert peak_growth([DenseLayer(WIDTH, "relu")], optimizer=optimizer) < ALLOWED


@pytest.mark.parametrize(
    "hidden",
    [
        [DenseLayer(WIDTH, "relu"), DropoutLayer(0.5)],
        [DenseLayer(WIDTH), BatchNormLayer("relu")],
        [DropoutLayer(0.1), DenseLayer(WIDTH), BatchNormLayer("gelu"), DropoutLayer(0.5)],
    ],
    ids=["dropout", "batch norm", "both"],
)
def test_no_layer_allocates(hidden, kernel_set):
    assert peak_growth(hidden) < ALLOWED


@pytest.mark.parametrize(
    ("loss", "output"),
    [
        (CategoricalCrossEntropy(), "softmax"),
        (CategoricalCrossEntropy(0.1), "softmax"),
        (BinaryCrossEntropy(), "sigmoid"),
        (BinaryCrossEntropy(0.1), "sigmoid"),
        (SquaredError(), "identity"),
        (SquaredError(), "softmax"),
        (AbsoluteError(), "identity"),
        (Huber(), "identity"),
    ],
    ids=lambda entry: getattr(entry, "name", entry),
)
def test_no_loss_allocates(loss, output, kernel_set):
    assert peak_growth([DenseLayer(WIDTH, "relu")], output, loss) < ALLOWED


def test_targets_of_many_values_do_not_allocate(kernel_set):
    y = NUMBERS @ RNG.normal(size=(INPUTS, WIDTH)).astype(np.float32)

    assert peak_growth([], "identity", y=y, units=WIDTH) < ALLOWED


@pytest.mark.parametrize(
    "x",
    [NUMBERS, NUMBERS.astype(np.float64), PIXELS.astype(np.int64), NUMBERS * 50 + 1000],
    ids=["numbers", "float64", "integers", "far from 0"],
)
def test_no_kind_of_input_allocates(x, kernel_set):
    assert peak_growth([DenseLayer(WIDTH, "relu")], x=x) < ALLOWED


@pytest.mark.parametrize(
    "options",
    [
        {"l1": 1e-4, "l2": 1e-4},
        {"clip_norm": 0.1},
        {"clip_value": 0.01},
        {"class_weight": "balanced"},
        {"sample_weight": RNG.uniform(0, 2, len(PIXELS))},
        {"schedule": "cosine"},
        {"schedule": "one_cycle", "optimizer": "adam", "shuffle": False},
    ],
    ids=lambda options: ", ".join(options),
)
def test_no_option_allocates(options, kernel_set):
    assert peak_growth([DenseLayer(WIDTH, "relu")], **options) < ALLOWED


def test_full_batch_descent_takes_memory_for_one_block_for_any_number_of_images(kernel_set):
    def memory_for(n):
        x = np.broadcast_to(PIXELS[:1], (n, INPUTS))
        net = MultiLayerPerceptron(
            [InputLayer(INPUTS), DenseLayer(WIDTH, "relu"), DenseLayer(OUTPUTS, "softmax")], seed=0
        )
        x = np.ascontiguousarray(x)
        y = np.arange(n) % OUTPUTS
        net.fit(x[:20], y[:20], epochs=1, verbose=0)
        tracemalloc.start()
        try:
            net.fit(x, y, epochs=2, batch_size="all", optimizer="sgd", verbose=0)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    few, many = memory_for(3_000), memory_for(43_000)  # each more than a block

    assert many - few < 40_000 * 60  # labels, order and predictions, not activations: 60 B a row
