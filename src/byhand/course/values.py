"""Arguments and results as JSON, between this process and the one that runs a learner's code.

Nothing is pickled: arrays travel as .npy files in base64, random generators as seeds, and functions
as names of `FUNCTIONS`.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from byhand.arrays import FloatArray

FUNCTIONS: dict[str, Callable[[FloatArray], float]] = {
    "squares": lambda w: float((w**2).sum()),
    "waves": lambda w: float(np.sin(w).sum() + w[0] * w[-1]),
    "cubes": lambda w: float((w**3).sum() - w[0]),
}
"""Functions of a vector that exercises are called with."""


@dataclass(frozen=True)
class Rng:
    """A random generator, described by its seed."""

    seed: int


@dataclass(frozen=True)
class Function:
    """A function of `FUNCTIONS`, described by its name."""

    name: str


@dataclass(frozen=True)
class Foreign:
    """A value of an unexpected type; only the name of the type is kept."""

    type_name: str


def encode(value: Any) -> Any:
    """Return a value as JSON types."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        file = io.BytesIO()
        np.save(file, value, allow_pickle=False)
        return {"array": base64.b64encode(file.getvalue()).decode("ascii")}
    if isinstance(value, (np.bool_, np.integer, np.floating)):
        return value.item()
    if isinstance(value, (bool, int, float, str)) or value is None:
        return value
    if isinstance(value, (tuple, list)):
        return {"list": [encode(item) for item in value]}
    if isinstance(value, Rng):
        return {"rng": value.seed}
    if isinstance(value, Function):
        return {"function": value.name}
    return {"foreign": value.type_name if isinstance(value, Foreign) else type(value).__name__}


def decode(value: Any) -> Any:
    """Return the value that `encode` wrote; lists and tuples become lists."""
    if not isinstance(value, Mapping):
        return value
    ((kind, content),) = value.items()
    if kind == "array":
        return np.load(io.BytesIO(base64.b64decode(content)), allow_pickle=False)
    if kind == "list":
        return [decode(item) for item in content]
    if kind == "rng":
        return Rng(content)
    return Function(content) if kind == "function" else Foreign(content)


def real(value: Any) -> Any:
    """Return the argument for a call: a copy of an array, a generator, or a function."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, (list, tuple)):
        return [real(item) for item in value]
    if isinstance(value, Rng):
        return np.random.default_rng(value.seed)
    return FUNCTIONS[value.name] if isinstance(value, Function) else value
