"""Find the ink in a photograph: grey paper, shadows, ruled lines, thin pens, chalk on a board.

All steps work on uint8 images in integers, with rounding floor(value + 0.5), so that the page of a
report (`photograph.js`) gets the same values. `sheet.py` finds the digits on a sheet
with several, and `fit_and_centre.py` fits the ink into an image.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from byhand.arrays import Array, IntArray
from byhand.data.resample import blocks_of_rows, ink_box, quotient, shrink
from byhand.data.ruling import without_ruling
from byhand.errors import DataError

LONGEST = 560  # the longer side of a photograph during the search for ink
PLAIN = 40  # a drawing's paper is pure black or white in at least this percentage of its pixels
SOILED = 4  # ... and nearly so in at most this percentage, unless the picture is so small ...
SMALL = 64  # ... that its longer side is at most this: the soft rims of strokes soil it
CELL = 16  # the paper's grey is measured in cells of 16 x 16 pixels ...
REACH = 4  # ... of which 9 x 9 are looked at together: wider things than that count as paper
CLOSING = 96  # the paper does not change within this many pixels, except at the edge of a shadow
PAPER_RANK = 75  # the paper's grey in a cell: this percentage of its pixels is darker
NOISE = 10  # a smaller difference from the paper is noise
FAINTEST = 14  # ink is darker than its paper by at least this part of 255
INK_RANK = 60  # the grey of the ink: this percentage of the dark pixels is lighter
EDGE, CORE = 50, 65  # per cent of the ink's darkness at the rim and in the core of a stroke
TABLE = 28  # a table is darker than paper by at least this part of 255
DARK = 42  # ... and ink beside a table by this at its darkest
FEWEST = 40  # pixels of ink, beside a table
SPECK = 6  # pieces with less than this percentage of the largest piece's ink are specks
CANVAS = 280  # the ink is laid in the middle of 280 x 280 ...
INK_SIDE = 240  # ... with its longer side at 240

# the background of a picture of an object
FAINT = 13  # anything fainter than a twentieth of full ink is background
NARROW = 8  # most values of a background lie this close to its middle


def is_light_paper(image: Array) -> bool:
    """Return whether the outermost pixels of an image have a median of 128 or more."""
    border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    return bool(np.median(border) >= 128)


def light_fraction(images: Array) -> float:
    """Return the fraction of the images (n, height, width) whose border is light."""
    return float(np.mean([is_light_paper(image) for image in images]))


def needs_cleaning(picture: Array) -> bool:
    """Return whether a picture (height, width) is a photograph.

    The paper of a drawing made on a computer is pure black or white; that of a photograph is not.
    """
    ink = 255 - picture if is_light_paper(picture) else picture
    counts = _counts(ink)
    pure, soiled = 100 * int(counts[0]), 100 * int(counts[1:FAINTEST].sum())
    is_soiled = soiled > SOILED * picture.size and max(picture.shape) > SMALL
    return pure < PLAIN * picture.size or is_soiled


def _counts(image: Array) -> IntArray:
    """Return the number of pixels of each value (256,)."""
    counts = np.zeros(256, np.int64)
    for rows in blocks_of_rows(image):
        counts += np.bincount(image[rows].ravel(), minlength=256)
    return counts


# --- ink on paper -------------------------------------------------------------------------------


def find_ink(picture: Array, dark_ink: bool | None = None) -> Array:
    """Return the ink of a photograph, cropped, ink 255 on paper 0.

    Specks, faint lines and whatever touches the edge of the photograph are removed.

    Args:
        picture: uint8 (height, width), as the camera saw it.
        dark_ink: whether the ink is darker than its paper; by default found from the picture.

    Raises:
        DataError: no ink stands out from the paper.
    """
    ink, _ = find_pieces(picture, dark_ink)
    if not ink.any():
        raise DataError(
            "nothing drawn: no ink stands out from the paper. Take the photograph from closer up, "
            "in better light, or draw with a thicker pen."
        )
    cropped: Array = ink[ink_box(ink)]
    return cropped


def find_pieces(
    picture: Array, dark_ink: bool | None = None, longest: int = LONGEST
) -> tuple[Array, IntArray]:
    """Return the ink of a photograph, and for each pixel the number of its piece, 0 on paper.

    Args:
        picture: uint8 (height, width), as the camera saw it.
        dark_ink: whether the ink is darker than its paper; by default found from the picture.
        longest: the longer side during the search for ink, and of the result.
    """
    grey = smooth(shrink(picture, longest))
    if dark_ink is None:
        dark_ink = has_dark_ink(grey)
    return strokes(without_ruling(darkness(grey if dark_ink else 255 - grey)))


def smooth(image: Array) -> Array:
    """Return the mean of each pixel and its neighbours: less noise."""
    values, counts = np.pad(image.astype(np.int64), 1), np.pad(np.ones(image.shape, np.int64), 1)
    return quotient(_sum_of_nine(values), _sum_of_nine(counts))


def _sum_of_nine(padded: IntArray) -> IntArray:
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    sums: IntArray = rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]
    return sums


def has_dark_ink(grey: Array) -> bool:
    """Return whether ink is darker than its paper, which covers more area than the ink around it.

    With d the difference between a pixel and the median of the cells' medians around it, the sum
    of d^3 tells on which side the strong differences lie. An eighth of the picture on each side
    is left out: a table may show there.
    """
    around = _between(_windows(cells_at_rank(grey, 50), _lower_median), grey.shape)
    gaps = grey.astype(np.int64) - around
    top, left = grey.shape[0] // 8, grey.shape[1] // 8
    middle = gaps[top : grey.shape[0] - top, left : grey.shape[1] - left]
    return int((middle**3).sum()) <= 0


def darkness(grey: Array) -> Array:
    """Return how much darker each pixel is than its paper: 255 (paper - grey) / paper.

    The paper is the grey that most pixels of a cell do not exceed by much, closed (largest, then
    smallest value of 9 x 9 cells) so that ink does not count; between cells it is interpolated.
    It is nowhere lighter than the closing of the picture: at the sharp edge of a shadow the paper
    darkens within a pixel.
    """
    cells = _windows(_windows(cells_at_rank(grey, PAPER_RANK), np.max), np.min)
    paper = np.minimum(_between(cells, grey.shape), closed(grey))
    gap = paper - grey
    return quotient(255 * np.where(gap < NOISE, 0, gap), np.maximum(paper, 1))


def closed(grey: Array, size: int = CLOSING) -> Array:
    """Return the closing by squares: the largest, then the smallest value around each pixel.

    Anything dark and narrower than a square disappears; a step from light to dark stays in place.
    Windows lie inside the picture; a smaller picture is one window.
    """
    sizes = [min(size, length) for length in grey.shape]
    for axis, length in enumerate(sizes):
        grey = _running(grey, axis, length, np.maximum)
    around = [(length - 1, length - 1) for length in sizes]
    grey = np.pad(grey, around, constant_values=255)
    for axis, length in enumerate(sizes):
        grey = _running(grey, axis, length, np.minimum)
    return grey


def _running(values: Array, axis: int, size: int, larger: np.ufunc) -> Array:
    """The largest (or smallest) of each `size` neighbours along an axis."""
    values, reach = values.swapaxes(0, axis), 1
    while reach < size:
        step = min(reach, size - reach)
        values = larger(values[:-step], values[step:])
        reach += step
    return values.swapaxes(0, axis)


def cells_at_rank(grey: Array, rank: int) -> IntArray:
    """Return the value at a rank (per cent) of the sorted values of each cell of 16 x 16 pixels."""
    whole = [length - length % CELL for length in grey.shape]
    rows, columns = ([slice(0, end), slice(end, None)] for end in whole)
    ranked = [[_ranked(grey[down, right], rank) for right in columns] for down in rows]
    return np.block(ranked).astype(np.int64)


def _ranked(grey: Array, rank: int) -> Array:
    """The value at a rank of each cell: all are whole, or equally cut off by the picture's edge."""
    height, width = (min(CELL, length) for length in grey.shape)
    down, right = (-(-length // CELL) for length in grey.shape)
    if not grey.size:
        return np.zeros((down, right), np.uint8)
    cells = grey.reshape(down, height, right, width).swapaxes(1, 2).reshape(down, right, -1)
    return np.sort(cells, axis=2)[:, :, (height * width - 1) * rank // 100]


def _at_rank(values: Array, rank: int) -> int:
    ordered = np.sort(values, axis=None)
    return int(ordered[(len(ordered) - 1) * rank // 100])


def _lower_median(values: Array) -> int:
    return _at_rank(values, 50)


def _windows(cells: IntArray, measure: Callable[[Array], int]) -> IntArray:
    """A measure of the 9 x 9 cells around each cell, fewer at the edge."""
    height, width = cells.shape
    reach = [
        [slice(max(at - REACH, 0), at + REACH + 1) for at in range(n)] for n in (height, width)
    ]
    values: IntArray = np.array([[measure(cells[y, x]) for x in reach[1]] for y in reach[0]])
    return values


def _between(cells: Array, shape: tuple[int, ...]) -> IntArray:
    """Values of the cells' centres, interpolated bilinearly for each pixel and rounded."""
    unit = 2 * CELL
    row, down = _neighbours(shape[0], cells.shape[0])
    column, right = _neighbours(shape[1], cells.shape[1])
    below, beside = np.minimum(row + 1, len(cells) - 1), np.minimum(column + 1, len(cells[0]) - 1)
    upper = cells[row][:, column] * (unit - right) + cells[row][:, beside] * right
    lower = cells[below][:, column] * (unit - right) + cells[below][:, beside] * right
    sums = upper * (unit - down)[:, None] + lower * down[:, None]
    return np.asarray((2 * sums + unit * unit) // (2 * unit * unit), np.int64)


def _neighbours(length: int, cells: int) -> tuple[IntArray, IntArray]:
    """For each pixel the cell before it, and its distance from that centre in half pixels."""
    place = np.clip(2 * np.arange(length) + 1 - CELL, 0, 2 * CELL * (cells - 1))
    before = np.minimum(place // (2 * CELL), max(cells - 2, 0))
    return before, place - 2 * CELL * before


def strokes(contrast: Array) -> tuple[Array, IntArray]:
    """Return the ink and its pieces: connected pixels of at least half of the ink's darkness.

    A piece is weighed by its pixels of at least 65 % darkness. Pieces at the edge of the picture
    are a table or neighbouring writing; they count only if there is nothing else. A table may be
    darker than the ink: the search is repeated without it, and the result with more ink is taken.
    """
    found, most = _strokes(contrast)
    pieces = label(contrast >= TABLE)
    table = np.isin(pieces, _at_edge(pieces)) & (pieces > 0)
    inner = np.where(table, 0, contrast)
    if table.any() and int(inner.max()) >= DARK:
        again, inside = _strokes(inner)
        if inside > max(most, FEWEST):
            return again
    return found


def _strokes(contrast: Array) -> tuple[tuple[Array, IntArray], int]:
    """The ink and its pieces, and how many pixels of it do not touch the edge."""
    counts = _counts(contrast)
    counts[:FAINTEST] = 0
    if not counts.any():
        return (np.zeros_like(contrast), np.zeros(contrast.shape, np.int64)), 0
    threshold = otsu(counts)
    dark = contrast[contrast > threshold] if counts[threshold + 1 :].any() else contrast.max()
    ink = _at_rank(np.atleast_1d(dark), INK_RANK)
    edge, core = (max(FAINTEST, ink * part // 100) for part in (EDGE, CORE))
    pieces = label(contrast >= edge)
    weights = np.bincount(pieces.ravel(), np.where(contrast >= core, contrast, 0).ravel())
    weights[0] = 0
    inside = weights.copy()
    inside[_at_edge(pieces)] = 0
    weights = inside if inside.any() else weights
    kept = (100 * weights >= SPECK * weights.max()) & (weights > 0)
    values = np.minimum(255 * contrast.astype(np.int64) // ink, 255)
    pieces = np.where(kept[pieces], pieces, 0)
    found = np.where(pieces > 0, values, 0).astype(np.uint8), pieces
    return found, int((pieces > 0).sum()) if inside.any() else 0


def _at_edge(pieces: IntArray) -> IntArray:
    """The numbers of the pieces at the edge of the picture; 0 may be one of them."""
    return np.concatenate([pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1]])


def otsu(counts: IntArray) -> int:
    """Return the threshold t that makes the variance between <= t and > t largest; the lowest.

    Args:
        counts: number of pixels of each value (256,).

    Source: N. Otsu, A threshold selection method from gray-level histograms, 1979.
    """
    values, below = np.arange(256), np.cumsum(counts, dtype=np.float64)
    sum_below = np.cumsum(counts * values, dtype=np.float64)
    above, sum_above = below[-1] - below, sum_below[-1] - sum_below
    gap = sum_above / np.maximum(above, 1) - sum_below / np.maximum(below, 1)
    return int(np.argmax(below * above * (gap * gap)))


def label(mask: Array) -> IntArray:
    """Return the number of the connected piece of each pixel, corners included; 0 outside."""
    padded = np.pad(mask.astype(np.int8), ((0, 0), (1, 1)))
    edges = np.diff(padded, axis=1)
    rows, starts = np.nonzero(edges == 1)
    stops = np.nonzero(edges == -1)[1]
    numbers = np.array(
        [0, *_joined(rows.tolist(), starts.tolist(), stops.tolist())], dtype=np.int64
    )
    run = np.zeros(mask.shape, np.int64)
    run[rows, starts] = 1
    return np.where(mask, numbers[np.cumsum(run.ravel()).reshape(mask.shape)], 0)


def _joined(rows: list[int], starts: list[int], stops: list[int]) -> list[int]:
    """The piece of each horizontal run; runs that touch in neighbouring rows are one piece."""
    root = list(range(len(rows)))

    def find(run: int) -> int:
        while root[run] != run:
            root[run] = root[root[run]]
            run = root[run]
        return run

    above = 0
    for here in range(len(rows)):
        while rows[above] < rows[here] - 1 or (
            rows[above] == rows[here] - 1 and stops[above] < starts[here]
        ):
            above += 1
        other = above
        while rows[other] == rows[here] - 1 and starts[other] <= stops[here]:
            root[find(other)] = find(here)
            other += 1
    return [find(run) + 1 for run in range(len(rows))]


# --- an object on a plain background ------------------------------------------------------------


def clear_ground(image: Array) -> Array:
    """Return the image with its plain background at 0; the object keeps its greys.

    The rim of the picture shows the background and how much it varies. The mean of 3 x 3 pixels
    is taken first, because a single noisy pixel would stretch the box that is cropped.
    """
    calm = smooth(image)
    rim = _rim(calm)
    level = _most_frequent(rim)
    faint = max(FAINT, 5 * _spread_below(rim, level))
    above = calm.astype(np.int64) - level
    return np.where(above < faint, 0, quotient(255 * np.maximum(above, 0), max(255 - level, 1)))


def _rim(image: Array) -> Array:
    """The values in a band along the edges."""
    height, width = image.shape
    band = max(1, min(height, width) // 40)
    mask = np.ones(image.shape, bool)
    mask[band : height - band, band : width - band] = False
    return image[mask]


def _most_frequent(values: Array) -> int:
    """The middle of the narrow range that contains most values.

    An object that reaches the rim covers many values there, and would shift a mean or a median.
    """
    counts = np.bincount(values, minlength=256)
    sums = [int(counts[max(at - NARROW, 0) : at + NARROW + 1].sum()) for at in range(256)]
    most = np.flatnonzero(np.array(sums) == max(sums))
    return int(most[0] + most[-1]) // 2


def _spread_below(values: Array, level: int) -> float:
    """The standard deviation of the values below the level, where there is only noise."""
    gaps = level - values[(values <= level) & (values > level - 3 * NARROW)].astype(np.int64)
    return float(np.sqrt((gaps * gaps).sum() / max(len(gaps), 1)))
