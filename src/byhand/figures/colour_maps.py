"""The colour map of numbers on both sides of zero, such as weights, and its limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from byhand.arrays import Array
from byhand.figures.style import BLUE, ORANGE

if TYPE_CHECKING:
    from matplotlib.colors import Colormap


def diverging() -> Colormap:
    """Return a colour map: orange below 0, white at 0, blue above."""
    from matplotlib.colors import LinearSegmentedColormap

    stops = ["#7f3800", ORANGE, "#ffffff", BLUE, "#003a5c"]
    return LinearSegmentedColormap.from_list("byhand", stops)


def limit_of(values: Array, percentile: float = 99.8) -> float:
    """Return the limit of a diverging colour map on both sides of 0, without a few outliers."""
    sizes = np.abs(np.asarray(values)[np.isfinite(values)])
    limit = float(np.percentile(sizes, percentile)) if sizes.size else 0.0
    return limit or float(sizes.max(initial=0)) or 1.0
