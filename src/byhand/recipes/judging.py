"""What a trained network is worth: loss and accuracy of each part of its data."""

from __future__ import annotations

from typing import Any

import numpy as np

from byhand.network import MultiLayerPerceptron
from byhand.recipes.material import PARTS, Material
from byhand.recipes.spec import TrainingSpec
from byhand.training import History


def judge(
    net: MultiLayerPerceptron, material: Material, history: History, training: TrainingSpec
) -> dict[str, Any]:
    """Scores of train, validation and test, and what else measures a run.

    The loss gap is (held-out loss - training loss) / training loss, the penalty that was minimised
    with them in both.
    """
    parts = {name: material.part(name) for name in PARTS}
    results: dict[str, Any] = {
        name: net.evaluate(*part) for name, part in parts.items() if part is not None
    }
    if history.columns.get("accuracy"):
        results["mean_epoch_accuracy"] = float(np.mean(history["accuracy"]))
    if "validation" in results:
        penalty = penalties(net, training)
        held_out, seen = (results[part]["loss"] + penalty for part in ("validation", "train"))
        results["loss_gap"] = (held_out - seen) / seen
    results["seconds"] = float(sum(history.columns.get("seconds", [])))
    return results


def penalties(net: MultiLayerPerceptron, training: TrainingSpec) -> float:
    """l2/2 sum(W^2) + l1 sum(|W|), over weights."""
    weights = net.parameters.weights.astype(np.float64)
    return float(training.l2 / 2 * np.sum(weights**2) + training.l1 * np.sum(np.abs(weights)))
