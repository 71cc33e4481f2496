"""Augmentation compiled with Numba: each image is distorted and resampled while it is in the cache.

Images are divided among the threads, and each depends only on its own key, so the number of threads
changes nothing. Some sums are rounded differently than in NumPy, so a pixel may differ by one of
the 255 grey levels.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.augmentation.draws import BITS, FIRST, GOLDEN, SECOND, Keys
from byhand.augmentation.elastic import smoothing
from byhand.kernels.parallel.machine import FAST, compile_kernel
from byhand.kernels.parallel.pool import held, run_in_parts, span

_compile = partial(compile_kernel, fast=FAST)

LANES = 16
"""Numbers in a vector register; rows of the random field are padded to a multiple of it."""

_UPPER, _LOWER = np.uint64(64 - BITS), np.uint64((1 << BITS) - 1)
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)
_UNIT, _ONE, _HALF, _ZERO = (np.float32(x) for x in (2.0 ** (1 - BITS), 1, 0.5, 0))


@_compile
def _draw_field(key, height, width, field):  # type: ignore[no-untyped-def]
    """Write the uniform field: row y has the pixels' numbers down, then those to the right."""
    for y in range(height):
        row = field[y]
        for x in range(width):
            z = key + np.uint64(y * width + x + 1) * GOLDEN
            z = (z ^ (z >> _S30)) * FIRST
            z = (z ^ (z >> _S27)) * SECOND
            z = z ^ (z >> _S31)
            # As signed integers, which are converted to floats in one instruction.
            row[x] = np.float32(np.int64(z >> _UPPER)) * _UNIT - _ONE
            row[width + x] = np.float32(np.int64(z & _LOWER)) * _UNIT - _ONE


@_compile
def _multiply(a, b, out):  # type: ignore[no-untyped-def]
    """Compute out = a b for small matrices, four terms for each load and store of a row of out."""
    inner = a.shape[1]
    for i in range(a.shape[0]):
        row = out[i]
        row[:] = _ZERO
        for k in range(0, inner - 3, 4):
            a0, a1, a2, a3 = a[i, k], a[i, k + 1], a[i, k + 2], a[i, k + 3]
            b0, b1, b2, b3 = b[k], b[k + 1], b[k + 2], b[k + 3]
            for j in range(row.size):
                row[j] += (a0 * b0[j] + a1 * b1[j]) + (a2 * b2[j] + a3 * b3[j])
        for k in range(inner // 4 * 4, inner):
            factor, other = a[i, k], b[k]
            for j in range(row.size):
                row[j] += factor * other[j]


@_compile
def _turn(height, width, field, turned):  # type: ignore[no-untyped-def]
    """Write row y of a field, (down | right) of width each, to column y of its two halves."""
    for y in range(height):
        for x in range(width):
            turned[x, y] = field[y, x]
            turned[x, height + y] = field[y, width + x]


@_compile
def _warp(part, images, matrix, offset, keys, is_elastic, down, across, out):  # type: ignore[no-untyped-def]
    n, height, width = images.shape
    first, last = span(n, part, 1)
    framed = np.zeros((height + 3, width + 3), np.float32)
    side = -(-2 * max(height, width) // LANES) * LANES
    uniform = np.zeros((height, side), np.float32)
    smooth = np.zeros((height, side), np.float32)
    turned = np.zeros((width, side), np.float32)
    field = np.zeros((width, side), np.float32)  # column x: displacements down, then right, by y
    bottom, right = np.float32(height + 1), np.float32(width + 1)
    top, left = np.float32((height - 1) / 2), np.float32((width - 1) / 2)
    for i in range(first, last):
        framed[1 : height + 1, 1 : width + 1] = images[i]
        if is_elastic:
            _draw_field(keys[i], height, width, uniform)
            _multiply(down, uniform, smooth)
            _turn(height, width, smooth, turned)
            _multiply(across, turned, field)
        a, b, c, d = matrix[0, 0, i], matrix[0, 1, i], matrix[1, 0, i], matrix[1, 1, i]
        y0, x0 = offset[0, i] + top + _ONE, offset[1, i] + left + _ONE
        for r in range(height):
            dy = np.float32(r) - top
            for s in range(width):
                dx = np.float32(s) - left
                y = min(max(a * dy + b * dx + y0 + field[s, r], _ZERO), bottom)
                x = min(max(c * dy + d * dx + x0 + field[s, height + r], _ZERO), right)
                row, column = np.int64(y), np.int64(x)
                y -= np.float32(row)
                x -= np.float32(column)
                above, below = framed[row], framed[row + 1]
                upper = above[column] + x * (above[column + 1] - above[column])
                lower = below[column] + x * (below[column + 1] - below[column])
                out[i, r, s] = np.uint8(np.int32(upper + y * (lower - upper) + _HALF))


@_compile
def _warp_in_parts(team, *arguments):  # type: ignore[no-untyped-def]
    run_in_parts(team, _warp, arguments)


def warp(
    images: Array, matrix: FloatArray, offset: FloatArray, keys: Keys, alpha: float, sigma: float
) -> Array:
    """Override `warp.warp`."""
    height, width = images.shape[1:]
    down, across = smoothing(height, sigma), smoothing(width, sigma)
    warped = np.empty(images.shape, np.uint8)
    _warp_in_parts(
        held.team, np.ascontiguousarray(images), matrix, offset, np.ascontiguousarray(keys),
        alpha > 0, np.float32(alpha) * down, across, warped,
    )  # fmt: skip
    return warped
