"""Train a record recipe with PyTorch alone, and print the test accuracy.

    python -m benchmarks.records.with_pytorch fastest-98 data/mnist --seed 1

Layers, loss, optimizer, learning rate, batches, averaged weights and augmentation are those of the
recipe; the random numbers are PyTorch's own. Nothing of byhand is imported. A recipe with anything
else in it is refused.
"""

from __future__ import annotations

import argparse
import itertools
import math
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.speed.cold.idx import read_mnist

RECIPES = Path(__file__).parents[2] / "src" / "byhand" / "recipes"
KNOWN = {
    "epochs", "batch_size", "drop_last", "optimizer", "learning_rate", "schedule", "ema",
    "augmentation",
}  # fmt: skip
SIDE = 28


def main() -> None:
    """Parse the command line, train, and print the accuracy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe")
    parser.add_argument("folder", type=Path, help="folder of MNIST's four IDX files")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, help="stop after this many epochs")
    given = parser.parse_args()
    torch.manual_seed(given.seed)
    recipe = tomllib.loads((RECIPES / f"{given.recipe}.toml").read_text("utf-8"))
    model = train(recipe, *read_mnist(given.folder, "train"), given.epochs)
    images, labels = map(torch.from_numpy, read_mnist(given.folder, "t10k"))
    model.eval()
    with torch.inference_mode():
        print((model(images).argmax(1) == labels).double().mean().item())


def train(recipe: dict[str, Any], images: Any, labels: Any, stop: int | None) -> nn.Module:
    """Train the recipe's network, and return it with its last or its averaged weights."""
    training = recipe["training"]
    if unknown := training.keys() - KNOWN:
        raise SystemExit(f"this script does not know {', '.join(sorted(unknown))}.")
    images, labels = torch.from_numpy(images), torch.from_numpy(labels)
    model = build(recipe["network"]["layers"])
    rate, epochs, size = (training[name] for name in ("learning_rate", "epochs", "batch_size"))
    optimizer = build_optimizer(training["optimizer"], model, rate)
    factor = schedule(training["schedule"], epochs)
    changed = augmentation(training.get("augmentation"))
    smoothing = recipe["network"].get("loss", {}).get("label_smoothing", 0.0)
    parameters, decay = list(model.parameters()), training.get("ema", 0.0)
    average = [p.detach().clone() for p in parameters]

    per_epoch = len(images) // size if training.get("drop_last") else -(-len(images) // size)
    for step, rows in enumerate(batches(len(images), size, per_epoch, stop or epochs)):
        for group in optimizer.param_groups:
            group["lr"] = rate * factor(step / per_epoch)
        outputs = model(changed(images.index_select(0, rows)))
        loss = nn.functional.cross_entropy(
            outputs, labels.index_select(0, rows), label_smoothing=smoothing
        )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if decay:
            t = step + 1
            share = 1 - min(decay, t / (t + 9))  # as byhand begins its average
            torch._foreach_lerp_(average, [p.detach() for p in parameters], share)
    if decay:
        for parameter, mean in zip(parameters, average, strict=True):
            parameter.data.copy_(mean)
    return model


def build(layers: list[dict[str, Any]]) -> nn.Sequential:
    """Return the layers, with He's initial weights; the loss includes the softmax."""
    modules: list[nn.Module] = []
    inputs = SIDE * SIDE
    for layer in layers:
        if layer.get("kind") == "dropout":
            modules.append(nn.Dropout(layer["rate"]))
            continue
        linear = nn.Linear(inputs, layer["units"])
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        nn.init.zeros_(linear.bias)
        modules += [linear] if layer["fn"] == "softmax" else [linear, nn.ReLU()]
        inputs = layer["units"]
    return nn.Sequential(*modules)


def build_optimizer(wanted: str | dict[str, Any], model: nn.Module, rate: float) -> Any:
    """Return Adam, or AdamW whose decay spares the biases."""
    if wanted == "adam":
        return torch.optim.Adam(model.parameters(), lr=rate, fused=True)
    assert isinstance(wanted, dict)
    assert wanted["name"] == "adamw"
    weights = [p for p in model.parameters() if p.ndim == 2]
    biases = [p for p in model.parameters() if p.ndim == 1]
    groups = [
        {"params": weights, "weight_decay": wanted["weight_decay"]},
        {"params": biases, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=rate, fused=True)


def schedule(wanted: dict[str, Any], epochs: int) -> Callable[[float], float]:
    """Return the factor of the learning rate after t epochs: a warm-up, then half a cosine."""
    assert (wanted["name"], wanted["then"]) == ("warmup", "cosine")
    warm = wanted["epochs"]

    def factor(t: float) -> float:
        if t < warm:
            return max(t, 1e-3) / warm
        return (1 + math.cos(math.pi * (t - warm) / (epochs - warm))) / 2

    return factor


def batches(n: int, size: int, per_epoch: int, epochs: int) -> Iterator[Tensor]:
    """Yield the rows of each batch, in a new order in every epoch."""
    for _ in range(epochs):
        yield from itertools.islice(torch.randperm(n).split(size), per_epoch)


def augmentation(wanted: dict[str, float] | None) -> Callable[[Tensor], Tensor]:
    """Return a function that moves and distorts a batch of images (n, 784), in one resampling.

    `affine_grid` and `grid_sample` measure in halves of the image's width. The elastic field is
    smoothed by one product in each direction, as byhand does it.
    """
    if wanted is None:
        return lambda images: images
    shift, rotate, scale, shear, alpha, sigma = (
        wanted.get(name, default)
        for name, default in (
            ("shift", 2.0), ("rotate", 10.0), ("scale", 0.1), ("shear", 0.0),
            ("elastic", 0.0), ("sigma", 5.5),
        )
    )  # fmt: skip
    apart = torch.arange(SIDE)[:, None] - torch.arange(SIDE)
    reach = torch.arange(-int(4 * sigma + 0.5), int(4 * sigma + 0.5) + 1)
    smooth = torch.exp(-0.5 * (apart / sigma) ** 2) / torch.exp(-0.5 * (reach / sigma) ** 2).sum()

    def changed(images: Tensor) -> Tensor:
        n = len(images)
        down, right, angle, size, slant = torch.rand(5, n) * 2 - 1
        angle, size, slant = torch.deg2rad(rotate * angle), 1 + scale * size, shear * slant
        cos, sin = torch.cos(angle) / size, torch.sin(angle) / size
        matrix = torch.stack(
            [cos - slant * sin, -slant * cos - sin, sin, cos, shift * right, shift * down]
        ).view(3, 2, n)
        theta = torch.cat([matrix[:2].permute(2, 0, 1), matrix[2].T[:, :, None] * 2 / SIDE], 2)
        grid = nn.functional.affine_grid(theta, [n, 1, SIDE, SIDE], align_corners=False)
        if alpha:
            field = torch.rand(n, 2, SIDE, SIDE) * 2 - 1
            field = alpha * 2 / SIDE * (smooth @ field @ smooth.T)
            grid = grid + field.permute(0, 2, 3, 1)
        moved = nn.functional.grid_sample(
            images.view(n, 1, SIDE, SIDE), grid, mode="bilinear", align_corners=False
        )
        return moved.view(n, -1)

    return changed


if __name__ == "__main__":
    main()
