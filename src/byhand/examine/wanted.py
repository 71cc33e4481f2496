"""The networks that a learner's code is asked to create, tried one after the other.

Code may be written for a fixed number of layers, and take activations by name or as functions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from byhand.examine.convention import Convention
from byhand.examine.workspace import SIZES, settings

EXAMPLES = 3 * SIZES[-1]
"""Number of examples for code that takes the data when a network is created."""


@dataclass(frozen=True)
class Wanted:
    """A network that is asked for.

    Args:
        hidden: units of each hidden layer.
        as_functions: whether `activations` are the learner's own functions instead of names.
        inputs: number of inputs.
    """

    hidden: tuple[int, ...] = SIZES[1:-1]
    as_functions: bool = False
    inputs: int = SIZES[0]

    def settings(self, own: Mapping[str, Callable[..., Any]]) -> dict[str, Any]:
        """Return the values of the arguments that neither data nor parameters are.

        Args:
            own: the learner's functions by name.
        """
        names = [*("relu" for _ in self.hidden), "softmax"]
        return settings(None) | {
            "sizes": [self.inputs, *self.hidden, SIZES[-1]],
            "n_in": self.inputs,
            "activations": [_function(own, name) for name in names] if self.as_functions else names,
        }


def _function(own: Mapping[str, Callable[..., Any]], activation: str) -> Any:
    """Return the learner's own activation function; the name of the activation if there is none.

    Its name is the shortest one with the activation in it: that of the derivative is longer.
    """
    fitting = [name for name in own if activation in name.lower()]
    return own[min(fitting, key=len)] if fitting else activation


WANTED = (
    Wanted(),
    Wanted(as_functions=True),
    Wanted(hidden=(16, 16)),
    Wanted(hidden=(16, 16), as_functions=True),
    Wanted(hidden=(16, 16, 16)),
)
"""The networks that are asked for, in this order, until a forward pass runs."""

PIXELS = 784
"""Inputs of a network for MNIST."""


def networks(source: str) -> tuple[Wanted, ...]:
    """Return the networks to ask for; with the inputs of MNIST as well if the source has them."""
    if not re.search(rf"\b{PIXELS}\b|28 ?\* ?28", source):
        return WANTED
    return (*WANTED, Wanted(inputs=PIXELS), Wanted(hidden=(16, 16), inputs=PIXELS))


def data_sets(inputs: int) -> Iterator[dict[str, Any]]:
    """Yield examples with labels, in each form, for code that takes them to create a network."""
    rng = np.random.default_rng(0)
    X, labels = rng.uniform(0, 1, (EXAMPLES, inputs)), np.arange(EXAMPLES) % SIZES[-1]
    for columns in (False, True):
        for form in ("numbers", "one-hot"):
            convention = Convention(columns, form)
            x, y = convention.inputs(X), convention.targets(labels, SIZES[-1])
            yield {"X": x, "y": y, "X_val": x, "y_val": y}
