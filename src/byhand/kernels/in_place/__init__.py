"""The formulas in NumPy without temporary arrays: each result is written with `out=`.

A training step with these functions allocates nothing. Each function that overrides a method names
it in its docstring; the formula is there.
"""

from __future__ import annotations

from typing import Any

from byhand.kernels.in_place import layers, losses, updates

OVERRIDES: dict[tuple[Any, str], Any] = layers.OVERRIDES | losses.OVERRIDES | updates.OVERRIDES
"""{(class or module, function name): function}."""
