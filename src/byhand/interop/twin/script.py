"""Writes a plain PyTorch script that repeats a training run without byhand.

Beside the script is an npz with the training examples, the initial weights, the learning rate of
each step, and the loss of each epoch in byhand. The order of the rows and the dropout masks come
from the same streams of NumPy's random numbers.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import numpy as np

from byhand import __version__
from byhand.arrays import Array
from byhand.atomic import write_whole
from byhand.errors import ArgumentError
from byhand.interop.export.text import remark
from byhand.interop.torch_layers import module_lines, state_of
from byhand.interop.twin.batch import check_batches
from byhand.network.losses import BinaryCrossEntropy, CategoricalCrossEntropy, Huber, Loss
from byhand.training.optimizers import Adagrad, Adam, Momentum, Optimizer, RMSProp
from byhand.training.run import TrainingRun
from byhand.training.schedules import Constant

TEMPLATE = '''\
"""The run {title}, made again by PyTorch. It needs torch and NumPy, and not byhand.

{data} holds the examples, the initial weights, the learning rate of each step, and the loss of
each epoch in byhand. The order of the examples and the dropout masks come from NumPy's random
numbers, so that each step sees what it saw in byhand. byhand {version} wrote this script.
"""

from pathlib import Path

import numpy as np
import torch
from torch import nn

torch.set_default_dtype(torch.{dtype})
data = dict(np.load(Path(__file__).with_name("{data}")))
X = torch.from_numpy(data["x"])  # ({rows}, {inputs}), normalised
Y = torch.from_numpy(data["y"])

layers = [
{layers}
]
model = nn.Sequential(*layers)
model.load_state_dict({{k: torch.from_numpy(data[f"model.{{k}}"]) for k in model.state_dict()}})
model.train()
optimizer = {optimizer}
{matrices}

def stream(purpose, epoch):
    """Return the random numbers of an epoch for one purpose, given as the CRC-32 of its name."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([{seed}, purpose, epoch])))


def forward(x{rng}):
    """Return {returned} of the last layer."""
{forward}

step, largest = 0, 0.0
for epoch in range(1, {epochs} + 1):
    order = data["rows"].copy()
{start}    total = 0.0
    for first in range(0, {used}, {batch}):
        rows = order[first : min(first + {batch}, {used})]
        out, y = forward(X[rows]{rng}), Y[rows]
        losses = {loss}{weighted}
        optimizer.zero_grad()
        {objective}.backward()
{clipping}        learning_rate = float(data["learning_rates"][step])
{decay}        for group in optimizer.param_groups:
            group["lr"] = learning_rate
        optimizer.step()
{max_norm}        step += 1
        total += float(losses.detach().sum())
    theirs = float(data["losses"][epoch - 1])
    largest = max(largest, abs(total / {used} - theirs))
    print(f"epoch {{epoch:3}}   loss {{total / {used}:.6f}}   in byhand {{theirs:.6f}}")

print(f"{epochs} epochs, largest difference of the loss {{largest:.3g}}")
'''

DROPOUT = """\
    for layer in layers:
        if isinstance(layer, nn.Dropout):
            random = rng.random(x.shape, dtype=np.{dtype})
            x = x * torch.from_numpy(((random >= layer.p) / (1 - layer.p)).astype(np.{dtype}))
        else:
            x = layer(x)
    return x
"""


def write_script(
    run: TrainingRun, path: str | Path, losses: Sequence[float], title: str = "of byhand"
) -> Path:
    """Write the script and, beside it, its npz; return the path of the script.

    Args:
        run: the run at its beginning, as `on_train_begin` gets it.
        path: the script.
        losses: training loss of each epoch, which the script should reproduce.
        title: name of the run.

    Raises:
        ArgumentError: the run uses augmentation, or something that torch does not have.
    """
    path = Path(path)
    if run.settings.augment is not None:
        raise ArgumentError(
            "the script cannot repeat augmentation; train without it, or let byhand twin compare "
            "the steps only."
        )
    check_batches(run)
    data = path.with_suffix(".npz")
    stream = BytesIO()
    np.savez_compressed(stream, **cast(Any, _arrays(run, losses)))
    write_whole(data, stream.getvalue())
    return write_whole(path, _text(run, data.name, len(losses), title).encode("utf-8"))


def _arrays(run: TrainingRun, losses: Sequence[float]) -> dict[str, Array]:
    net, examples = run.net, run.examples
    buffers = net.input_layer.new_buffers(len(examples.x), examples.x, net.dtype)
    net.input_layer.forward(examples.x, buffers)
    per_epoch, schedule = run.steps_per_epoch, run.schedule or Constant()
    rates = [
        run.optimizer.learning_rate * schedule(step / per_epoch, run.epochs)
        for step in range(per_epoch * len(losses))
    ]
    weights = {} if examples.weights is None else {"weights": examples.weights}
    return {
        "x": buffers.a,
        "y": examples.targets.values,
        "rows": examples.rows,
        "learning_rates": np.array(rates),
        "losses": np.array(losses),
        **weights,
        **{f"model.{name}": array for name, array in state_of(net).items()},
    }


def _text(run: TrainingRun, data: str, epochs: int, title: str) -> str:
    net, settings, dtype = run.net, run.settings, run.net.dtype.name
    lines = _layers_before_loss(run)
    drops = any(line.startswith("nn.Dropout") for line in lines)
    uses_matrices = settings.l1 or settings.l2 or settings.max_norm or run.optimizer.weight_decay
    count, batch = len(run.examples.rows), settings.batch_size
    return TEMPLATE.format(
        title=remark(title),
        version=__version__,
        data=data,
        dtype=dtype,
        rows=f"{len(run.examples.x):,}",
        inputs=net.input_layer.units,
        layers="\n".join(f"    {line}," for line in lines),
        optimizer=_optimizer(run.optimizer),
        matrices=MATRICES if uses_matrices else "",
        seed=net.seed,
        rng=", rng" if drops else "",
        returned="the logits" if net.fused else "the outputs",
        forward=DROPOUT.format(dtype=dtype) if drops else "    return model(x)\n",
        epochs=epochs,
        start=_start(run, drops),
        used=count // batch * batch if settings.drop_last else count,
        batch=batch,
        loss=_loss(net.loss),
        weighted='\n        losses = losses * torch.from_numpy(data["weights"][rows])'
        if run.examples.weights is not None
        else "",
        objective=_objective(settings.l1, settings.l2),
        clipping=_clipping(settings.clip_value, settings.clip_norm),
        max_norm=MAX_NORM.format(limit=settings.max_norm) if settings.max_norm else "",
        decay=DECAY.format(decay=run.optimizer.weight_decay) if run.optimizer.weight_decay else "",
    )


MATRICES = "matrices = [p for p in model.parameters() if p.ndim == 2]  # weights without biases\n"

MAX_NORM = """\
        with torch.no_grad():
            for W in matrices:
                W *= {limit!r} / W.norm(dim=1, keepdim=True).clamp(min={limit!r})
"""

DECAY = """\
        with torch.no_grad():
            for W in matrices:
                W *= 1 - learning_rate * {decay!r}
"""


def _layers_before_loss(run: TrainingRun) -> list[str]:
    """Return the modules; the last activation is left out if the loss contains it."""
    lines = module_lines(run.net)
    return lines[:-1] if run.net.fused else lines


def _start(run: TrainingRun, drops: bool) -> str:
    """Return the lines that begin an epoch: its order, and its dropout."""
    lines = []
    first = f"{run.first_epoch} + epoch" if run.first_epoch else "epoch"
    if run.settings.shuffle and run.settings.batch_size < len(run.examples.rows):
        lines.append(f"    stream({_crc('shuffle')}, {first}).shuffle(order)\n")
    if drops:
        lines.append(f"    rng = stream({_crc('dropout')}, {first})\n")
    return "".join(lines)


def _crc(purpose: str) -> str:
    return hex(zlib.crc32(purpose.encode()))


def _optimizer(optimizer: Optimizer) -> str:
    """Return torch's optimizer as text; weights decay beforehand, as in AdamW."""
    start = f"(model.parameters(), lr={optimizer.learning_rate!r}"
    if isinstance(optimizer, Momentum):
        nesterov = ", nesterov=True" if optimizer.nesterov else ""
        return f"torch.optim.SGD{start}, momentum={optimizer.mu!r}{nesterov})"
    if isinstance(optimizer, Adagrad):
        return f"torch.optim.Adagrad{start}, eps={optimizer.epsilon!r})"
    if isinstance(optimizer, RMSProp):
        return f"torch.optim.RMSprop{start}, alpha={optimizer.rho!r}, eps={optimizer.epsilon!r})"
    if isinstance(optimizer, Adam):
        betas = f"({optimizer.beta1!r}, {optimizer.beta2!r})"
        return f"torch.optim.Adam{start}, betas={betas}, eps={optimizer.epsilon!r})"
    return f"torch.optim.SGD{start})"


def _loss(loss: Loss) -> str:
    """Return the loss of each example as text."""
    name = "nn.functional"
    if isinstance(loss, CategoricalCrossEntropy):
        smoothing = f", label_smoothing={loss.label_smoothing!r}" if loss.label_smoothing else ""
        return f'{name}.cross_entropy(out, y, reduction="none"{smoothing})'
    if isinstance(loss, BinaryCrossEntropy):
        s = loss.label_smoothing
        target = f"{1 - s!r} * y + {s / 2!r}" if s else "y"
        call = f"binary_cross_entropy_with_logits(out, {target}, reduction='none')"
        return f"{name}.{call}.mean(1)"
    if isinstance(loss, Huber):
        return f'{name}.huber_loss(out, y, reduction="none", delta={loss.delta!r}).mean(1)'
    kind = "l1_loss" if loss.name == "absolute_error" else "mse_loss"
    return f'{name}.{kind}(out, y, reduction="none").mean(1)'


def _objective(l1: float, l2: float) -> str:
    terms = ["losses.mean()"]
    if l2:
        terms.append(f"{l2 / 2!r} * sum((W**2).sum() for W in matrices)")
    if l1:
        terms.append(f"{l1!r} * sum(W.abs().sum() for W in matrices)")
    return terms[0] if len(terms) == 1 else f"({' + '.join(terms)})"


def _clipping(value: float | None, norm: float | None) -> str:
    lines = ""
    if value:
        lines += f"        nn.utils.clip_grad_value_(model.parameters(), {value!r})\n"
    if norm:
        lines += f"        nn.utils.clip_grad_norm_(model.parameters(), {norm!r})\n"
    return lines
