"""The scores of a trained network on each part of its data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from byhand.mlp import MultiLayerPerceptron
from byhand.recipes.fields_and_defaults import TrainingSpec
from byhand.runs.split_dataset import PARTS, SplitDataset
from byhand.training import History
from byhand.training.penalties import penalty


def evaluate_parts(
    net: MultiLayerPerceptron,
    data: SplitDataset,
    history: History,
    training: TrainingSpec,
    scored: Sequence[str] = PARTS,
) -> dict[str, Any]:
    """Return the scores of the parts, and everything else that is measured.

    The loss gap is (validation loss - training loss) / training loss, each with the penalty that
    training minimised.

    Args:
        net: the trained network.
        data: its data.
        history: how training went.
        training: settings of the training.
        scored: names of the parts to score; missing or unlabelled parts are left out.
    """
    results: dict[str, Any] = {
        name: net.evaluate(part.images, labels)
        for name, part in data.parts().items()
        if name in scored and (labels := part.labels) is not None
    }
    if history.columns.get("accuracy"):
        results["mean_epoch_accuracy"] = float(np.mean(history["accuracy"]))
    if "validation" in results and "train" in results:
        weights = penalty(net.parameters.weights, training.l1, training.l2)
        validation, train = (results[part]["loss"] + weights for part in ("validation", "train"))
        results["loss_gap"] = (validation - train) / train if train else 0.0
    results["seconds"] = float(sum(history.columns.get("seconds", [])))
    return results
