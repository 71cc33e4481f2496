"""The defaults of everything public in `network` and `training` are those of this table.

A default is a promise: a network, a training or a recipe that leaves an option out depends on it.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import pytest

import byhand.network
import byhand.training
from byhand.kernels import in_place

DEFAULTS = """
network.activations.Activation: formula='f(z)', slope=None, kink=False, chain=None,
    derivative_formula="f'(z)", javascript=None
network.activations.leaky_relu: slope=0.01
network.activations.resolve_activation: slope=None
network.activations.activation_from_pair: name=None, formula='f(z)'
network.gradient_check.GradientReport: fault=None
network.gradient_check.gradient_check: samples=200, tolerance=1e-07, training=True, seed=0
network.inference.Inference.scores: chosen=None, weights=None
network.layers.batch_norm.BatchNormBuffers: training=False
network.layers.batch_norm.BatchNormLayer: fn='identity', slope=None, momentum=0.1, epsilon=1e-05
network.layers.dense.DenseLayer: fn='identity', slope=None, weight_init=None, bias_init=None
network.layers.pixel_scaling.InputLayer: normalisation='auto', factor=1.0, mean=None, offset=None,
    input_range=None
network.layers.pixel_scaling.InputLayer.fit: rows=None
network.layers.layer_norm.LayerNormLayer: fn='identity', slope=None, epsilon=1e-05
network.losses.CategoricalCrossEntropy: label_smoothing=0.0
network.losses.Focal: gamma=2.0
network.losses.BinaryCrossEntropy: label_smoothing=0.0
network.losses.Huber: delta=1.0
network.network.Network: weight_init='he_initialization', bias_init='zeros', loss=None, seed=None,
    dtype=float32, class_names=None
network.network.Network.forward: training=False, rng=None
network.network.Network.backward: sample_weight=None
network.network.Network.backpropagate: weights=None, dx=None
network.network.Network.evaluate: sample_weight=None
network.network.Network.encode: task=None
network.network.Network.summary: print_fn=print
network.network.Network.copy: dtype=None
network.parameters.NamedVector: prefix=''
network.targets.encode_targets: class_names=None, task=None
training.augmenting.Augmenting: ahead=True
training.best_weights.Best: min_delta=0.0
training.best_weights.Best.catch_up: saved=None
training.callbacks.EarlyStopping: patience=5, min_delta=0.0, monitor=None, restore_best=True
training.callbacks.ReduceOnPlateau: factor=0.5, patience=5, min_delta=0.0, monitor=None
training.callbacks.ModelCheckpoint: monitor=None
training.notebook_curves.curves: epochs=None, best=None
training.history.History: columns=<factory>, stopped='', best_epoch=None, split=<factory>,
    record=<factory>
training.loggers.HistoryToMLflow: run_name=None
training.optimizers.Optimizer: weight_decay=0.0
training.optimizers.SGD: learning_rate=0.1, weight_decay=0.0
training.optimizers.Momentum: learning_rate=0.05, mu=0.9, weight_decay=0.0
training.optimizers.Nesterov: learning_rate=0.05, mu=0.9, weight_decay=0.0
training.optimizers.Adagrad: learning_rate=0.01, epsilon=1e-10, weight_decay=0.0
training.optimizers.RMSProp: learning_rate=0.001, rho=0.9, epsilon=1e-08, weight_decay=0.0
training.optimizers.Adam: learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08,
    weight_decay=0.0
training.optimizers.AdamW: learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08,
    weight_decay=0.01
training.optimizers.Lion: learning_rate=0.0001, beta1=0.9, beta2=0.99, weight_decay=0.0
training.optimizers.resolve_optimizer: learning_rate=None
training.progress.PlainLines: every=None
training.rate_finder.RateSearch.rows: count=12
training.run.Examples: weights=None
training.run.Settings: shuffle=True, drop_last=False, l1=0.0, l2=0.0, clip_norm=None,
    clip_value=None, max_norm=None, ema=0.0, mixup=0.0, adversarial=0.0, augment=None
training.run.TrainingRun: optimizer_state=<factory>, first_epoch=0, first_step=0, epoch=0, step=0,
    learning_rate=0.0, learning_rate_scale=1.0, best_so_far=None, batch_loss=nan, cache=None,
    stop_reason=None
training.schedules.Step: drop=0.5, every=10
training.schedules.Exponential: decay=0.95
training.schedules.InverseTime: decay=0.1
training.schedules.Cosine: end=0.0
training.schedules.OneCycle: start=0.04, end=0.0001, peak=0.3
training.schedules.Warmup: epochs=1.0, then=<factory>
training.snapshots.Snapshots: count=8
training.split.split_rows: labels=None
"""

PINNED = dict(
    line.split(": ", 1) for line in DEFAULTS.replace("\n    ", " ").strip().splitlines()
)  # fmt: skip

MLP = {
    "fit": "epochs=20, batch_size=64, optimizer='adam', learning_rate=None, schedule=None, "
    "validation_data=None, validation_split=None, stratify=True, shuffle=True, drop_last=False, "
    "l1=0.0, l2=0.0, clip_norm=None, clip_value=None, max_norm=None, ema=0.0, mixup=0.0, "
    "adversarial=0.0, class_weight=None, sample_weight=None, augment=None, callbacks=(), "
    "monitor=None, threads=None, ranks=None, resume_from=None, keep_optimizer=False, verbose=1",
    "find_learning_rate": "low=1e-06, high=10.0, steps=200",
}
"""Defaults of the methods with which users train."""


def defaults_of(function: object) -> str:
    """Return the arguments of a function that may be left out, as text."""
    parameters = inspect.signature(function).parameters.values()
    return ", ".join(
        f"{one.name}={getattr(one.default, '__name__', repr(one.default))}"
        for one in parameters
        if one.default is not one.empty
    )


def is_written(value: object) -> bool:
    """Return whether it is a function, or a class that is made by one."""
    return inspect.isfunction(getattr(value, "__init__", None) if inspect.isclass(value) else value)


def public() -> Iterator[tuple[str, object]]:
    """Yield everything public in the two packages that can be called, with its name."""
    for package in (byhand.network, byhand.training):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(found.name)
            for name, value in vars(module).items():
                if name.startswith("_") or getattr(value, "__module__", None) != found.name:
                    continue
                place = f"{found.name.removeprefix('byhand.')}.{name}"
                yield place, value
                if inspect.isclass(value):
                    inner = {key: one for key, one in vars(value).items() if key[0] != "_"}
                    yield from ((f"{place}.{key}", one) for key, one in inner.items())


def test_every_default_is_the_one_of_the_table():
    functions = {name: getattr(value, "__func__", value) for name, value in public()}
    found = {name: defaults_of(value) for name, value in functions.items() if is_written(value)}

    assert {name: text for name, text in found.items() if text} == PINNED


@pytest.mark.parametrize("method", MLP)
def test_the_defaults_of_training_are_the_ones_of_the_table(method):
    assert defaults_of(getattr(byhand.MultiLayerPerceptron, method)) == MLP[method]


CONSTANTS = {
    "kernels.in_place.constants.REMEMBERED": 64,
    "kernels.in_place.layers.NEAR": 16,
    "network.activations.GELU_CUBIC": 0.044715,
    "network.activations.GELU_SCALE": 0.7978845608028654,  # sqrt(2 / pi)
    "network.activations.MOST_EXPONENT": 80.0,
    "network.finite_differences.STEP": 1e-5,
    "network.gradient_check.TOLERANCE": 1e-7,
    "network.gradient_check._TINY": 1e-7,
    "network.inference.BLOCK_ROWS": 1024,
    "network.initializers.SMALL_CONSTANT": 0.01,
    "network.standardise.BLOCK_ROWS": 4096,
    "training.augmenting.AHEAD": 2048,
    "training.averaging.WARM_UP": 9,
    "training.disk_blocks.BLOCK_ROWS": 1024,
    "training.disk_blocks.BUFFER_BLOCKS": 32,
    "training.history.BYTES_PER_NUMBER": 16,
    "training.history.LONGEST_LINE": 2**20,
    "training.history.MOST_COLUMNS": 1000,
    "training.history.MOST_NUMBERS": 1_000_000,
    "training.progress.PLAIN_LINES": 25,
    "training.progress.REDRAW": 0.4,
    "training.progress.ROOM": 3,
    "training.rate_finder.FEWEST": 10,
    "training.rate_finder.MARGIN": 10.0,
    "training.rate_finder.SMOOTHING": 0.9,
    "training.rate_finder.WORSE": 4.0,
    "training.snapshots.MOST_BYTES": 16_000_000,
    "training.snapshots.SNAPSHOTS": 8,
    "training.trainer.BLOCK_ROWS": 2048,
}
"""Numbers that decide results, texts or files. Another value would change what a seed gives."""


@pytest.mark.parametrize("name", CONSTANTS)
def test_every_constant_that_decides_a_result_is_the_one_of_the_table(name):
    module, _, constant = name.rpartition(".")

    assert getattr(importlib.import_module(f"byhand.{module}"), constant) == CONSTANTS[name]


def test_no_number_of_a_module_is_missing_in_the_table():
    found = {
        f"{name.removeprefix('byhand.')}.{constant}"
        for package in (byhand.network, byhand.training, in_place)
        for _, name, _ in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        for constant, value in vars(importlib.import_module(name)).items()
        if isinstance(value, (int, float)) and f"\n{constant} = " in source_of(name)
    }

    assert found == set(CONSTANTS)


def source_of(name):
    return inspect.getsource(importlib.import_module(name))
