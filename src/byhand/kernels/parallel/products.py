"""The matrix product, run in parts by the threads of `pool`, in pieces that suit the BLAS.

The longest of the three dimensions is divided, which minimises the traffic between cores
(Demmel et al. 2013: Communication-optimal parallel recursive rectangular matrix multiplication).
In a layer with more inputs than units and a small batch, all three products divide the inputs,
unless there is too little work:

    X W       each thread multiplies some of the inputs, and the threads' sums are added up
    X^T dZ    each thread computes the rows of these inputs
    dZ W^T    each thread computes the columns of these inputs

So a row of W, of its gradient and of the optimizer's state stays in the cache of one core (almost:
`updates` divides a matrix by elements, not by rows).

A BLAS first copies the operands of a large product into the order in which it multiplies them. With
a batch of a few dozen rows, no element is used often enough to make up for the copy. If the BLAS
has kernels for small products that do not copy, a thread computes its part as many small products.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from byhand.arrays import FloatArray
from byhand.kernels.parallel import blas
from byhand.kernels.parallel.machine import PLAIN, TRANSPOSED, compile_kernel, gemm
from byhand.kernels.parallel.pool import held, number_of_parts, run_in_parts, span

ROWS, COLUMNS, INNER = range(3)
"""The dimensions of a product: A is rows x inner, B is inner x columns."""

TILE = 8
"""Parts begin at multiples of this many rows or columns: a BLAS is slower at left-over ones."""

SHORT = 64
"""Inner length below which columns are not divided: a sum is finished so soon that the threads
would write to the same cache lines row after row."""

LONG = 700
"""Copying A and B first pays if all three dimensions are at least this long."""

SMALL = 100_000
"""Multiply-adds below which running a product in parts costs more than it saves."""

SMALL_FOR_ONE = 1_000_000
"""The same limit without a pool: below it, OpenBLAS rarely copies A and B anyway."""

LARGE = 1_000_000
"""Multiply-adds from which dividing the inner dimension and adding up the sums pays."""


class _Workspace(threading.local):
    """Memory for the sums of the pool's threads, one array for each precision and Python thread."""

    def __init__(self) -> None:
        self.sums: dict[np.dtype[Any], FloatArray] = {
            np.dtype(kind): np.empty(0, kind) for kind in (np.float32, np.float64)
        }


_workspace = _Workspace()


@compile_kernel
def _longest(a, b, out, parts, large):  # type: ignore[no-untyped-def]
    """Return the dimension to divide: the inner one only if the sums are smaller than A and B."""
    rows, columns = out.shape
    inner = len(b)
    # For a square W, divide its rows both times: the inner dimension of X W, columns of dZ W^T.
    longest = inner > rows and inner >= columns + (b.strides[1] != b.itemsize)
    few = (parts - 1) * out.size <= a.size + b.size
    if longest and few and out.size * inner >= large:
        return INNER
    return ROWS if rows >= columns or inner < SHORT else COLUMNS


@compile_kernel
def _piece(rows, columns, inner, op_a, op_b, small):  # type: ignore[no-untyped-def]
    """Return the rows and columns of a piece that the BLAS computes without copying A and B first.

    With B transposed, OpenBLAS does so for results of up to 1200 elements; otherwise for up to
    `small` multiply-adds; with both transposed, never.
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
def add_up(part, sums, out):  # type: ignore[no-untyped-def]
    """Add the sums of the other threads, one array after another, to `out`."""
    first, last = span(out.size, part, TILE * out.shape[1])
    for k in range(len(sums) // out.size):
        added, to = sums[k * out.size + first : k * out.size + last], out.reshape(-1)[first:last]
        for i in range(len(to)):
            to[i] += added[i]


@compile_kernel
def _is_ordered(a):  # type: ignore[no-untyped-def]
    return a.flags.c_contiguous or a.flags.f_contiguous


@compile_kernel
def _product_in_parts(team, routine, unit, small, a, b, out, sums, large):  # type: ignore[no-untyped-def]
    """Multiply in parts; return the elements of workspace still needed, 0 on success.

    Return -1 for arrays that NumPy must multiply: shapes that do not match, for which NumPy raises
    the error, and memory orders that the BLAS does not support.
    """
    if a.shape[1] != len(b) or out.shape != (len(a), b.shape[1]):
        return -1
    if not (_is_ordered(a) and _is_ordered(b) and out.flags.c_contiguous):
        return -1
    parts = number_of_parts(team)
    divided = _longest(a, b, out, parts, large)
    needed = (parts - 1) * out.size if divided == INNER else 0
    if needed > sums.size:
        return needed
    run_in_parts(team, _product, (routine, unit, small, a, b, out, sums, divided))
    if needed:
        run_in_parts(team, add_up, (sums[:needed], out))
    return 0


def product(a: FloatArray, b: FloatArray, out: FloatArray) -> None:
    """Write A B to `out`; (n, k), (k, m) -> (n, m). A and B are C-ordered or transposes of such."""
    work = out.size * len(b)
    worth_it = work >= SMALL_FOR_ONE or (work >= SMALL and held.team)
    if not (worth_it and held.products and _multiplied(a, b, out)):
        np.dot(a, b, out=out)


def _multiplied(a: FloatArray, b: FloatArray, out: FloatArray) -> bool:
    """Multiply with the BLAS's routine, in parts if there is a pool; return whether it worked."""
    routines, kind = blas.find(), out.dtype
    if routines is None or kind not in _workspace.sums or not a.dtype == b.dtype == kind:
        return False
    given = held.team, routines.address(out), routines.unit, routines.small, a, b, out
    missing = _product_in_parts(*given, _workspace.sums[kind], LARGE)
    if missing > 0:
        _workspace.sums[kind] = np.empty(missing, kind)
        missing = _product_in_parts(*given, _workspace.sums[kind], LARGE)
    return not missing
