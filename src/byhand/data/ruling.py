"""Removes the printed lines of ruled and squared paper from a photograph.

A picture here says how much darker each pixel is than its paper, uint8 (height, width). All steps
use integers; `ruling.js` does the same.
"""

from __future__ import annotations

import numpy as np

from byhand.arrays import Array, IntArray

LEAST = 14  # anything fainter is not a line
PART = 2  # a line runs straight across half of the picture ...
FULL = 85  # ... with at least this percentage of its pixels
SLOPES = range(-8, 9)  # rise of a line in per cent
APART = 8  # rows between two lines
THICKEST = 8  # pixels; thicker bars are strokes of a pen
LINES = 3  # this many parallel lines are a ruling; no digit has them
DARKER = 160  # ink that crosses a line is darker than it by this, in per cent


def without_ruling(contrast: Array) -> Array:
    """Return the picture without ruling, horizontal and vertical; unchanged if there is none."""
    across = _without_lines(contrast)
    return _without_lines(across.T).T


def _without_lines(contrast: Array) -> Array:
    """The picture without straight horizontal lines.

    Pixels on a line that are as faint and as thin as the line are removed, with one pixel above
    and below. Ink that crosses the line is darker, or continues above and below, and stays.
    """
    dark = contrast >= LEAST
    length = dark.shape[1] // PART
    if length < 2 * PART:
        return contrast
    if not _may_be_ruled(dark, length):
        return contrast
    found = np.zeros_like(dark)
    most = 0
    for slope in SLOPES:
        lines = _lines(dark, slope, length)
        rows: Array = np.any(lines, axis=1)
        most = max(most, _groups(rows))
        found |= _moved(lines, -slope)
    if most < LINES:
        return contrast
    on = found & dark
    line = _median(contrast[on])
    runs = _runs(dark)
    thickness = _median(runs[on])
    if thickness > THICKEST:
        return contrast
    thin = 2 * runs <= 3 * thickness + 2
    near = found.copy()
    near[1:] |= found[:-1]
    near[:-1] |= found[1:]
    faint = 100 * contrast.astype(np.int64) < DARKER * line
    return np.where(near & thin & faint, 0, contrast)


def _may_be_ruled(dark: Array, length: int) -> bool:
    """Whether enough rows, along one of the slopes, have the pixels of a line: a quick first look.

    Each group of rows begins more than APART rows after the one before.
    """
    rows, columns = np.nonzero(dark)
    if not len(rows):
        return False
    for slope in SLOPES:
        moved = rows - _rise(slope, columns)
        full = 100 * np.bincount(moved - moved.min()) >= FULL * length
        lines, last = 0, -APART - 1
        for row in np.flatnonzero(full).tolist():
            if row - last > APART:
                lines, last = lines + 1, row
        if lines >= LINES:
            return True
    return False


def _rise(slope: int, columns: IntArray) -> IntArray:
    """Rows by which a line of this slope has risen at each column."""
    rise: IntArray = abs(slope) * columns // 100
    return rise if slope > 0 else -rise


def _median(values: Array) -> int:
    return int(np.sort(values)[len(values) // 2])


def _runs(mask: Array) -> IntArray:
    """The length of the upright run of True that each pixel lies in; 0 outside."""
    above, below = np.zeros(mask.shape, np.int64), np.zeros(mask.shape, np.int64)
    for runs, rows in ((above, range(len(mask))), (below, range(len(mask) - 1, -1, -1))):
        last = np.zeros(mask.shape[1], np.int64)
        for row in rows:
            last = np.where(mask[row], last + 1, 0)
            runs[row] = last
    return np.where(mask, above + below - 1, 0)


def _lines(dark: Array, slope: int, length: int) -> Array:
    """Pixels of windows of this length, along the slope, that are almost full."""
    counts = np.cumsum(np.pad(_moved(dark, slope), ((0, 0), (1, 0))), axis=1, dtype=np.int64)
    full = 100 * (counts[:, length:] - counts[:, :-length]) >= FULL * length
    starts = np.cumsum(np.pad(full, ((0, 0), (length, length - 1))), axis=1, dtype=np.int64)
    covered: Array = starts[:, length:] > starts[:, :-length]
    return covered


def _moved(mask: Array, slope: int) -> Array:
    """Columns moved up (or down) by |slope| x / 100: a line of this slope is one row."""
    moved = np.zeros_like(mask)
    shifts = _rise(slope, np.arange(mask.shape[1]))
    for shift in np.unique(shifts):
        columns = shifts == shift
        if shift >= 0:
            moved[: len(mask) - shift, columns] = mask[shift:, columns]
        else:
            moved[-shift:, columns] = mask[:shift, columns]
    return moved


def _groups(rows: Array) -> int:
    """The number of lines that the rows belong to."""
    at = np.flatnonzero(rows)
    return int((np.diff(at) > APART).sum()) + 1 if len(at) else 0
