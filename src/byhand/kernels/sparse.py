"""Products with inputs of which most are zero, like the pixels of handwriting: 4 of 5 in MNIST.

    X W       row i is the sum of x_ij W_j over the inputs j that are not zero in example i
    X^T dZ    row j is the sum of x_ij dZ_i over the examples i in which input j is not zero

A BLAS multiplies by the zeros as well. It makes better use of the CPU, but not five times better.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from byhand.arrays import FloatArray
from byhand.kernels.parallel import products
from byhand.kernels.parallel.machine import FAST, compile_kernel
from byhand.kernels.parallel.pool import held, number_of_parts, run_in_parts, span
from byhand.kernels.parallel.products import add_up

_compile = partial(compile_kernel, fast=FAST)

DENSITY = 0.3
"""Fraction of numbers that are not zero, above which the BLAS is as fast."""

SAMPLE = 8
"""Number of rows in which this fraction is counted."""

ROW_BYTES = 384
"""Size of a row of W below which finding the numbers that are not zero takes too long."""

GROUP = 8
"""Inputs that are searched together; their number must be a multiple of it."""

_UINT = np.uint64  # with unsigned indices, Numba does not check for negative ones


@_compile
def _is_sparse(x):  # type: ignore[no-untyped-def]
    step = max(len(x) // SAMPLE, 1)
    counted = found = 0
    for i in range(0, len(x), step):
        for j in range(x.shape[1]):
            found += x[i, j] != 0
        counted += x.shape[1]
    return found < DENSITY * counted


@_compile
def _weighted_sum(numbers, places, count, rows, out):  # type: ignore[no-untyped-def]
    """Write the sum of numbers[p] * rows[p] over the first `count` places p to `out`."""
    out[:] = 0
    k, four, one = _UINT(0), _UINT(4), _UINT(1)
    while k + four <= count:  # `out` is loaded and stored once for four rows
        p0, p1, p2, p3 = places[k], places[k + one], places[k + _UINT(2)], places[k + _UINT(3)]
        n0, n1, n2, n3 = numbers[p0], numbers[p1], numbers[p2], numbers[p3]
        r0, r1, r2, r3 = rows[p0], rows[p1], rows[p2], rows[p3]
        for u in range(len(out)):
            out[u] += n0 * r0[u] + n1 * r1[u] + n2 * r2[u] + n3 * r3[u]
        k += four
    while k < count:
        n0, r0 = numbers[places[k]], rows[places[k]]
        for u in range(len(out)):
            out[u] += n0 * r0[u]
        k += one


@_compile
def _product(part, x, w, out, sums, divides_rows):  # type: ignore[no-untyped-def]
    n, inputs = x.shape
    top, bottom = span(n, part, 1) if divides_rows else (0, n)
    first, last = (0, inputs) if divides_rows else span(inputs, part, GROUP)
    if part[0] and not divides_rows:
        out = sums[part[0] - 1]
    places = np.empty(last - first + 1, np.uint32)
    w = w[first:last]
    for i in range(top, bottom):
        row, count = x[i, first:last], _UINT(0)
        for j in range(len(row)):
            places[count] = j  # overwritten if it is zero: a branch would be predicted badly
            count += _UINT(row[j] != 0)
        _weighted_sum(row, places, count, w, out[i])


@_compile
def _transposed_product(part, x, dz, out):  # type: ignore[no-untyped-def]
    n, inputs = x.shape
    first, last = span(inputs, part, GROUP)
    places, counts = np.empty((GROUP, n + 1), np.uint32), np.empty(GROUP, np.uint64)
    for start in range(first, last, GROUP):
        counts[:] = 0
        for i in range(n):
            for j in range(GROUP):
                count = counts[j]
                places[j, count] = i
                counts[j] = count + _UINT(x[i, start + j] != 0)
        for j in range(GROUP):
            _weighted_sum(x[:, start + j], places[j], counts[j], dz, out[start + j])


@_compile
def _product_in_parts(team, x, w, out):  # type: ignore[no-untyped-def]
    matching = x.shape[1] == len(w) and out.shape == (len(x), w.shape[1])
    if not (matching and x.shape[1] % GROUP == 0 and _is_sparse(x)):
        return False
    # The inputs are divided as in `products`, unless the sums of the threads are larger than W.
    others = number_of_parts(team) - 1
    divides_rows = others * len(x) > len(w)
    sums = np.empty((0 if divides_rows else others, *out.shape), out.dtype)
    run_in_parts(team, _product, (x, w, out, sums, divides_rows))
    if len(sums):
        run_in_parts(team, add_up, (sums.reshape(-1), out))
    return True


@_compile
def _transposed_product_in_parts(team, x, dz, out):  # type: ignore[no-untyped-def]
    matching = len(x) == len(dz) and out.shape == (x.shape[1], dz.shape[1])
    if not (matching and x.shape[1] % GROUP == 0 and _is_sparse(x)):
        return False
    run_in_parts(team, _transposed_product, (x, dz, out))
    return True


def product(a: FloatArray, b: FloatArray, out: FloatArray) -> None:
    """Write A B to `out`, without the zeros of A if it has many; (n, k), (k, m) -> (n, m).

    A and B are C-ordered, or transposes of C-ordered arrays.
    """
    is_wide = out.strides[0] >= ROW_BYTES  # the distance between two rows
    if not (is_wide and held.products and _multiplied(a, b, out)):
        products.product(a, b, out)


def _multiplied(a: FloatArray, b: FloatArray, out: FloatArray) -> bool:
    """Multiply if the zeros of A are worth leaving out; return whether they were.

    Shapes that do not match are left to NumPy, which raises the error.
    """
    if not b.flags.c_contiguous:
        return False
    team = held.team if out.size * len(b) >= products.SMALL else 0
    if a.flags.c_contiguous:
        return bool(_product_in_parts(team, a, b, out))
    if a.flags.f_contiguous:
        return bool(_transposed_product_in_parts(team, a.T, b, out))
    return False
