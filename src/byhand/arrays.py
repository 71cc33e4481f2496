"""Array types for signatures, and arrays that are aligned in memory for speed."""

from __future__ import annotations

from itertools import cycle
from math import prod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array: TypeAlias = NDArray[Any]
"""Any array: pixels, labels, numbers."""

FloatArray: TypeAlias = NDArray[np.floating[Any]]
"""An array of float32 or float64: the `dtype` of its network (`network/network.py`)."""

IntArray: TypeAlias = NDArray[np.integer[Any]]
"""An array of integers: labels or row numbers."""

IndexArray: TypeAlias = NDArray[np.intp]
"""An array of NumPy's index type, such as argmax returns."""

CACHE_LINE, PAGE = 64, 4096
"""Bytes that a CPU fetches at once; bytes after which addresses map to the same cache set."""

_starts = cycle(range(0, PAGE, 4 * CACHE_LINE))


class Scratch:
    """Base class of buffers with scratch arrays, which are created at first use and then reused."""

    _arrays: dict[str, Array]
    _larger: tuple[Scratch | None, int, int] = (None, 0, 0)

    def scratch(self, name: str, like: Array) -> Array:
        """Return an array like another, initially zeros.

        A name stands for one array: with the same name, `like` must have the same shape each time.
        """
        try:
            return self._arrays[name]
        except AttributeError:
            self._arrays = {}
        except KeyError:
            pass
        array = self._arrays[name] = self._new_scratch(name, like)
        return array

    def share_scratch(self, larger: Scratch, rows: int, capacity: int) -> None:
        """Take scratch arrays of `rows` rows from larger buffers of `capacity` rows."""
        self._larger = larger, rows, capacity

    def _new_scratch(self, name: str, like: Array) -> Array:
        larger, rows, capacity = self._larger
        if larger is None or len(like) != rows:
            return aligned_zeros(like.shape, like.dtype)
        shape = np.broadcast_to(like[:1], (capacity, *like.shape[1:]))
        array: Array = larger.scratch(name, shape)[:rows]
        return array


def aligned_zeros(shape: int | tuple[int, ...], dtype: DTypeLike) -> Array:
    """Return zeros that begin on a cache line, each array at a different offset in its page.

    NumPy's own arrays begin 16 bytes into a cache line, so every wide load touches two lines. Large
    ones all begin at the same offset in a page, so a CPU mistakes a read of one array for a read of
    data that it has just written to another, and waits. Aligning saves a tenth of a training step.
    """
    dtype = np.dtype(dtype)
    size = prod(shape) if isinstance(shape, tuple) else shape
    memory = np.zeros(size * dtype.itemsize + 2 * PAGE, np.uint8)
    first = -memory.ctypes.data % PAGE + next(_starts)
    return memory[first : first + size * dtype.itemsize].view(dtype).reshape(shape)
