"""`Twin`: a callback that lets another library take every step that byhand takes."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import numpy as np

from byhand.checks import integer
from byhand.interop.twin.batch import Rival, check_batches, last_batch
from byhand.interop.twin.result import TwinResult
from byhand.tables import Table
from byhand.training.callbacks import Callback
from byhand.training.run import TrainingRun

MakeRival = Callable[[TrainingRun], Rival]


def _torch(run: TrainingRun) -> Rival:
    rival: Rival = import_module("byhand.interop.twin.torch_rival").TorchRival(run)
    return rival


def _sklearn(run: TrainingRun) -> Rival:
    rival: Rival = import_module("byhand.interop.twin.sklearn_rival").SklearnRival(run)
    return rival


def _jax(run: TrainingRun) -> Rival:
    rival: Rival = import_module("byhand.interop.twin.jax_rival").JaxRival(run)
    return rival


RIVALS: Table[MakeRival] = Table(
    "library",
    {"torch": _torch, "jax": _jax, "sklearn": _sklearn},
    aliases={"pytorch": "torch", "scikit-learn": "sklearn"},
)
"""Libraries in which a network can be trained beside byhand."""


class Twin(Callback):
    """Train a copy of the network with another library, on the same batches.

    Both start from the same weights. At each step the other library gets the batch as it enters
    the first layer, the dropout masks and the learning rate. It computes its own forward pass,
    loss, gradients, penalty, clipping and update. The differences are in `result`.

    Args:
        library: "torch", "jax", or "sklearn" for whatever scikit-learn's MLP supports.
        steps: stop training after this many steps; None lets it run.

    Raises:
        ArgumentError: when training begins, if the library cannot do what the run does.
        MissingPackageError: the library is not installed.
    """

    def __init__(self, library: str = "torch", *, steps: int | None = None) -> None:
        self.make = RIVALS.find(library)
        self.steps = None if steps is None else integer("steps", steps)
        self.result = TwinResult(library, "")
        self._rival: Rival | None = None

    def on_train_begin(self, run: TrainingRun) -> None:
        """Build the other network with the same weights."""
        check_batches(run)
        self._rival = self.make(run)
        self.result = TwinResult(self._rival.library, run.net.dtype.name)

    def on_batch_end(self, run: TrainingRun) -> None:
        """Let the other library take the same step, and compare."""
        assert self._rival is not None  # noqa: S101 - made when training began
        loss = self._rival.step(last_batch(run))
        self._compare(run, self._rival, loss)
        if run.step == self.steps:
            run.stop(f"compared {run.step} steps")

    def _compare(self, run: TrainingRun, rival: Rival, loss: float) -> None:
        result, net = self.result, run.net
        result.losses.append(run.batch_loss)
        result.loss_differences.append(abs(run.batch_loss - loss))
        ours = {**net.parameters, **net.statistics}
        for name, theirs in rival.parameters().items():
            mine = ours[name]
            difference = float(np.abs(mine - theirs).max())
            result.differences.setdefault(name, []).append(difference)
            result.sizes[name] = float(np.abs(mine).max())
