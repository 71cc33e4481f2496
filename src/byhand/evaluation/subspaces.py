"""Each class as a plane through its mean: how far an image lies from the images of a class.

For class c, with mean m and its first principal axes V (orthonormal rows),

    r(c)^2 = |x - m|^2 - |V (x - m)|^2

is the squared length of the part of x that no image of the class explains: the error of
reconstructing x by PCA.

Source: S. Wold, Pattern Recognition by Means of Disjoint Principal Components Models, 1976.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.evaluation.projection import principal_components

AXES = 20
"""Largest number of axes of a class; at most a quarter of the pixels."""


@dataclass(frozen=True, eq=False)
class Subspaces:
    """The plane of each class in few bytes, so that a page can contain it.

    Args:
        means: m as whole numbers, uint8 (classes, pixels).
        axes: V as whole numbers from -127 to 127, int8 (classes, axes, pixels).
        scale: what the axes of each class are multiplied by (classes,).
    """

    means: Array
    axes: Array
    scale: FloatArray

    @classmethod
    def fit(cls, x: FloatArray, labels: IntArray, classes: int) -> Self:
        """Find the plane of each class.

        Args:
            x: pixels from 0 to 255 (n, pixels).
            labels: their classes (n,).
            classes: number of classes; a class without examples gets the mean of all.
        """
        pixels = x.shape[1]
        count = max(1, min(AXES, pixels // 4))
        means, axes = np.zeros((classes, pixels)), np.zeros((classes, count, pixels))
        for c in range(classes):
            rows = x[labels == c]
            found = principal_components(rows if len(rows) else x.mean(axis=0)[None], count)
            means[c], axes[c] = found.mean, found.directions
        scale = np.maximum(np.abs(axes).max(axis=(1, 2)), 1e-12) / 127
        whole = np.round(axes / scale[:, None, None]).astype(np.int8)
        return cls(np.round(means).astype(np.uint8), whole, scale)

    def distance(self, x: FloatArray, classes: IntArray) -> FloatArray:
        """Return r of each image (n, pixels) from the plane of its class (n,)."""
        r = np.zeros(len(x))
        for c in np.unique(classes):
            rows = classes == c
            z = x[rows].astype(np.float64) - self.means[c]
            along = z @ (self.axes[c] * self.scale[c]).T
            r[rows] = np.sqrt(np.maximum((z * z).sum(axis=1) - (along * along).sum(axis=1), 0))
        return r

    def config(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        return {
            "means": base64.b64encode(self.means.tobytes()).decode(),
            "axes": base64.b64encode(self.axes.tobytes()).decode(),
            "scale": self.scale.tolist(),
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any], classes: int, pixels: int) -> Self:
        """Return the subspaces described by `config`.

        Raises:
            ValueError: arrays of other lengths.
        """
        means, axes = (base64.b64decode(stored[name], validate=True) for name in ("means", "axes"))
        scale = np.array(stored["scale"], np.float64)
        if scale.shape != (classes,):
            raise ValueError(f"expected planes of {classes} classes")
        return cls(
            np.frombuffer(means, np.uint8).reshape(classes, pixels),
            np.frombuffer(axes, np.int8).reshape(classes, -1, pixels),
            scale,
        )
