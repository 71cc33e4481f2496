"""The matrix product, shared by the threads of `pool`, in pieces that the BLAS is fastest at.

The longest of its three dimensions is divided, which is best for what has to travel between cores
(Demmel et al. 2013: Communication-optimal parallel recursive rectangular matrix multiplication).
In a layer with more inputs than units and a small batch it is the inputs, three times over, unless
there is too little to do:

    X W       each thread takes some of the inputs, and the threads' sums are added up
    X^T dZ    each makes the rows of these inputs
    dZ W^T    each makes the columns of these inputs

So a row of W, of its gradient and of what an optimizer remembers stays in the cache of one core
(nearly: `updates` divides a matrix by its numbers).

A BLAS copies the operands of a large product first, in the order in which it multiplies them. With
a batch of a few dozen rows no number is used often enough to make up for that: where the BLAS has
kernels that do without, for small products, a thread makes its part as many small ones.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from byhand.arrays import FloatArray
from byhand.kernels.parallel import blas
from byhand.kernels.parallel.machine import PLAIN, TRANSPOSED, compile_kernel, gemm
from byhand.kernels.parallel.pool import held, number_of_parts, share, span

ROWS, COLUMNS, INNER = range(3)
"""The dimensions: A is rows x inner, B is inner x columns."""

TILE = 8
"""Rows or columns that are not divided: a BLAS is slower at the odd ones at the end."""

SHORT = 64
"""Length of a sum that is soon made. Columns are not divided then: row after row the threads
would write to the same cache lines."""

LONG = 700
"""Length from which, if all three dimensions have it, copying A and B first pays."""

SMALL = 100_000
"""Multiply-adds below which sharing a product costs more than it saves."""

SMALL_FOR_ONE = 1_000_000
"""The same for a thread that is alone: below, OpenBLAS seldom copies A and B in any case."""

LARGE = 1_000_000
"""Multiply-adds from which it pays to add up the threads' sums."""


class _Room(threading.local):
    """Where sums of the threads are put, in this thread of Python, by the type of the numbers."""

    def __init__(self) -> None:
        self.sums: dict[np.dtype[Any], FloatArray] = {
            np.dtype(kind): np.empty(0, kind) for kind in (np.float32, np.float64)
        }


_room = _Room()


@compile_kernel
def _longest(a, b, out, parts, large):  # type: ignore[no-untyped-def]
    """The dimension to divide; the inner one only if the sums are fewer than what is multiplied."""
    rows, columns = out.shape
    inner = len(b)
    # Where B is square, W or W^T, the inner dimension of the one is the columns of the other.
    longest = inner > rows and inner >= columns + (b.strides[1] != b.itemsize)
    few = (parts - 1) * out.size <= a.size + b.size
    if longest and few and out.size * inner >= large:
        return INNER
    return ROWS if rows >= columns or inner < SHORT else COLUMNS


@compile_kernel
def _piece(rows, columns, inner, op_a, op_b, small):  # type: ignore[no-untyped-def]
    """Rows and columns of the result that the BLAS makes without copying A and B first.

    With B transposed it does so for up to 1200 numbers, otherwise for so many multiply-adds, and
    with both transposed never.
    """
    height = min(rows, 16 if op_b == TRANSPOSED else 64)
    width = min(columns, 32 if op_a == TRANSPOSED and inner > 128 else 64)
    while height * width * inner > small and height > 8:
        height //= 2
    refused = height * width * inner > small
    if op_b == TRANSPOSED:
        refused = refused or inner < 32 or op_a == TRANSPOSED
    worth_copying = min(rows, columns, inner) >= LONG
    return (rows, columns) if refused or worth_copying else (height, width)


@compile_kernel
def _product(part, routine, unit, small, a, b, out, sums, divided):  # type: ignore[no-untyped-def]
    (rows, columns), inner = out.shape, len(b)
    top, bottom = span(rows, part, TILE) if divided == ROWS else (0, rows)
    left, right = span(columns, part, TILE) if divided == COLUMNS else (0, columns)
    first, last = span(inner, part, TILE) if divided == INNER else (0, inner)
    if top == bottom or left == right:
        return
    size = out.itemsize
    op_a, lda = (PLAIN, a.strides[0]) if a.strides[1] == size else (TRANSPOSED, a.strides[1])
    op_b, ldb = (PLAIN, b.strides[0]) if b.strides[1] == size else (TRANSPOSED, b.strides[1])
    place = out.ctypes.data
    if divided == INNER and part[0]:
        place = sums.ctypes.data + (part[0] - 1) * out.size * size
    height, width = _piece(bottom - top, right - left, last - first, op_a, op_b, small)
    for j in range(left, right, width):
        for i in range(top, bottom, height):
            gemm(
                routine,
                unit,
                op_a,
                op_b,
                min(height, bottom - i),
                min(width, right - j),
                last - first,
                out.dtype.type(1),
                a.ctypes.data + i * a.strides[0] + first * a.strides[1],
                max(lda // size, inner if op_a == PLAIN else rows),
                b.ctypes.data + first * b.strides[0] + j * b.strides[1],
                max(ldb // size, columns if op_b == PLAIN else inner),
                out.dtype.type(0),
                place + i * out.strides[0] + j * size,
                max(out.strides[0] // size, columns),
            )


@compile_kernel
def _add_up(part, sums, out):  # type: ignore[no-untyped-def]
    first, last = span(out.size, part, TILE * out.shape[1])
    for k in range(len(sums) // out.size):
        added, to = sums[k * out.size + first : k * out.size + last], out.reshape(-1)[first:last]
        for i in range(len(to)):
            to[i] += added[i]


@compile_kernel
def _is_ordered(a):  # type: ignore[no-untyped-def]
    return a.flags.c_contiguous or a.flags.f_contiguous


@compile_kernel
def _share_product(team, routine, unit, small, a, b, out, sums, large):  # type: ignore[no-untyped-def]
    """How many sums there is no room for: 0 when it is done; -1 for arrays that NumPy must do.

    Those that do not fit, for NumPy to say so, or in an order that the routine does not know.
    """
    if a.shape[1] != len(b) or out.shape != (len(a), b.shape[1]):
        return -1
    if not (_is_ordered(a) and _is_ordered(b) and out.flags.c_contiguous):
        return -1
    parts = number_of_parts(team)
    divided = _longest(a, b, out, parts, large)
    wanted = (parts - 1) * out.size if divided == INNER else 0
    if wanted > sums.size:
        return wanted
    share(team, _product, (routine, unit, small, a, b, out, sums, divided))
    if wanted:
        share(team, _add_up, (sums[:wanted], out))
    return 0


def product(a: FloatArray, b: FloatArray, out: FloatArray) -> None:
    """out = A B; (n, k), (k, m) -> (n, m). A and B are C-ordered, or transposes of such arrays."""
    worth_it = out.size * len(b) >= (SMALL if held.team else SMALL_FOR_ONE)
    if not (worth_it and held.products and _made(a, b, out)):
        np.dot(a, b, out=out)


def _made(a: FloatArray, b: FloatArray, out: FloatArray) -> bool:
    """Whether the threads that this one holds, or it alone, have made the product."""
    routines, kind = blas.find(), out.dtype
    if routines is None or kind not in _room.sums or not a.dtype == b.dtype == kind:
        return False
    given = held.team, routines.address(out), routines.unit, routines.small, a, b, out
    lacking = _share_product(*given, _room.sums[kind], LARGE)
    if lacking > 0:
        _room.sums[kind] = np.empty(lacking, kind)
        lacking = _share_product(*given, _room.sums[kind], LARGE)
    return not lacking
