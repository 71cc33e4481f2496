"""The scikit-learn side of a twin run: the steps of `partial_fit` of its MLPClassifier.

scikit-learn has one activation for all hidden layers, SGD with or without momentum, Adam, and the
L2 penalty. Everything else is refused with its name.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.errors import ArgumentError
from byhand.extras import require
from byhand.interop.twin.batch import Batch
from byhand.network.layers import DenseLayer
from byhand.training.optimizers import SGD, Adam, Momentum, Nesterov
from byhand.training.run import TrainingRun
from byhand.training.schedules import Constant

HIDDEN = {"identity": "identity", "sigmoid": "logistic", "tanh": "tanh", "relu": "relu"}
"""scikit-learn's name of each activation that it has."""


class SklearnRival:
    """A copy of the network of a run, trained by scikit-learn."""

    def __init__(self, run: TrainingRun) -> None:
        """Build the classifier; raise ArgumentError for what scikit-learn does not have."""
        purpose = "a twin run with scikit-learn needs"
        networks = require("sklearn.neural_network", "sklearn", purpose)
        self.library = f"scikit-learn {require('sklearn', 'sklearn', purpose).__version__}"
        lacking = next(_lacking(run), None)
        if lacking is not None:
            raise ArgumentError(
                f"scikit-learn's MLPClassifier cannot do what this run does: {lacking}. Compare "
                "it with torch."
            )
        self.optimizer, self.l2, self.steps = run.optimizer, run.settings.l2, 0
        self.classes = np.arange(max(run.net.output_layer.units, 2))
        self.model: Any = networks.MLPClassifier(**_arguments(run))
        self._begin(run)

    def _begin(self, run: TrainingRun) -> None:
        """Let the classifier make its arrays, then give it byhand's weights and a fresh state."""
        net = run.net
        self._partial_fit(
            np.zeros((len(self.classes), net.input_layer.units), net.dtype), self.classes
        )
        for placed, W, b in zip(net.stack, self.model.coefs_, self.model.intercepts_, strict=True):
            W[...], b[...] = placed.parameters
        optimizer = self.model._optimizer
        for name in ("velocities", "ms", "vs"):
            for array in getattr(optimizer, name, []):
                array[...] = 0
        optimizer.t = 0

    def step(self, batch: Batch) -> float:
        """Make one step; return the mean loss of the batch before it, without the penalty."""
        self.steps += 1
        self.model.alpha = self.l2 * len(batch.A0)  # scikit-learn divides the penalty by the rows
        theirs, ours = self.model._optimizer, self.optimizer
        theirs.learning_rate_init = theirs.learning_rate = batch.learning_rate
        if isinstance(ours, Adam):  # scikit-learn adds epsilon before it corrects for the start
            theirs.epsilon = ours.epsilon * np.sqrt(1 - ours.beta2**self.steps)
        penalty = self.l2 / 2 * sum(float((W**2).sum()) for W in self.model.coefs_)
        self._partial_fit(batch.A0, batch.targets.reshape(len(batch.A0)).astype(int))
        return float(self.model.loss_) - penalty

    def parameters(self) -> Mapping[str, FloatArray]:
        """Return the parameters under byhand's names."""
        weights = {f"W{k}": W for k, W in enumerate(self.model.coefs_, start=1)}
        return weights | {f"b{k}": b for k, b in enumerate(self.model.intercepts_, start=1)}

    def _partial_fit(self, x: FloatArray, y: Array) -> None:
        self.model.batch_size = len(x)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.model.partial_fit(x, y, classes=self.classes)


def _arguments(run: TrainingRun) -> dict[str, Any]:
    """Return the arguments of MLPClassifier for a run that it can do."""
    optimizer, hidden = run.optimizer, run.net.layers[1:-1]
    names = {layer.activation.name for layer in hidden if isinstance(layer, DenseLayer)}
    described: dict[str, Any] = {
        "hidden_layer_sizes": tuple(
            layer.units for layer in hidden if isinstance(layer, DenseLayer)
        ),
        "activation": HIDDEN[names.pop()] if names else "relu",
        "learning_rate_init": optimizer.learning_rate,
        "shuffle": False,
        "random_state": 0,
    }
    if isinstance(optimizer, Adam):
        return described | {
            "solver": "adam", "beta_1": optimizer.beta1, "beta_2": optimizer.beta2,
        }  # fmt: skip
    return described | {
        "solver": "sgd",
        "momentum": getattr(optimizer, "mu", 0.0),
        "nesterovs_momentum": isinstance(optimizer, Nesterov),
    }


def _lacking(run: TrainingRun) -> Iterator[str]:
    """Yield, as text, each thing that a run does and MLPClassifier cannot do."""
    net, settings, optimizer = run.net, run.settings, run.optimizer
    output = net.output_layer.activation.name
    dense = [layer for layer in net.layers[1:] if type(layer) is DenseLayer]
    activations = {layer.activation.name for layer in dense[:-1]}
    if len(dense) < len(net.stack):
        yield "it has dense layers only"
    if len(activations) > 1 or not activations <= HIDDEN.keys():
        yield f"it has one activation for all hidden layers, of {', '.join(HIDDEN)}"
    if output not in ("softmax", "sigmoid") or not net.fused or run.examples.targets.labels is None:
        yield "it has softmax or sigmoid outputs with cross-entropy"
    if output == "sigmoid" and net.output_layer.units > 1:
        yield "several sigmoid outputs are not compared"
    if getattr(net.loss, "label_smoothing", 0):
        yield "it has no label smoothing"
    if type(optimizer) not in (SGD, Momentum, Nesterov, Adam) or optimizer.weight_decay:
        yield "its optimizers are SGD, momentum and Adam, without weight decay"
    if isinstance(optimizer, Momentum) and not isinstance(run.schedule, Constant | None):
        yield "its momentum remembers steps, not gradients, so the learning rate must be constant"
    if settings.l1 or settings.clip_norm or settings.clip_value or settings.max_norm:
        yield "it has neither an L1 penalty nor clipping nor max-norm"
    if run.examples.weights is not None:
        yield "weights of examples are not compared"
