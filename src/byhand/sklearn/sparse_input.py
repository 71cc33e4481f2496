"""Sparse inputs, which become dense a batch at a time."""

from __future__ import annotations

from typing import Any

from byhand.arrays import FloatArray, IntArray
from byhand.network.layers import InputLayer
from byhand.network.layers.pixel_scaling import InputBuffers


class SparseRows:
    """The rows of a sparse matrix (n, units); selected rows are a dense array.

    Args:
        matrix: a SciPy matrix or array in CSR format.
    """

    def __init__(self, matrix: Any) -> None:
        self.matrix, self.shape, self.dtype = matrix, matrix.shape, matrix.dtype

    def __len__(self) -> int:
        return int(self.shape[0])

    def __getitem__(self, rows: slice | IntArray) -> FloatArray:
        dense: FloatArray = self.matrix[rows].toarray()
        return dense


class SparseInputLayer(InputLayer):
    """A0 = x, for `SparseRows` x."""

    def forward(self, x: Any, buffers: InputBuffers) -> None:
        """A0 = x, from dense rows."""
        buffers.a[:] = x

    def gather(self, source: Any, rows: IntArray, buffers: InputBuffers) -> None:
        """Compute A0 from the given rows of a sparse source."""
        buffers.a[:] = source[rows]
