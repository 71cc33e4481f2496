"""Twin runs: byhand and another library make the same steps, and a wrong formula is noticed."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from byhand import (
    SGD,
    AbsoluteError,
    ArgumentError,
    Augmentation,
    BatchNormLayer,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    DenseLayer,
    DropoutLayer,
    Focal,
    Huber,
    InputLayer,
    LayerNormLayer,
    MultiLayerPerceptron,
    NoiseLayer,
)
from byhand.figures.canvas import FigureError
from byhand.interop.twin import Twin, TwinResult, write_script
from byhand.training import Callback
from byhand.training.optimizers import OPTIMIZERS, Adam

pytest.importorskip("torch")


def network(*hidden, output=("softmax", 10), dtype=np.float64, **options):
    fn, units = output
    layers = [InputLayer(64), *hidden, DenseLayer(units, fn)]
    return MultiLayerPerceptron(layers, seed=3, dtype=dtype, **options)


def compared(net, x, y, library="torch", steps=30, **options):
    """Train beside another library and return the differences."""
    twin = Twin(library, steps=steps)
    arguments = {"epochs": 3, "batch_size": 64, "verbose": 0, **options}
    net.fit(x[:640], y[:640], callbacks=[twin], **arguments)
    assert twin.result.steps == min(steps, 30)
    return twin.result


# --- torch --------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", [name for name in OPTIMIZERS if name != "lion"])
def test_every_optimizer_makes_the_steps_of_torch(optimizer, digits):
    result = compared(
        network(DenseLayer(12, "relu")), *digits, optimizer=optimizer, l1=1e-5, l2=1e-3,
        clip_norm=0.5, max_norm=0.8, schedule="cosine",
    )  # fmt: skip

    assert result.library.startswith("torch ")
    assert set(result.differences) == {"W1", "b1", "W2", "b2"}
    assert max(result.by_step) < 1e-12
    assert max(result.loss_differences) < 1e-12


@pytest.mark.parametrize(
    ("loss", "output"),
    [
        (CategoricalCrossEntropy(0.1), "softmax"),
        (Focal(2.0), "softmax"),
        (BinaryCrossEntropy(0.2), "sigmoid"),
        ("squared_error", "softmax"),
        ("squared_error", "identity"),
        (AbsoluteError(), "tanh"),
        (Huber(0.3), "identity"),
    ],
)
def test_every_loss_has_the_gradients_of_torch(loss, output, digits):
    x, y = digits
    targets = y if output == "softmax" else np.eye(10)[y]

    result = compared(network(DenseLayer(12, "tanh"), output=(output, 10), loss=loss), x, targets)

    assert result.largest < 1e-12
    assert max(result.loss_differences) < 1e-12


def test_batch_norm_dropout_weights_and_clipping_are_those_of_torch(digits):
    net = network(
        DenseLayer(12), BatchNormLayer("gelu"), DropoutLayer(0.3), DenseLayer(8),
        LayerNormLayer("leaky_relu"), DropoutLayer(0.1),
    )  # fmt: skip

    result = compared(net, *digits, class_weight={3: 2.0}, clip_value=0.01, optimizer="sgd")

    assert {"gamma1", "beta1", "mean1", "variance1", "gamma2"} <= set(result.differences)
    assert result.largest < 1e-11


def test_augmented_batches_and_short_ones_are_given_to_torch(digits):
    x, y = digits
    augment = Augmentation(shift=1)

    assert compared(network(DenseLayer(8, "relu")), x, y, augment=augment).largest < 1e-12
    net = network(DenseLayer(8, "relu"))
    twin = Twin("torch")
    net.fit(x[:100], y[:100], epochs=2, batch_size=64, callbacks=[twin], verbose=0)
    assert twin.result.steps == 4
    assert twin.result.largest < 1e-12


def test_a_batch_that_passes_in_blocks_is_compared_as_a_whole(digits):
    x = np.concatenate([digits[0]] * 2)
    y = np.concatenate([digits[1]] * 2)
    twin = Twin("torch", steps=3)
    net = network(DenseLayer(8, "relu"))

    net.fit(x, y, epochs=3, batch_size="all", callbacks=[twin], verbose=0)

    assert twin.result.largest < 1e-12
    with pytest.raises(ArgumentError, match="at most 2,048 rows"):
        network(DenseLayer(8, "relu"), DropoutLayer(0.5)).fit(
            x, y, epochs=1, batch_size="all", callbacks=[Twin()], verbose=0
        )


def test_float32_differs_by_its_rounding(digits):
    result = compared(network(DenseLayer(12, "relu"), dtype=np.float32), *digits)

    assert result.dtype == "float32"
    assert 1e-9 < result.largest < 1e-4


def test_a_wrong_formula_is_seen_at_the_first_step(digits, monkeypatch):
    monkeypatch.setattr(
        Adam, "step", lambda self, p, g, state, rate, t: SGD.step(self, p, g, state, rate, t)
    )

    result = compared(network(DenseLayer(12, "relu")), *digits, optimizer="adam")

    assert result.by_step[0] > 1e-4


@dataclass(frozen=True)
class OwnRule(SGD):
    name: ClassVar[str] = "own_rule"


def test_what_torch_does_not_have_is_refused_before_the_first_step(digits):
    x, y = digits
    for net, options, name in [
        (network(), {"optimizer": OwnRule()}, "own_rule"),
        (network(), {"optimizer": "lion"}, "lion"),
        (network(output=("exp", 10), loss="poisson_deviance"), {}, "poisson_deviance"),
        (network(), {"mixup": 0.2}, "mixup"),
        (network(), {"adversarial": 0.1}, "adversarial training"),
        (network(NoiseLayer(0.1)), {}, "noise"),
    ]:
        before = net.parameters.vector.copy()
        with pytest.raises(ArgumentError, match=name):
            net.fit(x, y, callbacks=[Twin()], verbose=0, **options)
        np.testing.assert_array_equal(net.parameters.vector, before)
    with pytest.raises(ArgumentError, match="unknown library 'tensorflow'"):
        Twin("tensorflow")


# --- JAX ----------------------------------------------------------------------------------------


@pytest.fixture
def jax():
    pytest.importorskip("optax", reason="optax is not installed")
    return pytest.importorskip("jax", reason="JAX is not installed")


@pytest.mark.parametrize("optimizer", [name for name in OPTIMIZERS if name != "adagrad"])
def test_every_optimizer_makes_the_steps_of_optax(jax, optimizer, digits):
    result = compared(
        network(DenseLayer(12, "relu")), *digits, "jax", optimizer=optimizer, l1=1e-5, l2=1e-3,
        clip_value=0.05, clip_norm=0.5, max_norm=0.8, schedule="cosine",
    )  # fmt: skip

    assert result.library == f"jax {jax.__version__}"
    assert set(result.differences) == {"W1", "b1", "W2", "b2"}
    assert max(result.by_step) < 1e-12
    assert max(result.loss_differences) < 1e-12
    assert not jax.config.jax_enable_x64  # the process is left as it was


@pytest.mark.parametrize(
    ("loss", "output"),
    [
        (CategoricalCrossEntropy(0.1), "softmax"),
        (Focal(2.0), "softmax"),
        (BinaryCrossEntropy(0.2), "sigmoid"),
        ("squared_error", "softmax"),
        (AbsoluteError(), "tanh"),
        (Huber(0.3), "identity"),
        ("poisson_deviance", "exp"),
    ],
)
def test_every_loss_has_the_gradients_of_jax(jax, loss, output, digits):
    x, y = digits
    targets = y if output == "softmax" else np.eye(10)[y]

    result = compared(
        network(DenseLayer(12, "tanh"), output=(output, 10), loss=loss), x, targets, "jax"
    )

    assert result.largest < 1e-12
    assert max(result.loss_differences) < 1e-12


def test_every_activation_layer_norm_batch_norm_and_dropout_are_those_of_jax(jax, digits):
    hidden = [DenseLayer(8, fn) for fn in ("swish", "elu", "softplus", "sigmoid", "identity")]
    net = network(
        DenseLayer(12), BatchNormLayer("gelu"), DropoutLayer(0.3), *hidden,
        LayerNormLayer("leaky_relu", slope=0.2),
    )  # fmt: skip

    result = compared(net, *digits, "jax", class_weight={3: 2.0}, optimizer="sgd")

    assert {"gamma1", "beta1", "mean1", "variance1", "gamma6"} <= set(result.differences)
    assert result.largest < 1e-11


def test_jax_computes_in_float32_where_the_run_does(jax, digits):
    result = compared(network(DenseLayer(12, "relu"), dtype=np.float32), *digits, "jax")

    assert result.dtype == "float32"
    assert 1e-9 < result.largest < 1e-4


def test_what_jax_does_not_have_is_refused_before_the_first_step(jax, digits):
    x, y = digits
    for net, options, name in [
        (network(), {"optimizer": "adagrad"}, "adagrad"),
        (network(), {"optimizer": OwnRule()}, "own_rule"),
        (network(NoiseLayer(0.1)), {}, "noise"),
    ]:
        with pytest.raises(ArgumentError, match=name):
            net.fit(x, y, callbacks=[Twin("jax")], verbose=0, **options)


# --- scikit-learn -------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "adam"])
@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_scikit_learn_makes_the_same_steps(optimizer, activation, digits):
    pytest.importorskip("sklearn")
    net = network(DenseLayer(12, activation), DenseLayer(8, activation))

    result = compared(net, *digits, "sklearn", optimizer=optimizer, l2=1e-3)

    assert result.library.startswith("scikit-learn ")
    assert result.largest < 1e-12
    assert max(result.loss_differences) < 1e-10


def test_scikit_learn_makes_the_same_steps_for_two_classes(digits):
    pytest.importorskip("sklearn")
    x, y = digits

    result = compared(network(DenseLayer(6, "tanh"), output=("sigmoid", 1)), x, y % 2, "sklearn")

    assert result.largest < 1e-12


@pytest.mark.parametrize(
    ("hidden", "options", "message"),
    [
        ([DenseLayer(4, "gelu")], {}, "one activation for all hidden layers"),
        ([DenseLayer(4, "relu"), DenseLayer(4, "tanh")], {}, "one activation"),
        ([DenseLayer(4, "relu"), DropoutLayer(0.2)], {}, "dense layers only"),
        ([], {"optimizer": "rmsprop"}, "its optimizers are"),
        ([], {"optimizer": "momentum", "schedule": "cosine"}, "must be constant"),
        ([], {"l1": 0.1}, "neither an L1 penalty nor clipping"),
        ([], {"class_weight": "balanced"}, "weights of examples"),
    ],
)
def test_what_scikit_learn_does_not_have_is_named(hidden, options, message, digits):
    pytest.importorskip("sklearn")

    with pytest.raises(ArgumentError, match=message):
        network(*hidden).fit(*digits, callbacks=[Twin("sklearn")], verbose=0, **options)


# --- the script ---------------------------------------------------------------------------------


class Script(Callback):
    """Write the script of a run and train further; the losses equal those of an earlier run."""

    def __init__(self, path, losses):
        self.path, self.losses = path, losses

    def on_train_begin(self, run):
        write_script(run, self.path, self.losses, "of a test")


def run_script(path):
    result = subprocess.run(
        [sys.executable, "-I", str(path)], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return float(re.search(r"largest difference of the loss (\S+)", result.stdout)[1])


SETTINGS = {
    "plain": ([DenseLayer(12, "relu")], {}, {}),
    "everything": (
        [DenseLayer(12), BatchNormLayer("gelu"), DropoutLayer(0.3), DenseLayer(8, "leaky_relu")],
        {"loss": CategoricalCrossEntropy(0.1)},
        {
            "optimizer": "adamw", "schedule": "one_cycle", "l1": 1e-4, "l2": 1e-3,
            "clip_norm": 0.5, "clip_value": 0.1, "class_weight": {3: 2.0}, "max_norm": 1.0,
            "drop_last": True,
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SETTINGS)
def test_the_script_makes_the_run_again_without_byhand(name, digits, tmp_path):
    x, y = digits[0][:640], digits[1][:640]
    hidden, made, options = SETTINGS[name]
    losses = network(*hidden, **made).fit(x, y, epochs=4, verbose=0, **options)["loss"]
    path = tmp_path / "port.py"
    network(*hidden, **made).fit(
        x, y, epochs=4, verbose=0, callbacks=[Script(path, losses)], **options
    )

    assert "import byhand" not in path.read_text()
    assert run_script(path) < 1e-5

    wrong = path.read_text().replace(".shuffle(order)", "")
    path.write_text(wrong)
    assert run_script(path) > 1e-4


def test_the_script_refuses_augmentation(digits, tmp_path):
    script = Script(tmp_path / "port.py", [1.0])

    with pytest.raises(ArgumentError, match="cannot repeat augmentation"):
        network().fit(*digits, callbacks=[script], augment=Augmentation(shift=1), verbose=0)
    assert list(tmp_path.iterdir()) == []


# --- the result ---------------------------------------------------------------------------------


def test_the_result_has_rows_at_1_2_5_10_and_the_end():
    result = TwinResult(
        "torch", "float64", [1.0] * 70, [0.0] * 70, {"W1": [1e-9] * 70}, {"W1": 1.0}
    )

    assert [row[0] for row in result.rows()] == [1, 2, 5, 10, 20, 50, 70]
    assert [row[0] for row in result.rows(3)] == [1, 2, 70]
    assert TwinResult("torch", "float64").rows() == []


def test_the_picture_shows_equal_bits_at_the_bottom(tmp_path):
    pytest.importorskip("matplotlib")
    from byhand.figures.canvas import save
    from byhand.figures.differences import twin_differences

    result = TwinResult("torch", "float64", [1.0] * 9, [0.0] * 9, {"W1": [1e-9] * 9}, {"W1": 1.0})

    assert save(twin_differences(result), tmp_path / "twin.png").stat().st_size > 5000
    with pytest.raises(FigureError, match="no step"):
        twin_differences(replace(result, losses=[]))
