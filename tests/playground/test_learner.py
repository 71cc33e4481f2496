"""The page learns what the library learns: every activation, loss, optimizer and schedule."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

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
from byhand.network.activations import leaky_relu
from byhand.network.layers import LAYERS
from byhand.playground.contents import KINDS
from byhand.playground.modules import write_modules
from byhand.randomness import stream
from byhand.training.callbacks import ReduceOnPlateau
from byhand.training.mixup import Mixup
from byhand.training.optimizers import OPTIMIZERS, SGD, Adam, Momentum
from byhand.training.schedules import SCHEDULES, Constant, Cosine, Warmup

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="Node is not installed")

ROWS, INPUTS, BATCH, EPOCHS = 48, 6, 12, 50
STEPS = EPOCHS * ROWS // BATCH
HIDDEN = sorted(set(ACTIVATIONS) - {"softmax"})
OUTPUT = {
    "categorical_cross_entropy": "softmax",
    "focal": "softmax",
    "binary_cross_entropy": "sigmoid",
    "poisson_deviance": "exp",
}


@dataclasses.dataclass(frozen=True)
class Case:
    """A training that both make."""

    fn: str = "tanh"
    loss: Any = None
    outputs: int = 3
    between: tuple[Any, ...] = ()
    optimizer: Any = dataclasses.field(default_factory=lambda: SGD(0.1))
    schedule: Any = dataclasses.field(default_factory=Constant)
    output_fn: str | None = None
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    values: bool = False
    dtype: Any = np.float32


def changed(described: type[Any], **always: Any) -> dict[str, Any]:
    """Return a schedule or optimizer for each of its numbers, with that number changed."""
    numbers = {
        field.name: field.default
        for field in dataclasses.fields(described)
        if isinstance(field.default, float | int) and field.name not in always
    }
    return {
        f"{described.name} {name}": described(
            **always, **{name: 0.7 * value if value > 0.01 else 0.1}
        )
        for name, value in numbers.items()
    }


CASES = {
    **{f"activation {name}": Case(fn=name) for name in HIDDEN},
    **{f"loss {name}": Case(loss=one(), outputs=3) for name, one in LOSSES.items()},
    **{f"optimizer {name}": Case(optimizer=one(0.01)) for name, one in OPTIMIZERS.items()},
    **{f"schedule {name}": Case(schedule=one()) for name, one in SCHEDULES.items()},
    **{
        f"optimizer {name}": Case(optimizer=one)
        for kind in OPTIMIZERS.values()
        for name, one in changed(kind, learning_rate=0.01).items()
    },
    **{
        f"schedule {name}": Case(schedule=one)
        for kind in SCHEDULES.values()
        for name, one in changed(kind).items()
    },
    "schedule warmup, then cosine": Case(schedule=Warmup(5, then=Cosine())),
    "reduce on plateau": Case(optimizer=SGD(1.0), schedule=ReduceOnPlateau(0.5, 1)),
    "reduce on plateau, min_delta": Case(schedule=ReduceOnPlateau(0.2, 3, min_delta=0.02)),
    "huber delta": Case(loss=LOSSES["huber"](0.2)),
    "leaky_relu slope": Case(fn=leaky_relu(0.2)),
    "batch norm with settings of its own": Case(
        fn="identity", between=(BatchNormLayer("relu", momentum=0.3, epsilon=0.1),)
    ),
    "one output": Case(outputs=1, loss=LOSSES["binary_cross_entropy"](label_smoothing=0.1)),
    "label smoothing": Case(loss=LOSSES["categorical_cross_entropy"](label_smoothing=0.1)),
    "values": Case(loss=LOSSES["squared_error"](), outputs=2, values=True),
    "values by sigmoids": Case(
        loss=LOSSES["squared_error"](), outputs=2, values=True, output_fn="sigmoid"
    ),
    "softmax with squared error": Case(loss=LOSSES["squared_error"](), output_fn="softmax"),
    "l1 and l2": Case(options={"l1": 1e-3, "l2": 1e-2}),
    "weight decay": Case(optimizer=SGD(0.1, weight_decay=0.01)),
    "clip_norm": Case(options={"clip_norm": 0.3}),
    "clip_value": Case(options={"clip_value": 0.05}),
    "class weights": Case(options={"class_weight": {0: 1.0, 1: 2.0, 2: 0.5}}),
    "dropout": Case(between=(DropoutLayer(0.3),)),
    "batch norm": Case(fn="identity", between=(BatchNormLayer("relu"),)),
    "batch norm and dropout": Case(
        fn="identity", between=(BatchNormLayer("tanh"), DropoutLayer(0.2)), optimizer=Momentum(0.01)
    ),
    "layer norm": Case(fn="identity", between=(LayerNormLayer("relu"),)),
    "layer norm with settings of its own": Case(
        fn="identity", between=(LayerNormLayer("tanh", epsilon=0.1),), optimizer=Adam(0.01)
    ),
    "noise": Case(between=(NoiseLayer(0.3),)),
    "noise and dropout": Case(between=(NoiseLayer(0.1), DropoutLayer(0.2))),
    "max-norm": Case(options={"max_norm": 0.8}),
    "averaged weights": Case(options={"ema": 0.97}),
    "averaged weights and batch norm": Case(
        fn="identity", between=(BatchNormLayer("relu"),), options={"ema": 0.9}
    ),
    "mixup": Case(options={"mixup": 0.4}),
    "mixup of values": Case(
        loss=LOSSES["squared_error"](), outputs=2, values=True, options={"mixup": 1.0}
    ),
    "mixup, focal loss and class weights": Case(
        loss=LOSSES["focal"](), options={"mixup": 0.2, "class_weight": {0: 1.0, 1: 2.0, 2: 0.5}}
    ),
    "float64": Case(fn="gelu", optimizer=Adam(0.01), dtype=np.float64),
}


def network_of(case: Case) -> MultiLayerPerceptron:
    """Return the network of a case with initial parameters that are the same in both."""
    loss = case.loss or LOSSES["categorical_cross_entropy"]()
    last = case.output_fn or OUTPUT.get(loss.name, "identity")
    return MultiLayerPerceptron(
        [
            InputLayer(INPUTS, "none"),
            DenseLayer(8, case.fn),
            *case.between,
            DenseLayer(5, "tanh"),
            DenseLayer(case.outputs, last),
        ],
        weight_init="glorot", loss=loss, seed=3, dtype=case.dtype,
    )  # fmt: skip


def rows_of(case: Case) -> tuple[Any, Any]:
    rng = np.random.default_rng(7)
    x = rng.normal(size=(ROWS, INPUTS)).astype(np.float32)
    if case.values:
        return x, rng.random((ROWS, case.outputs))
    return x, np.arange(ROWS) % max(case.outputs, 2)


def batches() -> list[list[int]]:
    """Return the rows of every step, as the trainer draws them."""
    drawn = []
    for epoch in range(1, EPOCHS + 1):
        order = np.arange(ROWS)
        stream(3, "shuffle", epoch).shuffle(order)
        drawn += [order[first : first + BATCH].tolist() for first in range(0, ROWS, BATCH)]
    return drawn


def draws(case: Case) -> list[float]:
    """Return the random numbers of dropout and noise layers, in the order of their use."""
    drawn = []
    for epoch in range(1, EPOCHS + 1):
        rng = stream(3, "dropout", epoch)
        for _ in range(ROWS // BATCH):
            for layer in case.between:
                if isinstance(layer, DropoutLayer):
                    drawn += rng.random((BATCH, 8), dtype=np.float32).ravel().tolist()
                elif isinstance(layer, NoiseLayer):
                    drawn += rng.standard_normal((BATCH, 8), dtype=np.float32).ravel().tolist()
    return drawn


def mixtures(case: Case) -> list[dict[str, Any]] | None:
    """Return the partner rows of every step's rows, and the weights of the mixture."""
    alpha = case.options.get("mixup")
    if not alpha:
        return None
    mixup, drawn = Mixup(alpha, np.arange(ROWS), ROWS, 3), []
    for step, rows in enumerate(batches()):
        if step % (ROWS // BATCH) == 0:
            mixup.start(1 + step // (ROWS // BATCH))
        shares = np.ones((len(rows), 1))
        mixup.blend(np.array(rows), shares, np.zeros_like(shares))  # weight x 1 + (1 - weight) x 0
        drawn.append(
            {"partners": mixup.partners(np.array(rows)).tolist(), "shares": shares.ravel().tolist()}
        )
    return drawn


def settings(described: Any) -> dict[str, Any]:
    """Return the settings of a schedule or optimizer by name."""
    if isinstance(described, ReduceOnPlateau):
        return {name: getattr(described, name) for name in ("factor", "patience", "min_delta")}
    found = {field.name: getattr(described, field.name) for field in dataclasses.fields(described)}
    return {**found, "then": found["then"].name} if "then" in found else found


def address(case: Case) -> str:
    """Return the choices of a case as a link to the page has them."""

    def text(described: Any) -> str:
        pairs = [f"{key} {value}" for key, value in settings(described).items()]
        return ", ".join(pair for pair in pairs if not pair.startswith("learning_rate"))

    schedule = case.schedule
    plateau = isinstance(schedule, ReduceOnPlateau)
    return urlencode(
        {
            "optimizer": case.optimizer.name,
            "learning_rate": case.optimizer.learning_rate,
            "optimizer_settings": text(case.optimizer),
            "schedule": "reduce_on_plateau" if plateau else schedule.name,
            "schedule_settings": text(schedule),
        }
    )


def task(case: Case) -> dict[str, Any]:
    """Return the case as learn.mjs reads it."""
    network = network_of(case)
    x, y = rows_of(case)
    options = dict(case.options)
    weight = options.pop("class_weight", None)
    start = {**network.parameters, **network.statistics}
    return {
        "layers": [_layer(layer) for layer in network.layers[1:]],
        "inputs": INPUTS,
        "loss": {"name": network.loss.name, **network.loss.config()},
        "address": address(case),
        "epochs": EPOCHS,
        "batches": batches(),
        "x": x.tolist(),
        "y": y.tolist(),
        "start": {name: values.ravel().tolist() for name, values in start.items()},
        "weights": [weight[label] for label in y.tolist()] if weight else None,
        "draws": draws(case),
        "mixtures": mixtures(case),
        "options": options,
        "double": case.dtype is np.float64,
    }


def _layer(layer: Any) -> dict[str, Any]:
    return {key: value for key, value in layer.config().items() if not key.endswith("_init")}


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the page's modules as files."""
    folder = tmp_path_factory.mktemp("modules")
    for name in ("worker", "findings", "tasks"):
        path = write_modules(folder, f"../playground/page/{name}.js")
    return path.parent


@pytest.fixture(scope="module")
def learnt(modules: Path) -> dict[str, Any]:
    """Every case, trained by the page's modules in Node."""
    program = Path(__file__).with_name("learn.mjs")
    done = subprocess.run(
        [NODE, program, modules],
        input=json.dumps([task(case) for case in CASES.values()]),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    return {"kinds": answer["kinds"], **dict(zip(CASES, answer["results"], strict=True))}


def test_gradients_and_the_rest_in_node(learnt, modules):
    """`node --test` checks gradients, random numbers and initial weights."""
    program = Path(__file__).with_name("learner.test.mjs")
    done = subprocess.run(
        [NODE, "--test", program], env={**os.environ, "MODULES": str(modules)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_the_page_has_every_kind_of_layer(learnt):
    own = [kind for kind, one in LAYERS.items() if one.__module__.startswith("byhand.")]
    tried = {layer.kind for case in CASES.values() for layer in case.between} | {"dense"}
    assert set(own) == set(learnt["kinds"]) == set(KINDS) == tried


@pytest.mark.parametrize("name", CASES)
def test_the_same_after_200_steps(learnt, name):
    case = CASES[name]
    network = network_of(case)
    x, y = rows_of(case)
    network.fit(
        x, y, epochs=EPOCHS, batch_size=BATCH, optimizer=case.optimizer, schedule=case.schedule,
        verbose=0, **case.options,
    )  # fmt: skip
    tolerance = 1e-11 if case.dtype is np.float64 else 1e-5
    moved = 0.0
    start = network_of(case)
    for key, values in {**network.parameters, **network.statistics}.items():
        found = np.reshape(learnt[name]["end"][key], values.shape)
        np.testing.assert_allclose(found, values, atol=tolerance, rtol=tolerance, err_msg=key)
        if key in start.parameters:
            moved = max(moved, float(np.abs(values - start.parameters[key]).max()))
    if isinstance(case.schedule, ReduceOnPlateau):
        assert 0 < learnt[name]["scale"] < 1, "the loss never stayed flat"
    assert moved > 1e-3, "nothing was learnt, so the comparison says nothing"
