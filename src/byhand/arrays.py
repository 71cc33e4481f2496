"""The names of array types that signatures use."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
"""Any array: pixels, labels, numbers."""

FloatArray: TypeAlias = NDArray[np.floating[Any]]
"""An array of float32 or float64, the precision of the network it belongs to."""

IntArray: TypeAlias = NDArray[np.integer[Any]]
"""An array of whole numbers: labels or row numbers."""
