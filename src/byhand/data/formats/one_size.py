"""Images of different sizes fitted to one: whole, with their proportions and their own paper."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from byhand.arrays import Array
from byhand.data.photograph import is_light_paper
from byhand.data.resample import fill, lay

LARGEST = 64
"""The longest side that is chosen automatically, because larger inputs train slowly."""


def usual_size(images: Sequence[Array]) -> int | None:
    """Return the side to which images of several sizes are fitted; None if all have one size.

    It is the median of their longer sides, but at most 64.
    """
    if len({image.shape for image in images}) < 2:
        return None
    return min(LARGEST, int(np.median([max(image.shape) for image in images])))


def fitted(image: Array, side: int) -> Array:
    """Return the image as large as fits into a square, centred, with white or black margins.

    The margins are white if the border of the image is light (a median of 128 or more).
    """
    if image.shape == (side, side):
        return image
    if is_light_paper(image):
        return 255 - lay(fill(255 - image, side, side), side, side)
    return lay(fill(image, side, side), side, side)
