"""Parameters that are global variables of a module, as one object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import numpy as np

from byhand.arrays import Array


class ModuleState(Mapping[str, Array]):
    """The global arrays of floats of a module; a copy of it puts them back as they were.

    Functions of such a module change its variables, so there can be only one of it at a time.
    """

    def __init__(self, module: ModuleType) -> None:
        self._variables = vars(module)
        self._first = {
            name: value.copy()
            for name, value in self._variables.items()
            if isinstance(value, np.ndarray) and value.dtype.kind == "f"
        }

    def __getitem__(self, name: str) -> Array:
        value: Array = self._variables[name]
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._first)

    def __len__(self) -> int:
        return len(self._first)

    def __deepcopy__(self, memo: Any) -> ModuleState:
        for name, value in self._first.items():
            self._variables[name] = value.copy()
        return self
