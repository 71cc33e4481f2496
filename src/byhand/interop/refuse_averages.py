"""Refuses ensembles and other averages, which cannot be written as one network."""

from __future__ import annotations

from byhand.errors import ArgumentError
from byhand.network.inference import Inference
from byhand.network.network import Network


def check_single(net: Network) -> None:
    """Raise if the outputs are not those of the network's own layers, as in an ensemble."""
    if type(net.inference) is not Inference:
        raise ArgumentError(
            f"the outputs of an object of class {type(net).__name__} are averages, which cannot be "
            "written as one network. Write its members one by one."
        )
