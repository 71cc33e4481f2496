"""Maps: projections of examples to two dimensions, by principal components or t-SNE."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.errors import ArgumentError, ByhandError


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
    """Return the principal components, by the singular value decomposition  (Pearson 1901).

        X - mean = U S V^T;  points = U S = (X - mean) V;  explained = S^2 / sum(S^2)

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
    """Return a map that keeps neighbours together, by t-SNE  (van der Maaten & Hinton 2008).

    The distances between groups and the sizes of groups have no meaning on such a map. It starts
    from the principal components. scikit-learn computes it.

    Args:
        x: examples (n, ...), at least four; each is flattened to a row.
        perplexity: roughly the number of neighbours of each example; lowered to (n - 1) / 3 if
            there are few examples.
        seed: seed of the random numbers.

    Returns:
        (n, 2).

    Raises:
        MissingPackageError: scikit-learn is not installed.
    """
    if len(x) < 4:
        raise ArgumentError(f"expected at least 4 examples for t-SNE; got {len(x)}.")
    rows = np.asarray(x).reshape(len(x), -1).astype(np.float32)
    try:
        from sklearn.manifold import TSNE
        from threadpoolctl import threadpool_limits
    except ImportError as error:
        raise MissingPackageError(
            "t-SNE needs scikit-learn, which is not installed: pip install scikit-learn. "
            "Or use the map of principal components, which needs no package."
        ) from error
    perplexity = min(perplexity, (len(rows) - 1) / 3)
    start = principal_components(rows).points
    start = (start / (start[:, 0].std() or 1.0) * 1e-4).astype(np.float32)
    method = TSNE(2, perplexity=perplexity, init=start, learning_rate="auto", random_state=seed)
    with threadpool_limits(1):  # with so few points threads mostly wait for each other
        return np.asarray(method.fit_transform(rows))


class MissingPackageError(ByhandError, ImportError):
    """A package that a function needs is not installed; the message names it."""


MAPS = {"pca": lambda x: principal_components(x).points, "tsne": tsne}
"""Functions from examples (n, ...) to points (n, 2), by name."""
