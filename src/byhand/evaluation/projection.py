"""Projections of examples to two dimensions by principal components; `tsne.py` is another map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.errors import ArgumentError
from byhand.threads import hold_threads


@dataclass(frozen=True, eq=False)
class Projection:
    """Examples on the axes along which their variance is largest.

    Args:
        points: coordinates of the examples (n, axes).
        directions: unit vectors of the axes (axes, columns).
        mean: mean of the examples (columns,), the origin of the axes.
        explained: fraction of the variance along each axis (axes,).
    """

    points: FloatArray
    directions: FloatArray
    mean: FloatArray
    explained: FloatArray


def principal_components(x: Array, axes: int = 2) -> Projection:
    """Return the principal components: the eigenvectors of the scatter matrix (Pearson 1901).

        X = rows - mean;  X^T X V = V diag(values);  points = X V;  explained = values / sum(values)

    The sign of an axis is arbitrary; here its component of largest size is positive. If the data
    have fewer dimensions than `axes`, the remaining axes are 0.

    Args:
        x: examples (n, ...); each is flattened to a row.
        axes: number of axes.
    """
    if not len(x) or axes < 1:
        raise ArgumentError(
            f"expected at least one example and one axis; got {len(x)} and {axes!r}."
        )
    rows = np.asarray(x).reshape(len(x), -1).astype(np.float64)
    mean = rows.mean(axis=0)
    X = rows - mean
    with hold_threads(1):  # a problem this small is faster on one thread
        values, V = _leading_eigenvectors(X, min(axes, *X.shape))
    V *= np.sign(V[np.abs(V).argmax(axis=0), np.arange(V.shape[1])])
    total = float((X * X).sum()) or 1.0
    return Projection(
        points=_widened(X @ V, axes, 1),
        directions=_widened(V.T, axes, 0),
        mean=mean,
        explained=_widened(values / total, axes, 0),
    )


def _leading_eigenvectors(X: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    """Return the largest eigenvalues of X^T X (count,) and their vectors (columns, count).

    If there are more columns than rows, X X^T has the same eigenvalues, and V = X^T U / norm.
    """
    wide = X.shape[1] > X.shape[0]
    values, vectors = np.linalg.eigh(X @ X.T if wide else X.T @ X)
    largest = slice(-1, -count - 1, -1)
    values, vectors = np.maximum(values[largest], 0), vectors[:, largest]
    if wide:
        vectors = X.T @ vectors
        vectors /= np.maximum(np.linalg.norm(vectors, axis=0), np.finfo(np.float64).tiny)
    return values, np.ascontiguousarray(vectors)


def _widened(array: FloatArray, length: int, axis: int) -> FloatArray:
    missing = [(0, 0)] * array.ndim
    missing[axis] = (0, length - array.shape[axis])
    return np.pad(array, missing)
