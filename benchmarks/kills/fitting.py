"""A training with `fit` and all callbacks that write, watch or stop."""

from __future__ import annotations

from pathlib import Path

from byhand import DenseLayer, InputLayer, MultiLayerPerceptron, load_dataset
from byhand.training import EarlyStopping, HistoryToCSV, ModelCheckpoint, ReduceOnPlateau

ROWS = 400


def fit_with_callbacks(folder: Path) -> None:
    """Train in a folder, from its last checkpoint if there is one, and write the trained network.

    The learning rate is so high that both the plateau schedule and early stopping act.
    """
    train = load_dataset("digits").train
    layers = [InputLayer(64, "pixels"), DenseLayer(10, "tanh"), DenseLayer(10, "softmax")]
    net = MultiLayerPerceptron(layers, seed=3)
    last = folder / "last.safetensors"
    net.fit(
        train.images[:ROWS],
        train.labels[:ROWS],
        epochs=30,
        learning_rate=0.1,
        validation_split=0.25,
        callbacks=[
            EarlyStopping(patience=6),
            ReduceOnPlateau(patience=2),
            HistoryToCSV(folder / "history.csv"),
            ModelCheckpoint(folder),
        ],
        resume_from=last if last.exists() else None,
        verbose=0,
    )
    net.save(folder / "trained.safetensors")
