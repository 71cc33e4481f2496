"""Edges of an image by place and direction: histograms of oriented gradients.

With g the difference of the pixels to both sides of a pixel, across and down, and u_k the unit
vector in direction 2 pi k / DIRECTIONS, a pixel has

    e_k = |g| max(cos(g, u_k), 0)^4 = max(g u_k, 0)^4 / |g|^3

of an edge in direction k, and a cell with its middle at (m, n) has the sum over the pixels (y, x)

    E_k = sum of e_k(y, x) max(1 - |y - m| / side, 0) max(1 - |x - n| / side, 0)

so that a pixel between two cells counts for both. Pixels run from 0 to 1; the border of the image
is repeated beyond it. Images of more than LARGEST pixels each way are shrunk first.
`report/page/edges.js` computes the same.

Source: N. Dalal, B. Triggs, Histograms of Oriented Gradients for Human Detection, 2005.
"""

from __future__ import annotations

import numpy as np

from byhand.arrays import Array, FloatArray

DIRECTIONS = 8
CELLS = 7
"""Largest number of cells each way."""

LARGEST = 28
CHUNK = 256  # images at a time, which fit the cache


def edges(images: Array) -> FloatArray:
    """Return the edges of raw images (n, height, width) as float32 (n, DIRECTIONS * cells)."""
    height, width = _shrunk_shape(images.shape[1:])
    side = -(-max(height, width) // CELLS)
    down, right = _cells(height, side), _cells(width, side)
    found = np.empty((len(images), DIRECTIONS, down.shape[1], right.shape[1]), np.float32)
    for start in range(0, len(images), CHUNK):
        x = shrunk(images[start : start + CHUNK]) / np.float32(255)
        for k, e in enumerate(_directed(x)):
            across = (e.reshape(-1, width) @ right).reshape(len(x), height, -1)
            found[start : start + CHUNK, k] = down.T @ across
    return found.reshape(len(images), -1)


def count_edges(shape: tuple[int, ...]) -> int:
    """Return how many numbers `edges` finds in an image of the shape (height, width)."""
    height, width = _shrunk_shape(shape)
    side = -(-max(height, width) // CELLS)
    return DIRECTIONS * -(-height // side) * -(-width // side)


def shrunk(images: Array) -> FloatArray:
    """Return means of blocks of b x b pixels, b = ceil(longer side / LARGEST), beyond the image 0.

    Args:
        images: raw images (n, height, width).
    """
    height, width = images.shape[1:]
    down, right = _shrunk_shape((height, width))
    block = -(-max(height, width) // LARGEST)
    padded = np.pad(images, ((0, 0), (0, down * block - height), (0, right * block - width)))
    sums = np.zeros((len(images), down, right), np.float32)
    for row, column in np.ndindex(block, block):
        sums += padded[:, row::block, column::block]
    return sums / np.float32(block**2)


def _directed(x: FloatArray) -> list[FloatArray]:
    """e_k of each direction: (n, height, width) each."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)), mode="edge")
    across = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    along = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    squares = np.maximum(across * across + along * along, np.float32(1e-12))
    weight = 1 / (squares * np.sqrt(squares))  # 1 / |g|^3
    directed = []
    for k in range(DIRECTIONS):
        angle = 2 * np.pi * k / DIRECTIONS
        e = np.float32(np.cos(angle)) * across + np.float32(np.sin(angle)) * along
        np.maximum(e, 0, out=e)
        np.square(e, out=e)
        np.square(e, out=e)
        directed.append(np.multiply(e, weight, out=e))
    return directed


def _cells(length: int, side: int) -> FloatArray:
    """How much a pixel counts for each cell, along one axis: (length, cells)."""
    middles = (np.arange(-(-length // side)) + 0.5) * side - 0.5
    distances = np.abs(np.arange(length)[:, None] - middles)
    return np.maximum(1 - distances / side, 0).astype(np.float32)


def _shrunk_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    block = -(-max(shape) // LARGEST)
    return -(-shape[0] // block), -(-shape[1] // block)
