"""The PyTorch side of a twin run: torch's modules, losses, autograd and optimizers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from byhand.arrays import FloatArray
from byhand.errors import ArgumentError
from byhand.extras import require
from byhand.interop.torch_layers import ACTIVATIONS
from byhand.interop.twin.batch import Batch
from byhand.network.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Focal,
    Huber,
    Loss,
    SquaredError,
)
from byhand.training.optimizers import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    Optimizer,
    RMSProp,
)
from byhand.training.run import TrainingRun

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn
else:
    torch = require("torch", "torch", "a twin run with torch needs")
    nn, Tensor = torch.nn, torch.Tensor

from byhand.interop.torch_module import to_torch

F = torch.nn.functional


class TorchRival:
    """A copy of the network of a run, trained by torch."""

    def __init__(self, run: TrainingRun) -> None:
        """Build modules, loss and optimizer; raise ArgumentError for what torch does not have."""
        self.library = f"torch {torch.__version__}"
        self.settings, self.loss = run.settings, run.net.loss
        _check_loss(self.loss)
        _, *self.modules = to_torch(run.net)
        for module in self.modules:
            module.train()
        self.names = _names(run)
        tensors = [tensor for module in self.modules for tensor in module.parameters()]
        self.weights = [tensor for tensor in tensors if tensor.ndim == 2]
        self.others = [tensor for tensor in tensors if tensor.ndim != 2]
        self.optimizer = torch_optimizer(run.optimizer, [*self.weights, *self.others])
        self.decay = run.optimizer.weight_decay
        self.masks = [placed.number for placed in run.net.stack if placed.layer.kind == "dropout"]

    def step(self, batch: Batch) -> float:
        """Make one step; return the mean loss of the batch before it."""
        z, a = self._forward(torch.from_numpy(batch.A0), batch)
        losses = loss_of(self.loss, z, a, torch.from_numpy(batch.targets.copy()))
        if batch.weights is not None:
            losses = losses * torch.from_numpy(batch.weights)
        loss = losses.mean()
        self.optimizer.zero_grad()
        (loss + self._penalty()).backward()  # type: ignore[no-untyped-call]
        self._clip()
        with torch.no_grad():
            for tensor in self.weights:
                tensor.mul_(1 - batch.learning_rate * self.decay)
        for group in self.optimizer.param_groups:
            group["lr"] = batch.learning_rate
        self.optimizer.step()
        self._limit_norms()
        return float(loss.detach())

    def parameters(self) -> Mapping[str, FloatArray]:
        """Return parameters and running statistics under byhand's names."""
        found = {}
        for module, names in zip(self.modules, self.names, strict=True):
            for name, attribute in names.items():
                array = getattr(module, attribute).detach().numpy()
                found[name] = array.T if name.startswith("W") else array
        return found

    def _forward(self, x: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return Z and A of the last layer; dropout uses byhand's masks."""
        masks = iter(self.masks)
        z = x
        for module in self.modules:
            z = x
            if isinstance(module, nn.Dropout):
                x = x * torch.from_numpy(batch.masks[next(masks)])
            else:
                x = module(x)
        return (x, x) if isinstance(self.modules[-1], nn.Linear) else (z, x)

    def _penalty(self) -> Tensor:
        """l2/2 sum(W^2) + l1 sum(|W|)."""
        total = torch.zeros((), dtype=self.weights[0].dtype)
        for tensor in self.weights:
            if self.settings.l2:
                total = total + self.settings.l2 / 2 * (tensor**2).sum()
            if self.settings.l1:
                total = total + self.settings.l1 * tensor.abs().sum()
        return total

    def _clip(self) -> None:
        """Clip each entry, then the length of the whole gradient."""
        grads = [tensor.grad for tensor in [*self.weights, *self.others] if tensor.grad is not None]
        if self.settings.clip_value:
            for grad in grads:
                grad.clamp_(-self.settings.clip_value, self.settings.clip_value)
        if self.settings.clip_norm:
            norm = torch.sqrt(torch.stack([(grad**2).sum() for grad in grads]).sum())
            if norm > self.settings.clip_norm:
                for grad in grads:
                    grad.mul_(self.settings.clip_norm / norm)

    def _limit_norms(self) -> None:
        """Shorten the weights into a unit, a row in torch, if they are longer than the limit."""
        limit = self.settings.max_norm
        if limit:
            with torch.no_grad():
                for tensor in self.weights:
                    norms = tensor.norm(dim=1, keepdim=True)
                    tensor.mul_(limit / norms.clamp(min=limit))


def _names(run: TrainingRun) -> list[dict[str, str]]:
    """Return for each module its arrays: byhand's name -> torch's attribute."""
    names: list[dict[str, str]] = []
    for placed in run.net.stack:
        l = placed.number  # noqa: E741 - the l of Wl
        names.append(
            {
                "dense": {f"W{l}": "weight", f"b{l}": "bias"},
                "batch_norm": {
                    f"gamma{l}": "weight",
                    f"beta{l}": "bias",
                    f"mean{l}": "running_mean",
                    f"variance{l}": "running_var",
                },
                "layer_norm": {f"gamma{l}": "weight", f"beta{l}": "bias"},
                "dropout": {},
            }[placed.layer.kind]
        )
        fn = placed.layer.activation
        if fn is not None and fn.name in ACTIVATIONS:
            names.append({})
    return names


def torch_optimizer(optimizer: Optimizer, tensors: list[Tensor]) -> torch.optim.Optimizer:
    """Return torch's optimizer with the same rule, without weight decay.

    Raises:
        ArgumentError: it is the user's own.
    """
    rate, kind = optimizer.learning_rate, type(optimizer)
    if kind is SGD:
        return torch.optim.SGD(tensors, lr=rate)
    if isinstance(optimizer, Momentum) and kind in (Momentum, Nesterov):
        return torch.optim.SGD(tensors, lr=rate, momentum=optimizer.mu, nesterov=optimizer.nesterov)
    if isinstance(optimizer, Adagrad) and kind is Adagrad:
        return torch.optim.Adagrad(tensors, lr=rate, eps=optimizer.epsilon)
    if isinstance(optimizer, RMSProp) and kind is RMSProp:
        return torch.optim.RMSprop(tensors, lr=rate, alpha=optimizer.rho, eps=optimizer.epsilon)
    if isinstance(optimizer, Adam) and kind in (Adam, AdamW):
        betas = (optimizer.beta1, optimizer.beta2)
        return torch.optim.Adam(tensors, lr=rate, betas=betas, eps=optimizer.epsilon)
    raise ArgumentError(f"torch has no optimizer like {optimizer.name!r}.")


LOSSES = (CategoricalCrossEntropy, Focal, BinaryCrossEntropy, SquaredError, AbsoluteError, Huber)


def _check_loss(loss: Loss) -> None:
    if type(loss) not in LOSSES:
        raise ArgumentError(f"torch has no loss like {loss.name!r}.")


def loss_of(loss: Loss, z: Tensor, a: Tensor, targets: Tensor) -> Tensor:
    """Return torch's loss of each example (n,), from logits where torch has such a loss."""
    if isinstance(loss, CategoricalCrossEntropy):
        smoothing = loss.label_smoothing
        return F.cross_entropy(z, targets.long(), reduction="none", label_smoothing=smoothing)
    if isinstance(loss, Focal):
        log_p = F.log_softmax(z, dim=1).gather(1, targets.long()[:, None])[:, 0]
        return -((1 - log_p.exp()) ** loss.gamma) * log_p
    if isinstance(loss, BinaryCrossEntropy):
        smooth = (1 - loss.label_smoothing) * targets + loss.label_smoothing / 2
        return F.binary_cross_entropy_with_logits(z, smooth, reduction="none").mean(1)
    if isinstance(loss, Huber):
        return F.huber_loss(a, targets, reduction="none", delta=loss.delta).mean(1)
    if isinstance(loss, AbsoluteError):
        return F.l1_loss(a, targets, reduction="none").mean(1)
    return F.mse_loss(a, targets, reduction="none").mean(1)
