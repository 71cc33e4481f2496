"""Comparison with PyTorch in float64, from the same weights, over whole training runs.

PyTorch's functions, its automatic differentiation and its optimizers make the same 40 steps on
the same batches. All parameters and running statistics have to agree to 1e-10 at the end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from byhand import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    BatchNormLayer,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    DenseLayer,
    DropoutLayer,
    Huber,
    InputLayer,
    Momentum,
    MultiLayerPerceptron,
    Nesterov,
    RMSProp,
)
from byhand.randomness import stream

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
from torch.nn import functional

EPOCHS, BATCH, N, INPUTS, CLASSES = 5, 8, 60, 6, 4  # 8 steps an epoch, the last on 4 rows

torch.set_num_threads(1)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, INPUTS))
LABELS = RNG.integers(0, CLASSES, N)
VALUES = RNG.normal(size=(N, CLASSES))
WEIGHTS = RNG.uniform(0, 3, N)

ACTIVATION = {
    "relu": torch.relu,
    "leaky_relu": lambda z: functional.leaky_relu(z, 0.2),
    "elu": functional.elu,
    "gelu": lambda z: functional.gelu(z, approximate="tanh"),
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softplus": lambda z: functional.softplus(z, threshold=100),
    "swish": functional.silu,
    "identity": lambda z: z,
    "exp": torch.exp,
    "softmax": lambda z: torch.softmax(z, -1),
}

LOSS = {
    "categorical_cross_entropy": lambda z, t, loss: functional.cross_entropy(
        z, t, reduction="none", label_smoothing=loss.label_smoothing
    ),
    "binary_cross_entropy": lambda z, t, loss: functional.binary_cross_entropy_with_logits(
        z, t * (1 - loss.label_smoothing) + loss.label_smoothing / 2, reduction="none"
    ).mean(1),
    "squared_error": lambda a, t, loss: ((a - t) ** 2).mean(1),
    "absolute_error": lambda a, t, loss: (a - t).abs().mean(1),
    "huber": lambda a, t, loss: functional.huber_loss(
        a, t, reduction="none", delta=loss.delta
    ).mean(1),
    "poisson_deviance": lambda a, t, loss: (torch.xlogy(t, t) - t * a.log() - t + a).mean(1),
}

OPTIMIZER = {
    "sgd": lambda o, groups: torch.optim.SGD(groups, o.learning_rate),
    "momentum": lambda o, groups: torch.optim.SGD(groups, o.learning_rate, momentum=o.mu),
    "nesterov": lambda o, groups: torch.optim.SGD(
        groups, o.learning_rate, momentum=o.mu, nesterov=True
    ),
    "adagrad": lambda o, groups: torch.optim.Adagrad(groups, o.learning_rate, eps=o.epsilon),
    "rmsprop": lambda o, groups: torch.optim.RMSprop(
        groups, o.learning_rate, alpha=o.rho, eps=o.epsilon
    ),
    "adam": lambda o, groups: torch.optim.Adam(
        groups, o.learning_rate, (o.beta1, o.beta2), eps=o.epsilon
    ),
    "adamw": lambda o, groups: torch.optim.AdamW(
        groups, o.learning_rate, (o.beta1, o.beta2), eps=o.epsilon
    ),
}


@dataclass
class Case:
    """A network and its training."""

    hidden: list[Any] = field(default_factory=lambda: [DenseLayer(7, "tanh")])
    output: str = "softmax"
    loss: Any = None
    targets: np.ndarray = field(default_factory=lambda: LABELS)
    optimizer: Any = field(default_factory=lambda: SGD(0.2))
    options: dict[str, Any] = field(default_factory=dict)

    def network(self):
        layers = [InputLayer(INPUTS, "none"), *self.hidden, DenseLayer(CLASSES, self.output)]
        return MultiLayerPerceptron(
            layers, loss=self.loss, weight_init="glorot", seed=3, dtype="float64"
        )


class Twin:
    """The same network in PyTorch, its arrays under the same names."""

    def __init__(self, net, case):
        self.net, self.case, options = net, case, dict(case.options)
        self.arrays = {
            name: torch.tensor(view.copy(), requires_grad=True)
            for name, view in net.parameters.items()
        }
        self.statistics = {name: torch.tensor(v.copy()) for name, v in net.statistics.items()}
        weights = [array for name, array in self.arrays.items() if array.ndim == 2]
        others = [array for name, array in self.arrays.items() if array.ndim != 2]
        decay = options.get("l2", 0) or case.optimizer.weight_decay
        groups = [
            {"params": weights, "weight_decay": decay},
            {"params": others, "weight_decay": 0},
        ]
        self.optimizer = OPTIMIZER[case.optimizer.name](case.optimizer, groups)

    def forward(self, x, rng):
        """The output, or the logits if PyTorch's loss takes them."""
        for placed in self.net.stack:
            layer, number = placed.layer, placed.number
            if layer.kind == "dropout":
                kept = rng.random(x.shape) >= layer.rate
                x = x * torch.tensor(kept / (1 - layer.rate))
                continue
            if layer.kind == "dense":
                x = x @ self.arrays[f"W{number}"] + self.arrays[f"b{number}"]
            else:
                x = functional.batch_norm(
                    x,
                    self.statistics[f"mean{number}"],
                    self.statistics[f"variance{number}"],
                    self.arrays[f"gamma{number}"],
                    self.arrays[f"beta{number}"],
                    training=True,
                    momentum=layer.momentum,
                    eps=layer.epsilon,
                )
            is_last = layer is self.net.output_layer
            if not (is_last and "cross_entropy" in self.net.loss.name):
                x = ACTIVATION[layer.activation.name](x)
        return x

    def train(self):
        """The mean loss of each epoch."""
        options, losses = self.case.options, []
        targets = torch.tensor(self.case.targets)
        factors = np.ones(N)
        for label, factor in options.get("class_weight", {}).items():
            factors[label == LABELS] = factor
        factors = torch.tensor(factors * options.get("sample_weight", 1))
        step, steps = 0, math.ceil(N / BATCH)
        for epoch in range(1, EPOCHS + 1):
            rng, total = stream(self.net.seed, "dropout", epoch), 0.0
            for start in range(0, N, BATCH):
                rows = slice(start, min(start + BATCH, N))
                outputs = self.forward(torch.tensor(X[rows]), rng)
                each = LOSS[self.net.loss.name](outputs, targets[rows], self.net.loss)
                each = each * factors[rows]
                total += each.sum().item()
                self.step(each.mean(), step / steps)
                step += 1
            losses.append(total / N)
        return losses

    def step(self, loss, time):
        options = self.case.options
        weights = [array for array in self.arrays.values() if array.ndim == 2]
        loss = loss + options.get("l1", 0) * sum(array.abs().sum() for array in weights)
        self.optimizer.zero_grad()
        loss.backward()
        gradients = [array.grad for array in self.arrays.values()]
        if "clip_value" in options:
            torch.nn.utils.clip_grad_value_(self.arrays.values(), options["clip_value"])
        if "clip_norm" in options:  # PyTorch's own adds 1e-6 to the length
            length = torch.linalg.vector_norm(torch.cat([g.flatten() for g in gradients]))
            for gradient in gradients:
                gradient *= min(1.0, options["clip_norm"] / float(length))
        if options.get("schedule") == "cosine":
            for group in self.optimizer.param_groups:
                group["lr"] = (
                    self.case.optimizer.learning_rate * (1 + math.cos(math.pi * time / EPOCHS)) / 2
                )
        self.optimizer.step()


CASES = {
    # every optimizer
    "sgd": Case(),
    "momentum": Case(optimizer=Momentum(0.05, 0.9)),
    "nesterov": Case(optimizer=Nesterov(0.05, 0.8)),
    "adagrad": Case(optimizer=Adagrad(0.02, 1e-7)),
    "rmsprop": Case(optimizer=RMSProp(0.005, 0.95, 1e-7)),
    "adam": Case(optimizer=Adam(0.01)),
    "adam, other betas": Case(optimizer=Adam(0.01, 0.8, 0.99, 1e-6)),
    "adamw": Case(optimizer=AdamW(0.01, weight_decay=0.1)),
    # every hidden activation
    **{
        name: Case([DenseLayer(7, name, slope=0.2 if name == "leaky_relu" else None)])
        for name in ACTIVATION
        if name not in {"softmax", "tanh"}
    },
    "four layers": Case([DenseLayer(9, "relu"), DenseLayer(8, "gelu"), DenseLayer(7, "swish")]),
    "no hidden layer": Case([]),
    # every loss
    "label smoothing": Case(loss=CategoricalCrossEntropy(label_smoothing=0.1)),
    "binary": Case(output="sigmoid", targets=np.round(RNG.random((N, CLASSES)))),
    "binary, smoothed": Case(
        output="sigmoid", loss=BinaryCrossEntropy(0.2), targets=np.round(RNG.random((N, CLASSES)))
    ),
    "squared error": Case(output="identity", targets=VALUES),
    "squared error of softmax": Case(loss="squared_error", targets=np.eye(CLASSES)[LABELS]),
    "absolute error": Case(output="identity", loss="absolute_error", targets=VALUES),
    "poisson": Case(output="exp", targets=np.round(np.abs(VALUES))),
    "huber": Case(output="tanh", loss=Huber(0.5), targets=VALUES),
    # batch normalisation and dropout
    "batch norm": Case([DenseLayer(7), BatchNormLayer("relu")]),
    "batch norm, adam": Case(
        [DenseLayer(7), BatchNormLayer("tanh", momentum=0.3, epsilon=1e-3), DenseLayer(5, "elu")],
        optimizer=Adam(0.01, epsilon=1e-4),  # b1 has no slope: a small epsilon would blow up noise
    ),
    "dropout": Case([DenseLayer(9, "tanh"), DropoutLayer(0.3)]),
    "dropout twice": Case(
        [DropoutLayer(0.1), DenseLayer(9, "tanh"), DropoutLayer(0.5), DenseLayer(5, "swish")]
    ),
    # options
    "l2": Case(options={"l2": 0.01}),
    "l2, adam": Case(optimizer=Adam(0.01), options={"l2": 0.01}),
    "l2, batch norm": Case([DenseLayer(7), BatchNormLayer("relu")], options={"l2": 0.01}),
    "l1": Case(options={"l1": 0.001}),
    "clip norm": Case(options={"clip_norm": 0.2}),
    "clip value": Case(options={"clip_value": 0.02}),
    "clip both": Case(optimizer=Adam(0.01), options={"clip_value": 0.05, "clip_norm": 0.1}),
    "class weights": Case(options={"class_weight": {0: 2.0, 3: 0.25}}),
    "sample weights": Case(options={"sample_weight": WEIGHTS}),
    "both weights": Case(options={"sample_weight": WEIGHTS, "class_weight": {1: 3.0}}),
    "cosine": Case(optimizer=Momentum(0.1), options={"schedule": "cosine"}),
    "all together": Case(
        [DenseLayer(9), BatchNormLayer("gelu"), DropoutLayer(0.2), DenseLayer(6, "elu")],
        loss=CategoricalCrossEntropy(0.1),
        optimizer=AdamW(0.02, epsilon=1e-4, weight_decay=0.05),
        options={"clip_norm": 0.5, "schedule": "cosine", "sample_weight": WEIGHTS},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_forty_steps_agree_to_ten_digits(name, kernel_set):
    case = CASES[name]
    net = case.network()
    start = net.parameters.vector.copy()
    twin = Twin(net, case)

    history = net.fit(
        X, case.targets, epochs=EPOCHS, batch_size=BATCH, shuffle=False, verbose=0,
        optimizer=case.optimizer, **case.options,
    )  # fmt: skip
    losses = twin.train()

    assert np.abs(net.parameters.vector - start).max() > 0.01
    np.testing.assert_allclose(history["loss"], losses, rtol=0, atol=1e-10)
    for array_name, array in twin.arrays.items():
        np.testing.assert_allclose(
            net.parameters[array_name], array.detach().numpy(), rtol=0, atol=1e-10
        )
    for array_name, array in twin.statistics.items():
        np.testing.assert_allclose(net.statistics[array_name], array.numpy(), rtol=0, atol=1e-10)
