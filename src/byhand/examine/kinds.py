"""The kinds of networks that someone may have written, the likeliest first.

Activations, outputs and losses named in the source, found by `hints_of`, come first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from byhand.examine.steps import BINARY, CROSS_ENTROPY, SQUARED, Setting
from byhand.network.activations import ACTIVATIONS, Activation, leaky_relu

SLOPES = (0.01, 0.1, 0.2, 0.05, 0.3, 0.001, 0.02)
"""Slopes of a leaky ReLU that are tried."""

HIDDEN = ("relu", "leaky_relu", "sigmoid", "tanh", "elu", "gelu", "swish", "softplus")
OUTPUTS = ("softmax", "sigmoid")
PIXELS = 1 / 255
MOST_NAMED = 4
"""A source that names more activations is a library of them, and too many mixtures are possible."""


def possible(hints: Mapping[str, Any], logits: bool, layers: int) -> Iterator[Setting]:
    """Yield every kind of network that may be right.

    Args:
        hints: as `hints_of` gives them.
        logits: whether forward returns the scores.
        layers: number of hidden layers.
    """
    for scale in (1.0, PIXELS):
        for output in dict.fromkeys([*hints["output"], *OUTPUTS]):
            for hidden in _activations([*hints["hidden"], *HIDDEN], len(SLOPES)):
                yield Setting(hidden, output, scale=scale, logits=logits)
        for output in dict.fromkeys([*hints["output"], *OUTPUTS]):
            for mixed in _mixtures(hints, layers):
                yield Setting(mixed[0], output, scale=scale, logits=logits, mixed=mixed)


def intended(hints: Mapping[str, Any], logits: bool, layers: int) -> Iterator[Setting]:
    """Yield the kinds of network that the source names, or the usual ones; one has a mistake."""
    hidden = hints["hidden"] or ["relu", "sigmoid", "tanh"]
    if "leaky_relu" in hidden:  # its pattern holds that of the ReLU
        hidden = [*(name for name in hidden if name != "relu"), "relu"]
    outputs = hints["output"] or list(OUTPUTS)
    if "softmax" in outputs and hidden != ["sigmoid"]:
        outputs = ["softmax", *(name for name in outputs if name != "softmax")]
    for output in outputs:
        for one in _activations(hidden, 4):
            yield Setting(one, output, logits=logits)
    for output in outputs:
        for mixed in _mixtures(hints, layers):
            yield Setting(mixed[0], output, logits=logits, mixed=mixed)


def _mixtures(hints: Mapping[str, Any], layers: int) -> Iterator[tuple[Activation, ...]]:
    """Yield the ways in which hidden layers can have different activations of the source."""
    named = list(_activations(hints["hidden"], 1))
    if layers > 1 and 1 < len(named) <= MOST_NAMED:
        yield from (each for each in product(named, repeat=layers) if len(set(each)) > 1)


def _activations(names: list[str], slopes: int) -> Iterator[Activation]:
    for name in dict.fromkeys(names):
        if name == "leaky_relu":
            yield from (leaky_relu(slope) for slope in SLOPES[:slopes])
        else:
            yield ACTIVATIONS[name]


def losses(output: str, classes: int, hints: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Return the losses that go with an output, with the factors of their usual scalings.

    Args:
        output: activation of the last layer.
        classes: K, the number of outputs.
        hints: as `hints_of` gives them.
    """
    K = float(classes)
    squared = [(SQUARED, factor) for factor in (1.0, K, K / 2, 0.5)]
    binary = [(BINARY, factor) for factor in (K, 1.0)]
    cross = [(CROSS_ENTROPY, 1.0)]
    if output == "softmax":
        return cross + squared
    if SQUARED in hints["loss"] and BINARY not in hints["loss"]:
        return squared + binary + cross
    return binary + squared + cross


def losses_of_gradient(setting: Setting, classes: int) -> list[Setting]:
    """Return the settings whose gradient may be intended if the loss is known, its own first."""
    K = float(classes)
    factors = {
        CROSS_ENTROPY: (1.0,),
        BINARY: (setting.factor, 1.0, K),
        SQUARED: (setting.factor, 1.0, K / 2, K, 0.5),
    }
    known = [
        setting.with_loss(setting.loss, factor) for factor in dict.fromkeys(factors[setting.loss])
    ]
    if setting.loss == CROSS_ENTROPY and setting.output == "sigmoid":
        known.append(setting.with_loss(BINARY, K))
    return known
