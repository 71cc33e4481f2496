"""Maps: many numbers per example brought down to two, so that they can be looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.errors import ArgumentError, ByhandError


@dataclass(frozen=True, eq=False)
class Projection:
    """Points on the axes along which the data spread most.

    Args:
        points: (n, axes).
        directions: unit vectors of the axes (axes, columns).
        mean: of the data (columns,), the origin of the axes.
        explained: share of the variance along each axis (axes,).
    """

    points: FloatArray
    directions: FloatArray
    mean: FloatArray
    explained: FloatArray


def principal_components(x: Array, axes: int = 2) -> Projection:
    """Principal components by the singular value decomposition  (Pearson 1901).

        X - mean = U S V^T;  points = U S = (X - mean) V;  explained = S^2 / sum(S^2)

    The sign of an axis is free; here its largest component by size is above 0. Where the data
    have fewer dimensions than axes are wanted, the rest of the axes are 0.

    Args:
        x: examples (n, ...), taken as rows.
        axes: how many.
    """
    if not len(x) or axes < 1:
        raise ArgumentError(
            f"a map needs at least one example and one axis; got {len(x)} and {axes!r}."
        )
    rows = np.asarray(x).reshape(len(x), -1).astype(np.float64)
    mean = rows.mean(axis=0)
    U, S, Vt = np.linalg.svd(rows - mean, full_matrices=False)
    signs = np.sign(Vt[np.arange(len(Vt)), np.abs(Vt).argmax(axis=1)])
    found = min(axes, len(S))
    variance = float(S @ S)
    return Projection(
        points=_widened(U[:, :found] * S[:found] * signs[:found], axes, 1),
        directions=_widened(Vt[:found] * signs[:found, None], axes, 0),
        mean=mean,
        explained=_widened(S[:found] ** 2 / (variance or 1.0), axes, 0),
    )


def _widened(array: FloatArray, length: int, axis: int) -> FloatArray:
    missing = [(0, 0)] * array.ndim
    missing[axis] = (0, length - array.shape[axis])
    return np.pad(array, missing)


def tsne(x: Array, *, perplexity: float = 30.0, seed: int = 0) -> FloatArray:
    """A map that keeps neighbours together, through scikit-learn  (van der Maaten & Hinton 2008).

    Distances between far-apart groups, and their sizes, mean nothing on it. It starts from the
    principal components.

    Args:
        x: examples (n, ...), taken as rows; at least four.
        perplexity: about how many neighbours count; less where there are few examples.
        seed: of its randomness.

    Returns:
        (n, 2).
    """
    if len(x) < 4:
        raise ArgumentError(f"t-SNE needs at least 4 examples; got {len(x)}.")
    rows = np.asarray(x).reshape(len(x), -1).astype(np.float32)
    try:
        from sklearn.manifold import TSNE
        from threadpoolctl import threadpool_limits
    except ImportError as error:
        raise MissingPackageError(
            "t-SNE needs scikit-learn, which is not installed: pip install scikit-learn. "
            "Or take the map of principal components, which needs nothing."
        ) from error
    fitting = min(perplexity, (len(rows) - 1) / 3)
    start = principal_components(rows).points
    start = (start / (start[:, 0].std() or 1.0) * 1e-4).astype(np.float32)
    method = TSNE(2, perplexity=fitting, init=start, learning_rate="auto", random_state=seed)
    with threadpool_limits(1):  # so few points: threads would mostly wait for each other
        return np.asarray(method.fit_transform(rows))


class MissingPackageError(ByhandError, ImportError):
    """A package that one function needs and that is not installed; the message names it."""


MAPS = {"pca": lambda x: principal_components(x).points, "tsne": tsne}
"""Name -> function from examples (n, ...) to points (n, 2)."""
