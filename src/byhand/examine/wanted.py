"""The networks that a learner's code is asked to create, tried one after the other.

Code may be written for a fixed number of layers, and take activations by name or as functions.
"""

from __future__ import annotations

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
    """

    hidden: tuple[int, ...] = SIZES[1:-1]
    as_functions: bool = False

    def settings(self, own: Mapping[str, Callable[..., Any]]) -> dict[str, Any]:
        """Return the values of the arguments that neither data nor parameters are.

        Args:
            own: the learner's functions by name.
        """
        names = [*("relu" for _ in self.hidden), "softmax"]
        return settings(None) | {
            "sizes": [SIZES[0], *self.hidden, SIZES[-1]],
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


def data_sets() -> Iterator[dict[str, Any]]:
    """Yield examples with labels, in each form, for code that takes them to create a network."""
    rng = np.random.default_rng(0)
    X, labels = rng.uniform(0, 1, (EXAMPLES, SIZES[0])), np.arange(EXAMPLES) % SIZES[-1]
    for columns in (False, True):
        for form in ("numbers", "one-hot"):
            convention = Convention(columns, form)
            x, y = convention.inputs(X), convention.targets(labels, SIZES[-1])
            yield {"X": x, "y": y, "X_val": x, "y_val": y}
