"""The doubt of a trained network, fitted at the end of a run and stored with its model."""

from __future__ import annotations

from pathlib import Path

from byhand.evaluation.doubt import Doubt
from byhand.mlp import MultiLayerPerceptron
from byhand.model_file import add_facts
from byhand.runs.split_dataset import SplitDataset


def learn_doubt(net: MultiLayerPerceptron, data: SplitDataset, model: Path) -> None:
    """Learn from the training and validation parts which predictions to doubt; add it to the model.

    Args:
        net: the final network of the run.
        data: the data of the run.
        model: the file of the network.
    """
    validation = None if data.validation is None else data.validation.images
    train = data.train
    if train.labels is None:
        return
    doubt = Doubt.fit(net, train.images, train.labels, validation, seed=net.seed)
    if doubt is not None:
        found = {"doubt": doubt.config()}
        net.facts |= found
        add_facts(model, found)
