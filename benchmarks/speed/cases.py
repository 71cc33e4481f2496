"""The cases: descriptions of the work that every peer does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

OURS, OURS_PLAIN, FLOOR = "byhand numba", "byhand numpy", "products"
TORCH, TORCH_COMPILED = "pytorch eager", "pytorch compiled"
JAX, SKLEARN, TEXTBOOK = "jax", "scikit-learn", "textbook"

LEARNERS = (OURS, OURS_PLAIN, TORCH, TORCH_COMPILED, JAX, SKLEARN)
FEWER_ROUNDS = {SKLEARN: 3, TORCH_COMPILED: 3}
"""Number of rounds of slow peers; they skip the later rounds."""

LEARNING_RATES = {"sgd": 0.1, "adam": 1e-3}

PIXELS, CLASSES, TRAINING_IMAGES = 784, 10, 60_000


@dataclass(frozen=True)
class Training:
    """A training case: some epochs over some images, from given weights.

    Args:
        name: name of the case.
        widths: number of inputs, units of each hidden layer, number of classes.
        optimizer: "sgd" or "adam".
        batch: images in a step; None takes all images at once.
        images: number of images to train on, the first of the training set.
        epochs: epochs in one round.
        hidden: activation of the hidden layers, "relu" or "leaky_relu" (slope 0.01).
        peers: peers that take part, in the order of their turns.
        tolerance: largest allowed difference of a test accuracy from byhand's.
    """

    name: str
    widths: tuple[int, ...]
    optimizer: str = "sgd"
    batch: int | None = 64
    images: int = TRAINING_IMAGES
    epochs: int = 1
    hidden: str = "relu"
    peers: tuple[str, ...] = (FLOOR, *LEARNERS)
    tolerance: float = 0.01

    @property
    def learning_rate(self) -> float:
        """Learning rate of the optimizer."""
        return LEARNING_RATES[self.optimizer]

    @property
    def batch_size(self) -> int:
        """Number of images in a full step."""
        return min(self.batch or self.images, self.images)

    @property
    def steps(self) -> int:
        """Number of steps in an epoch; the last step may be short."""
        return -(-self.images // self.batch_size)


@dataclass(frozen=True)
class Prediction:
    """A prediction case: the classes of some test images.

    Args:
        name: name of the case.
        widths: as in `Training`.
        rows: images in one call.
        calls: calls in one round.
        peers: peers that take part, in the order of their turns.
    """

    name: str
    widths: tuple[int, ...]
    rows: int
    calls: int
    peers: tuple[str, ...] = LEARNERS


Work: TypeAlias = Training | Prediction

SIZES = {
    "784-512-256-128-10": (784, 512, 256, 128, 10),
    "784-300-10": (784, 300, 10),
    "784-16-10": (784, 16, 10),
}
PREDICTED = ("784-512-256-128-10", "784-300-10")
EPOCHS = {"784-16-10": 2}  # an epoch of the smallest takes less than a tenth of a second
TOLERANCES = {"784-512-256-128-10 sgd": 0.02}  # after one epoch its accuracy varies from 93 to 96 %


def _pairs() -> tuple[Training, ...]:
    return tuple(
        Training(
            f"{name} {optimizer}",
            widths,
            optimizer,
            epochs=EPOCHS.get(name, 1),
            tolerance=TOLERANCES.get(f"{name} {optimizer}", 0.01),
        )
        for name, widths in SIZES.items()
        for optimizer in LEARNING_RATES
    )


def _growth() -> tuple[Training, ...]:
    """Vary one setting at a time; the others stay at 784-256-10, batch 64, 10,000 images, SGD."""
    base = Training("", (784, 256, 10), images=10_000, peers=(FLOOR, OURS))
    widths = [
        replace(base, name=f"growth width {units}", widths=(784, units, 10))
        for units in (16, 64, 256, 1024, 2048)
    ]
    depths = [
        replace(base, name=f"growth depth {depth}", widths=(784, *[256] * depth, 10))
        for depth in (1, 2, 4, 8)
    ]
    batches = [
        replace(base, name=f"growth batch {batch}", batch=batch)
        for batch in (8, 16, 32, 64, 128, 256, 1024)
    ]
    images = [
        replace(base, name=f"growth images {images}", images=images)
        for images in (5_000, 10_000, 20_000, 40_000, 60_000)
    ]
    return (*widths, *depths, *batches, *images)


GROUPS: dict[str, tuple[Work, ...]] = {
    "pairs": _pairs(),
    "large": (
        Training(
            "784-1000-500-10 adam",
            (784, 1000, 500, 10),
            "adam",
            batch=128,
            images=20_000,
            peers=(FLOOR, OURS, OURS_PLAIN, TORCH, JAX),
            tolerance=0.02,
        ),
    ),
    "full-batch": (
        Training(
            "full-batch 784-10-10 sgd",
            (784, 10, 10),
            batch=None,
            images=41_000,
            epochs=10,
            hidden="leaky_relu",
            peers=(OURS, OURS_PLAIN, TORCH, TORCH_COMPILED, JAX, TEXTBOOK),
        ),
    ),
    "latency": tuple(Prediction(f"one image {name}", SIZES[name], 1, 1000) for name in PREDICTED),
    "prediction": tuple(
        Prediction(f"10,000 images {name}", SIZES[name], 10_000, 5) for name in PREDICTED
    ),
    "growth": _growth(),
}
"""The cases that peers take turns at, by group."""


def quick(work: Work) -> Work:
    """Return the same work at a tiny size, to check that it runs; its times mean nothing."""
    if isinstance(work, Training):
        return replace(work, images=min(work.images, 500), epochs=min(work.epochs, 2))
    return replace(work, rows=min(work.rows, 100), calls=2)
