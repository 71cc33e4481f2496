"""Arrays: the names of their types that signatures use, and where they lie in memory."""

from __future__ import annotations

from itertools import cycle
from math import prod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array: TypeAlias = NDArray[Any]
"""Any array: pixels, labels, numbers."""

FloatArray: TypeAlias = NDArray[np.floating[Any]]
"""An array of float32 or float64, the precision of the network it belongs to."""

IntArray: TypeAlias = NDArray[np.integer[Any]]
"""An array of whole numbers: labels or row numbers."""

IndexArray: TypeAlias = NDArray[np.intp]
"""An array of the whole numbers that NumPy counts places with, as its argmax gives them."""

CACHE_LINE, PAGE = 64, 4096
"""Bytes that a CPU fetches at once; bytes after which addresses look alike to its caches."""

_starts = cycle(range(0, PAGE, 4 * CACHE_LINE))


def aligned_zeros(shape: int | tuple[int, ...], dtype: DTypeLike) -> Array:
    """Zeros that begin on a cache line, each array at another place within its page.

    NumPy's own begin 16 bytes into a line, so that every wide load straddles two; and large ones
    all begin at the same place in a page, where a CPU takes a read of one for a read of what it
    has just written to another, and waits. A tenth of the time of a training step is in it.
    """
    dtype = np.dtype(dtype)
    size = prod(shape) if isinstance(shape, tuple) else shape
    memory = np.zeros(size * dtype.itemsize + 2 * PAGE, np.uint8)
    first = -memory.ctypes.data % PAGE + next(_starts)
    return memory[first : first + size * dtype.itemsize].view(dtype).reshape(shape)
