"""Tells pictures of handwriting from pictures of other things, and dark ink from light ink."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from byhand.arrays import Array
from byhand.data.clean_photograph import (
    FAINTEST,
    PAPER_RANK,
    cells_at_rank,
    darkness,
    has_dark_ink,
    is_light_paper,
    needs_cleaning,
    smooth,
)
from byhand.data.resample import ink_box, shrink

LONGEST = 280  # longer side of a picture that is looked at
EVEN = 0.5  # paper in the dark is at least this part as light as paper in the light
PAPER = 0.5  # at least this fraction of a picture of handwriting is empty paper ...
THIN = 0.5  # ... and ink covers less than this fraction of its box
NEARLY_ALL = 0.7  # this fraction of the pictures must be handwriting: a 1 fills its box


def are_written(pictures: Sequence[Array]) -> bool:
    """Return whether nearly all pictures show thin strokes on empty paper.

    Args:
        pictures: uint8 (height, width) each, of any size.
    """
    return float(np.mean([_is_written(picture) for picture in pictures])) >= NEARLY_ALL


def has_dark_writing(picture: Array) -> bool:
    """Return whether the ink of a picture is darker than its paper."""
    if needs_cleaning(picture):
        return has_dark_ink(smooth(shrink(picture, LONGEST)))
    return is_light_paper(picture)


def _is_written(picture: Array) -> bool:
    small = shrink(picture, LONGEST)
    photo = needs_cleaning(picture)
    dark_on_light = small if has_dark_writing(picture) else 255 - small
    if photo:
        dark_on_light = smooth(dark_on_light)
    low, high = np.quantile(cells_at_rank(dark_on_light, PAPER_RANK), (0.1, 0.9))
    contrast = darkness(dark_on_light) if photo else 255 - dark_on_light
    ink = contrast >= max(FAINTEST, int(contrast.max()) // 2)
    if not ink.any() or low < EVEN * high:
        return False
    empty = float((contrast < FAINTEST).mean())
    return empty >= PAPER and float(ink[ink_box(ink)].mean()) < THIN
