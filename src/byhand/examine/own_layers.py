"""Puts a network together from the learner's own layer classes."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from itertools import pairwise
from types import ModuleType
from typing import Any

from byhand.examine.load import own_classes
from byhand.examine.workspace import SIZES, UnknownArgumentError, Workspace, role_names, settings


def with_layers(network: Any, layers: Sequence[Any]) -> Any:
    """Add layers to a network by its own method, and return it."""
    add = next(
        getattr(network, name) for name in ("add", "append", "add_layer") if hasattr(network, name)
    )
    for layer in layers:
        add(layer)
    return network


def own_layers(module: ModuleType, network: type) -> list[Any] | None:
    """Return dense layers with their activations, made from the module's layer classes."""
    kinds = {name: one for name, one in own_classes(module).items() if one is not network}
    dense = next((one for one in kinds.values() if {"n_in", "n_out"} <= role_names(one)), None)
    if dense is None:
        return None
    layers: list[Any] = []
    pairs = list(pairwise(SIZES))
    try:
        for place, (n_in, n_out) in enumerate(pairs):
            last = place == len(pairs) - 1
            wanted = "softmax" if last else "relu"
            values = settings(None) | {"n_in": n_in, "n_out": n_out, "activation": wanted}
            takes_name = "activation" in role_names(dense)
            layer = Workspace(values)
            positional, named = layer.arguments(dense)
            if takes_name:
                key = next(k for k in inspect.signature(dense).parameters if "act" in k.lower())
                named[key] = wanted
                positional = positional[:2]
            layers.append(dense(*positional, **named))
            if not takes_name:
                layers += _activation_layer(kinds, last)
    except (UnknownArgumentError, TypeError, ValueError, KeyError):
        return None
    return layers


def _activation_layer(kinds: Mapping[str, type], last: bool) -> list[Any]:
    order = ("softmax", "sigmoid") if last else ("leaky", "relu", "tanh", "sigmoid")
    for wanted in order:
        for name, kind in kinds.items():
            if (
                wanted in name.lower()
                and "loss" not in name.lower()
                and "entropy" not in name.lower()
            ):
                return [kind()]
    return []
