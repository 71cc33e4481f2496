"""Names that NumPy no longer has, for code that was written before 2.0."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


def _as_float(array: Any, dtype: Any = np.float64) -> Any:
    return np.asarray(array, dtype=dtype)


OLD_NAMES: dict[str, Any] = {
    "mat": np.asmatrix, "asfarray": _as_float, "float": float, "int": int, "bool": bool,
    "object": object, "str": str, "float_": np.float64, "int0": np.intp, "complex_": np.complex128,
    "Inf": np.inf, "Infinity": np.inf, "infty": np.inf, "NaN": np.nan, "product": np.prod,
    "cumproduct": np.cumprod, "sometrue": np.any, "alltrue": np.all, "row_stack": np.vstack,
}  # fmt: skip
"""What NumPy calls the old names today."""


@contextmanager
def old_names() -> Iterator[None]:
    """Return a context in which NumPy has its old names."""
    added = [name for name in OLD_NAMES if name not in vars(np)]
    for name in added:
        setattr(np, name, OLD_NAMES[name])
    try:
        yield
    finally:
        for name in added:
            delattr(np, name)
