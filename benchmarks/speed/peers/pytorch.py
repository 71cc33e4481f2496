"""PyTorch, eager and compiled: images scaled beforehand, batches by `index_select`.

Short trials before the first round choose the fastest number of threads and the fastest form of the
optimizer: fused, for-each or plain. The compiled peer uses what is fastest in eager mode and
compiles network and loss; it ignores kernels that are cached on disk.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable
from multiprocessing.util import Finalize
from typing import Any

import torch
from torch import nn

from benchmarks.speed.cases import Prediction, Training
from benchmarks.speed.digits import Digits, starting_weights
from benchmarks.speed.job import Job, fastest, repeat, seconds, thread_counts

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": lambda: nn.LeakyReLU(0.01),
}
OPTIMIZERS: dict[str, Any] = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}
FORMS = {"fused": {"fused": True}, "for-each": {"foreach": True}, "plain": {"foreach": False}}
TRIAL_STEPS = 40


class Classifier:
    """A network on the CPU with its data, its optimizer and its loss."""

    def __init__(self, work: Training, digits: Digits) -> None:
        """Create the network with the starting weights, in eager mode."""
        self.work = work
        self.images = torch.from_numpy(digits.scaled[: work.images])
        self.labels = torch.from_numpy(digits.labels[: work.images])
        self.model = new_model(work.widths, work.hidden)
        self.loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = self._loss
        self.form = "fused"
        self.reset()

    def _loss(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(self.model(x), y)

    def reset(self) -> None:
        """Restore the starting weights, with a new optimizer."""
        set_weights(self.model, self.work.widths)
        kind = OPTIMIZERS[self.work.optimizer]
        self.optimizer = kind(
            self.model.parameters(), lr=self.work.learning_rate, **FORMS[self.form]
        )

    def step(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Train one step on a batch; return its loss."""
        loss = self.loss(x, y)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def epoch(self, steps: int | None = None) -> torch.Tensor:
        """Train one epoch, or its first steps; return the mean of the batches' losses."""
        if self.work.batch is None:
            return self.step(self.images, self.labels)
        batches = torch.randperm(len(self.images)).split(self.work.batch)
        losses = [
            self.step(self.images.index_select(0, rows), self.labels.index_select(0, rows))
            for rows in batches[:steps]
        ]
        return torch.stack(losses).mean()

    def predict(self, images: torch.Tensor) -> Any:
        """Return the predicted classes as a NumPy array."""
        with torch.inference_mode():
            return self.model(images).argmax(1).numpy()


def new_model(widths: tuple[int, ...], hidden: str) -> nn.Sequential:
    """Return linear layers with activations between them; the loss includes the softmax."""
    layers: list[nn.Module] = []
    for n_in, n_out in itertools.pairwise(widths):
        layers += [nn.Linear(n_in, n_out), ACTIVATIONS[hidden]()]
    return nn.Sequential(*layers[:-1])


def set_weights(model: nn.Sequential, widths: tuple[int, ...]) -> None:
    """Copy the starting weights into a model."""
    linear = [layer for layer in model if isinstance(layer, nn.Linear)]
    with torch.no_grad():
        for layer, (W, b) in zip(linear, starting_weights(widths), strict=True):
            layer.weight.copy_(torch.from_numpy(W.T))
            layer.bias.copy_(torch.from_numpy(b))


def training(work: Training, digits: Digits, option: str) -> Job:
    """Return a job of epochs with the fastest number of threads and optimizer form."""
    classifier = Classifier(work, digits)
    threads = _choose(classifier)
    facts: dict[str, Any] = {"threads": threads, "optimizer": classifier.form}
    if option == "compiled":
        _forget_compiled()
        classifier.loss = torch.compile(classifier._loss, dynamic=False)
        facts["compile_seconds"] = seconds(lambda: _first_steps(classifier))
    test = torch.from_numpy(digits.test_scaled)
    return Job(
        run=repeat(classifier.epoch, work.epochs),
        reset=classifier.reset,
        predict=lambda: classifier.predict(test),
        facts=facts,
    )


def _choose(classifier: Classifier) -> int:
    """Choose the optimizer's form and the number of threads by short trials."""

    def trial(choice: tuple[str, int]) -> None:
        form, threads = choice
        torch.set_num_threads(threads)
        if classifier.form != form:
            classifier.form = form
            classifier.reset()
        classifier.epoch(TRIAL_STEPS)

    choices = itertools.product(FORMS, thread_counts())
    classifier.form, threads = fastest(choices, trial)
    torch.set_num_threads(threads)
    return threads


def _first_steps(classifier: Classifier) -> None:
    """Train a step of each batch size in an epoch, so that everything is compiled."""
    work = classifier.work
    for rows in {work.batch_size, work.images % work.batch_size or work.batch_size}:
        classifier.step(classifier.images[:rows], classifier.labels[:rows])


def _forget_compiled() -> None:
    """Forget what was compiled for other cases, in memory and on disk."""
    torch.compiler.reset()
    folder = tempfile.mkdtemp(prefix="byhand-bench-")
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = folder
    Finalize(None, shutil.rmtree, (folder, True), exitpriority=0)  # when this process ends


def prediction(work: Prediction, digits: Digits, option: str) -> Job:
    """Return a job that predicts the classes of scaled images in inference mode."""
    model = new_model(work.widths, "relu")
    set_weights(model, work.widths)
    images = torch.from_numpy(digits.test_scaled[: work.rows])
    facts: dict[str, Any] = {}

    def predict(call: Callable[[torch.Tensor], torch.Tensor] = model) -> Any:
        with torch.inference_mode():
            return call(images).argmax(1).numpy()

    def trial(threads: int) -> None:
        torch.set_num_threads(threads)
        repeat(predict, min(work.calls, 50))()

    facts["threads"] = fastest(thread_counts(), trial)
    torch.set_num_threads(facts["threads"])
    call: Callable[[torch.Tensor], torch.Tensor] = model
    if option == "compiled":
        _forget_compiled()
        call = torch.compile(model, dynamic=False)
        facts["compile_seconds"] = seconds(lambda: predict(call))
    return Job(run=repeat(lambda: predict(call), work.calls), facts=facts)
