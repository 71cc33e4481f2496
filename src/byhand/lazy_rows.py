"""Rows that stay on disk until they are used, so that data may be larger than memory.

    x = LazyRows([np.load("x-0.npy", mmap_mode="r"), np.load("x-1.npy", mmap_mode="r")])
    x[1000:1064]            # reads 64 rows
    x.select([5, 3, 70])    # reads nothing: other rows, in this order

`fit`, `predict` and `evaluate` take them in place of an array.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self, TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from byhand.arrays import Array, IndexArray, IntArray
from byhand.errors import ArgumentError, FileError

BLOCK_NUMBERS = 1 << 20
"""Number of entries that are read at once where all rows are needed: 4 MB of float32."""

Mapped: TypeAlias = tuple[Path, int]  # a file, and the number of bytes that it must have


class LazyRows:
    """The rows of one or several arrays, one after the other; usually memory maps.

    An index reads its rows and returns an array. `select`, `reshape` and `astype` read nothing.

    Args:
        parts: arrays (n, ...) of the same type and the same shape of a row.

    Raises:
        ArgumentError: no parts, or parts that differ.
    """

    def __init__(self, parts: Sequence[Array]) -> None:
        if not parts or any(part.ndim == 0 for part in parts):
            raise ArgumentError("LazyRows needs at least one array with at least one axis.")
        first = parts[0]
        for part in parts[1:]:
            if (part.dtype, part.shape[1:]) != (first.dtype, first.shape[1:]):
                raise ArgumentError(
                    f"the parts of one array differ: {first.dtype} rows of shape "
                    f"{first.shape[1:]} and {part.dtype} rows of shape {part.shape[1:]}."
                )
        self._files: tuple[Mapped, ...] = tuple(_mapped_bytes(parts))
        self._parts = [np.asarray(part) for part in parts]
        self._ends = np.cumsum([len(part) for part in parts])
        self._chosen: IndexArray | None = None
        self._row_shape: tuple[int, ...] = first.shape[1:]
        self.dtype: np.dtype[Any] = first.dtype.newbyteorder("=")

    # --- the form of an array -------------------------------------------------------------------

    def __len__(self) -> int:
        return int(self._ends[-1]) if self._chosen is None else len(self._chosen)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of rows, then the shape of a row."""
        return (len(self), *self._row_shape)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of entries."""
        return int(np.prod(self.shape))

    @property
    def nbytes(self) -> int:
        """Bytes that all rows take once they are read."""
        return self.size * self.dtype.itemsize

    def __repr__(self) -> str:
        return f"LazyRows({self.dtype}, {'x'.join(map(str, self.shape))})"

    # --- reading nothing ------------------------------------------------------------------------

    def select(self, rows: ArrayLike) -> Self:
        """Return other rows, or the same in another order."""
        numbers = np.asarray(rows, np.intp)
        other = self._copy()
        other._chosen = numbers if self._chosen is None else self._chosen[numbers]
        return other

    def reshape(self, *shape: Any) -> Self:
        """Return rows of another shape, such as (n, height * width); -1 stands for the rest."""
        wanted = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
        row = np.empty((1, *self._row_shape), bool).reshape(1, *wanted[1:]).shape[1:]
        if wanted[0] not in (-1, len(self)):
            raise ArgumentError(f"cannot reshape {len(self)} rows to {wanted[0]} rows.")
        other = self._copy()
        other._row_shape = row
        return other

    def astype(self, dtype: DTypeLike, copy: bool = True) -> Self:  # noqa: ARG002 - as of NumPy
        """Return rows that become another type when they are read."""
        other = self._copy()
        other.dtype = np.dtype(dtype)
        return other

    def _copy(self) -> Self:
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        return other

    # --- reading --------------------------------------------------------------------------------

    def __getitem__(self, index: Any) -> Array:
        """Read rows: x[3], x[10:20], x[[5, 3, 70]], or x[mask]."""
        if isinstance(index, tuple):
            return self._within(*index)
        if isinstance(index, (int, np.integer)):
            if not -len(self) <= index < len(self):
                raise IndexError(f"row {index} of {len(self)} rows")
            return cast(Array, self.take(np.array([index % len(self)]))[0])
        if isinstance(index, slice):
            return self.take(np.arange(*index.indices(len(self))))
        return self.take(np.arange(len(self))[np.asarray(index)])

    def _within(self, rows: Any, *rest: Any) -> Array:
        """Read rows, then index within them."""
        read = self[rows]
        if not isinstance(rows, (int, np.integer)):
            rest = (slice(None) if isinstance(rows, slice) else np.arange(len(read)), *rest)
        within: Array = read[rest]
        return within

    def take(
        self, rows: ArrayLike, axis: int = 0, out: Array | None = None, mode: str = "raise"
    ) -> Array:
        """Read the given rows, in this order, like `np.take`.

        Raises:
            IndexError: a row that does not exist.
            FileError: a file has become shorter.
        """
        numbers = np.asarray(rows, np.intp)
        if axis != 0 or (mode == "raise" and numbers.size and not _are_inside(numbers, len(self))):
            raise IndexError(f"LazyRows has the rows 0 to {len(self) - 1} on axis 0")
        self._check_files()
        if out is None:
            out = np.empty((*numbers.shape, *self._row_shape), self.dtype)
        numbers = np.clip(numbers, 0, len(self) - 1)
        if self._chosen is not None:
            numbers = self._chosen[numbers]
        with np.errstate(over="ignore"):  # a check of the numbers finds infinity
            self._read(numbers, out)
        return out

    def _read(self, numbers: IndexArray, out: Array) -> None:
        first = 0
        for part, end in zip(self._parts, self._ends, strict=True):
            inside = (numbers >= first) & (numbers < end)
            if inside.all():
                out[...] = part[numbers - first].reshape(out.shape)
                return
            if inside.any():
                rows = numbers[inside] - first
                out[inside] = part[rows].reshape(len(rows), *self._row_shape)
            first = int(end)

    def _check_files(self) -> None:
        """Raise if a file has become shorter: reading beyond its end would kill the process."""
        for path, needed in self._files:
            try:
                length = os.stat(path).st_size
            except OSError:
                continue  # the file was removed; its bytes stay until the map is closed
            if length < needed:
                raise FileError(
                    f"{path} has become shorter while it was used: expected {needed:,} bytes, got "
                    f"{length:,}. Write the file again and leave it unchanged during training."
                )

    def blocks(self) -> Iterator[Array]:
        """Yield all rows, in blocks that fit into memory."""
        rows = max(1, BLOCK_NUMBERS // max(1, int(np.prod(self._row_shape))))
        for start in range(0, len(self), rows):
            yield self[start : start + rows]

    def min(self, axis: int | None = None) -> Any:
        """Return the smallest number of all, of each column (axis=0) or of each row (axis=1)."""
        return self._fold(np.minimum, axis)

    def max(self, axis: int | None = None) -> Any:
        """Return the largest number of all, of each column (axis=0) or of each row (axis=1)."""
        return self._fold(np.maximum, axis)

    def _fold(self, choose: np.ufunc, axis: int | None) -> Any:
        """Return the extreme of all blocks, which is NaN if a number is NaN."""
        extremes = [choose.reduce(block, axis=axis) for block in self.blocks()]
        if axis:
            return np.concatenate(extremes)
        return choose.reduce(np.array(extremes), axis=0)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        """Read all rows into memory; NumPy calls this where it needs a real array."""
        whole = np.empty(self.shape, self.dtype)
        start = 0
        for block in self.blocks():  # the numbers of all rows would take more than short rows do
            whole[start : start + len(block)] = block
            start += len(block)
        return whole.astype(dtype or self.dtype, copy=False)


def lazy_rows(parts: Sequence[Array]) -> Array:
    """Return the rows of arrays, one after the other, as `LazyRows` that pass for an array."""
    return cast(Array, LazyRows(parts))


def is_lazy(x: object) -> bool:
    """Return whether these are rows that stay on disk."""
    return isinstance(x, LazyRows)


def select_rows(x: Array, rows: IntArray) -> Array:
    """Return x[rows]; lazy rows stay on disk."""
    if isinstance(x, LazyRows):
        return cast(Array, x.select(rows))
    return x[rows]


def _are_inside(numbers: IndexArray, count: int) -> bool:
    return bool(numbers.min() >= 0 and numbers.max() < count)


def _mapped_bytes(parts: Sequence[Array]) -> Iterator[Mapped]:
    """Yield the file of each memory map, and the bytes that it must have."""
    for part in parts:
        if isinstance(part, np.memmap) and part.filename is not None:
            yield Path(os.fspath(part.filename)), part.offset + part.nbytes
