"""Properties of networks of any layers, loss, shape and options, drawn by Hypothesis."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    LayerNormLayer,
    ModelCheckpoint,
    MultiLayerPerceptron,
    NoiseLayer,
    PoissonDeviance,
    SquaredError,
    backend,
)
from byhand.network.gradient_check import gradient_check
from byhand.training.optimizers import OPTIMIZERS
from byhand.training.schedules import SCHEDULES

HIDDEN = st.sampled_from([name for name in ACTIVATIONS if name != "softmax"])
OUTPUTS = {
    "classes": [
        ("softmax", CategoricalCrossEntropy()),
        ("softmax", CategoricalCrossEntropy(label_smoothing=0.1)),
        ("softmax", SquaredError()),
        ("sigmoid", BinaryCrossEntropy()),
    ],
    "values": [
        ("identity", SquaredError()),
        ("identity", AbsoluteError()),
        ("tanh", Huber(0.5)),
        ("exp", PoissonDeviance()),
    ],
}


@st.composite
def layers(draw):
    """Draw up to three hidden layers, each followed by up to two layers of other kinds."""
    others = st.one_of(
        st.builds(DropoutLayer, st.sampled_from([0.0, 0.3])),
        st.builds(BatchNormLayer, HIDDEN, epsilon=st.just(0.1)),
        st.builds(LayerNormLayer, HIDDEN, epsilon=st.just(0.1)),
        st.builds(NoiseLayer, st.sampled_from([0.0, 0.2])),
    )
    found = []
    for _ in range(draw(st.integers(0, 3))):
        found.append(DenseLayer(draw(st.integers(1, 6)), draw(HIDDEN)))
        found += draw(st.lists(others, max_size=2, unique_by=family))
    return found


def family(layer):
    """Return a layer's kind; one layer of each may follow a dense layer, and one of the norms."""
    return "norm" if "norm" in layer.kind else layer.kind


@st.composite
def problems(draw, dtype=None):
    """Draw a network, and a data set that fits it."""
    kind = draw(st.sampled_from(list(OUTPUTS)))
    output, loss = draw(st.sampled_from(OUTPUTS[kind]))
    inputs, outputs, n = draw(st.integers(1, 5)), draw(st.integers(2, 4)), draw(st.integers(6, 20))
    seed = draw(st.integers(0, 2**31))
    net = MultiLayerPerceptron(
        [
            InputLayer(inputs, draw(st.sampled_from(["none", "standardise"]))),
            *draw(layers()),
            DenseLayer(outputs, output),
        ],
        loss=loss,
        weight_init="glorot",
        bias_init=draw(st.sampled_from(["zeros", "normal"])),
        seed=seed,
        dtype=dtype or draw(st.sampled_from(["float32", "float64"])),
    )
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, inputs))
    y = np.arange(n) % outputs if kind == "classes" else rng.uniform(0, 1, (n, outputs))
    return net, x, y


options = st.fixed_dictionaries(
    {
        "optimizer": st.sampled_from(list(OPTIMIZERS)),
        "schedule": st.sampled_from(list(SCHEDULES)),
        "batch_size": st.sampled_from([2, 4, "all"]),
        "drop_last": st.just(True),  # batch normalisation cannot take a last batch of one
        "epochs": st.integers(1, 3),
        "shuffle": st.booleans(),
    },
    optional={
        "l1": st.just(1e-3),
        "l2": st.just(1e-2),
        "clip_norm": st.just(0.5),
        "clip_value": st.just(0.1),
        "max_norm": st.just(1.0),
        "ema": st.just(0.9),
        "validation_split": st.just(0.3),
    },
)


def fit(net, x, y, options, **more):
    return net.fit(x, y, learning_rate=1e-3, threads=1, verbose=0, **options, **more)


@pytest.fixture(autouse=True, scope="module")
def formulas_in_numpy():
    """Compute with NumPy: compiling takes longer than all of these tests.

    `tests/kernels` compares the compiled kernels with these formulas.
    """
    before = backend.active()
    backend.use("numpy")
    yield
    backend.use(before)


class StopAfter(Callback):
    """Stops after an epoch, as an interrupted training does."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch_end(self, run):
        if run.epoch == self.epoch:
            run.stop("enough for today")


def assert_equal_bits(net, other):
    """Compare every array that a network keeps."""
    assert net.parameters.vector.tobytes() == other.parameters.vector.tobytes()
    assert net.statistics.vector.tobytes() == other.statistics.vector.tobytes()


@given(problems(dtype="float64"), st.booleans())
def test_the_gradients_are_those_of_finite_differences(problem, training):
    net, x, y = problem

    report = gradient_check(net, x, y, samples=8, tolerance=1e-5, training=training)

    assert report.passed, report


@given(problems(), options)
def test_a_saved_network_is_loaded_with_equal_bits(tmp_path_factory, problem, options):
    net, x, y = problem
    fit(net, x, y, options)

    loaded = MultiLayerPerceptron.load(net.save(tmp_path_factory.mktemp("model") / "a.safetensors"))

    assert_equal_bits(loaded, net)
    assert loaded.predict_proba(x).tobytes() == net.predict_proba(x).tobytes()
    assert str(loaded.layers) == str(net.layers)


@given(problems(), st.data())
def test_predictions_in_parts_are_those_of_all_at_once(problem, data):
    net, x, y = problem
    net.fit(x, y, epochs=1, verbose=0)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(x) - 1), max_size=4)))

    together = net.predict_proba(x)
    parts = np.concatenate([net.predict_proba(part) for part in np.split(x, cuts)])

    # Terms of the size of the outputs may cancel, so the error is relative to the largest of them.
    limit = 100 * np.finfo(net.dtype).eps * max(1, np.abs(together).max())
    np.testing.assert_allclose(parts, together, rtol=0, atol=limit)


@given(problems(), options)
def test_the_same_seed_gives_the_same_bits(problem, options):
    net, x, y = problem
    other = net.copy()

    first, second = fit(net, x, y, options), fit(other, x, y, options)

    assert_equal_bits(net, other)
    assert first["loss"] == second["loss"]


@given(problems(), options, st.integers(1, 2))
def test_a_training_resumed_from_a_checkpoint_ends_with_the_same_bits(
    tmp_path_factory, problem, options, after
):
    net, x, y = problem
    options |= {"epochs": 3}
    folder = tmp_path_factory.mktemp("run")
    begun, resumed = net.copy(), net.copy()

    whole = fit(net, x, y, options)
    fit(begun, x, y, options, callbacks=[ModelCheckpoint(folder), StopAfter(after)])
    history = fit(resumed, x, y, options, resume_from=folder / "last.safetensors")

    assert_equal_bits(resumed, net)
    assert history["loss"] == whole["loss"]
