"""Small trainings that every rank runs; rank 0 prints a checksum of the weights of each."""

from __future__ import annotations

import json
import zlib
from typing import Any

import byhand
from byhand.augmentation import Augmentation
from byhand.distributed import find_ranks
from byhand.network.layers import DropoutLayer, NoiseLayer

data = byhand.load_dataset("digits").train
X, Y = data.images[:230], data.labels[:230]  # the last batch of 64 has 38 rows

TRAININGS: dict[str, dict[str, Any]] = {
    "adam": {"optimizer": "adam", "clip_norm": 1.0},
    "momentum": {"optimizer": "momentum", "l2": 1e-3, "ema": 0.9},
    "dropout": {"dropout": True},
    "augmentation": {"augment": Augmentation(rotate=10, shift=1, noise=0.1), "mixup": 0.3},
    "adversarial": {"adversarial": 0.1},
    "a batch of fewer rows than shards": {"batch_size": 5, "max_norm": 2.0},
}


def train(options: dict[str, Any]) -> dict[str, Any]:
    """Return checksums of the weights, and the history without times."""
    options = {"batch_size": 64} | options
    noise = [DropoutLayer(0.3), NoiseLayer(0.1)] if options.pop("dropout", False) else []
    net = byhand.MultiLayerPerceptron(
        [
            byhand.InputLayer(64),
            byhand.DenseLayer(20, "relu"),
            *noise,
            byhand.DenseLayer(12, "tanh"),
            byhand.DenseLayer(10, "softmax"),
        ],
        seed=3,
    )
    history = net.fit(
        X, Y, epochs=2, validation_split=0.2, verbose=0, ranks=find_ranks(), **options
    )
    columns = {name: list(map(repr, history[name])) for name in ("loss", "accuracy", "val_loss")}
    return {"weights": zlib.crc32(net.parameters.vector.data), **columns}


if __name__ == "__main__":
    found = {name: train(dict(options)) for name, options in TRAININGS.items()}
    if find_ranks().is_first:
        print(json.dumps(found))
