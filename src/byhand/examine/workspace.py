"""The values available while a network is examined, and calls of functions with them.

An argument gets its value by its name: exactly, as a numbered quantity ("W1", "dZ2"), or by its
role ("lr", "y_true", "cache").
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from byhand.examine.array_names import kind_of, last_word, roles_of
from byhand.examine.problem import RATE, Problem

SIZES = (64, 16, 10)
"""Units of the requested network: inputs for the 8x8 digits, hidden units, classes."""

OPTIONAL = {
    "X", "y", "params", "weights", "biases", "cache", "output", "grads", "rate", "epochs",
    "batch_size", "n", "sizes", "n_in", "n_hidden", "n_out", "penalty", "dropout", "keep", "quiet",
    "X_val", "y_val", "path",
}  # fmt: skip
"""Roles of arguments that are set although they have a default."""


WORD = 6
"""Letters of a last word from which an argument and a result with it are taken to be the same."""


class UnknownArgumentError(Exception):
    """A function needs an argument whose name does not show its meaning."""


@dataclass
class Workspace:
    """Values by name, by quantity and by role.

    Args:
        roles: value of each role.
        names: values by the names of variables that functions returned.
        quantities: values by kind and layer, such as ("W", 1).
    """

    roles: dict[str, Any] = field(default_factory=dict)
    names: dict[str, Any] = field(default_factory=dict)
    quantities: dict[tuple[str, int], Any] = field(default_factory=dict)

    def call(self, function: Callable[..., Any], otherwise: str | None = None) -> Any:
        """Call a function with the values that its arguments name.

        Args:
            function: the function to call.
            otherwise: the role of the first argument whose name shows no meaning.

        Raises:
            UnknownArgumentError: an argument without a default that no value fits.
            Exception: whatever the function raises.
        """
        positional, named = self.arguments(function, otherwise)
        return function(*positional, **named)

    def arguments(
        self, function: Callable[..., Any], otherwise: str | None = None
    ) -> tuple[list[Any], dict[str, Any]]:
        """Return the positional and the named arguments for a function."""
        positional: list[Any] = []
        named: dict[str, Any] = {}
        taken = _parameters(function)
        for parameter in taken.values():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                continue
            required = parameter.default is parameter.empty
            found = self._value(parameter.name, required)
            if parameter.name == "p" and any(kind_of(name)[0] == "W" for name in taken):
                found = (self.roles.get("keep", 1.0),)  # the probability of dropout
            if found is None and required and otherwise is not None:
                found, otherwise = (self.roles[otherwise],), None
            if found is None and required:
                raise UnknownArgumentError(parameter.name)
            if found is None:
                continue
            if required and not named:
                positional.append(found[0])
            else:
                named[parameter.name] = found[0]
        return positional, named

    def _value(self, name: str, required: bool) -> tuple[Any] | None:
        """Return the value for an argument in a tuple, so that None may be a value."""
        lowered = {key.lower(): value for key, value in self.names.items()}
        if name in self.names:
            return (self.names[name],)
        if name.lower() in lowered and name.lower() not in ("x", "y"):
            return (lowered[name.lower()],)
        kind, layer = kind_of(name)
        if kind is not None and layer is not None and (kind, layer) in self.quantities:
            return (self.quantities[kind, layer],)
        same_word = [
            value for key, value in self.names.items() if last_word(key) == last_word(name)
        ]
        is_output = "output" in roles_of(name) and "output" in self.roles
        if len(same_word) == 1 and len(last_word(name)) >= WORD and not is_output:
            return (same_word[0],)
        for role in roles_of(name):
            if role in self.roles and (required or role in OPTIONAL):
                return (self.roles[role],)
        return None

    def keep(self, results: Mapping[str, Any]) -> None:
        """Keep results under the names of their variables."""
        self.names.update(results)


def _parameters(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}


def role_names(function: Callable[..., Any]) -> set[str]:
    """Return every role that an argument of a function may have."""
    return {role for name in _parameters(function) for role in roles_of(name)}


def settings(problem: Problem | None, epochs: int = 1, hidden: Any = SIZES[1]) -> dict[str, Any]:
    """Return values of the arguments that are neither data nor parameters."""
    sizes = list(SIZES) if problem is None else problem.sizes
    n = 1 if problem is None else len(problem.X)
    return {
        "sizes": sizes, "n_in": sizes[0], "n_hidden": hidden, "n_out": sizes[-1],
        "seed": 0, "rng": np.random.default_rng(0),
        "rate": RATE if problem is None else problem.rate,
        "epochs": epochs, "batch_size": n, "n": n, "penalty": 0.0, "dropout": 0.0, "keep": 1.0,
        "quiet": False, "training": False, "activation": "relu", "output_activation": "softmax",
        "activations": ["relu", "softmax"], "path": None,
    }  # fmt: skip
