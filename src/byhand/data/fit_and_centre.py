"""Stages from ink to an image: how the digits of MNIST and UCI were prepared.

`prepare_picture.py` runs them in turn; `clean_photograph.py` finds the ink in a photograph first.

Each stage is one small function on plain arrays. Its rounding is stated, so that the report page
can do exactly the same (`prepare.js`). Images are uint8 (height, width), ink 255 on paper 0.
Coordinates count pixels from 0; rounding is always floor(value + 0.5).

MNIST: crop to the ink, fit into 20x20 keeping the proportions, place the centre of mass in the
middle of 28x28. Of MNIST's own 70,000 images these stages change only the few whose box is not 20
pixels long or whose centre lies exactly between two pixels.

UCI: the counts of ink in the 4x4 blocks of a 32x32 bitmap. NIST's program made that bitmap: it
removed the slant and fitted the digit into 20x32. How it rounded is not known, so this is an
approximation.

Sources: the MNIST page of Y. LeCun et al.; M. Garris et al., NIST Form-Based Handprint Recognition
System, NISTIR 5469, 1994; E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, 1998.
"""

from __future__ import annotations

import numpy as np

from byhand.arrays import Array
from byhand.data.resample import ink_box, longer_side, nearest, quotient, resize, side
from byhand.errors import DataError

BOX = 20  # MNIST's digits fit into 20x20 ...
FIELD = 28  # ... inside 28x28
BITMAP = 32  # UCI's bitmaps are 32x32 ...
BITMAP_WIDTH = 20  # ... and their digits at most this wide
BLOCK = 4
SOME_INK = 64  # a bitmap's pixel is on from a quarter of full ink

NOTHING = (
    "nothing drawn: the image has no ink, or it is too faint or too small to see. Draw a digit, or "
    "invert an image of white paper."
)


def crop(image: Array) -> Array:
    """Return the smallest rectangle that contains all ink (every value above 0).

    Raises:
        DataError: there is no ink.
    """
    ink: Array = _need_ink(image)[ink_box(image)]
    return ink


def fit(image: Array) -> Array:
    """Return the image in 20x20, proportions kept: the longer side becomes 20 pixels.

    The other side becomes max(1, floor(side * 20 / longer + 0.5)).
    """
    return _need_ink(longer_side(image, BOX))


def place(image: Array, height: int = FIELD, width: int = FIELD) -> Array:
    """Return the image in a field, its centre of mass in the middle, moved by whole pixels.

    With S the sum of all values and M the sum of value * row, the first row is
    ceil(((height - 1) S - 2 M) / (2 S)), kept within 0 .. height - rows; columns likewise. The
    centre of mass then lies in [13.5, 14.5) of 28, as it does in MNIST.
    """
    weights = _need_ink(image).astype(np.int64)
    top = _first(weights.sum(axis=1), height)
    left = _first(weights.sum(axis=0), width)
    field = np.zeros((height, width), np.uint8)
    field[top : top + image.shape[0], left : left + image.shape[1]] = image
    return field


def upright(image: Array) -> Array:
    """Return the image without its slant.

    Rows move sideways until the first and the last begin in the same column. With a and b the
    columns of the first ink in the first and the last row, row r of n moves to the right by
    floor((a - b) r / (n - 1) + 0.5); then the image is cropped again.
    """
    height, width = image.shape
    first, last = int(np.argmax(image[0] > 0)), int(np.argmax(image[-1] > 0))
    moves = [nearest((first - last) * row, max(height - 1, 1)) for row in range(height)]
    wide = np.zeros((height, width + max(moves) - min(moves)), np.uint8)
    for row, move in enumerate(moves):
        start = move - min(moves)
        wide[row, start : start + width] = image[row]
    return crop(wide)


def fit_bitmap(image: Array) -> Array:
    """Return the image 32 rows high and proportionally wide, but with at most 20 columns."""
    height, width = image.shape
    return resize(image, BITMAP, min(BITMAP_WIDTH, side(width * BITMAP, height)))


def bitmap(image: Array) -> Array:
    """Return 32x32 of 0 and 1, the image in the middle: on where a value is 64 or more.

    The first column is floor((32 - width) / 2).
    """
    on = np.zeros((BITMAP, BITMAP), np.uint8)
    left = (BITMAP - image.shape[1]) // 2
    on[: image.shape[0], left : left + image.shape[1]] = image >= SOME_INK
    return _need_ink(on)


def blocks(image: Array) -> Array:
    """Return 8x8: the count c of ink in each 4x4 block, 0 to 16, as floor(c * 255 / 16 + 0.5)."""
    across = BITMAP // BLOCK
    counts = image.reshape(across, BLOCK, across, BLOCK).sum(axis=(1, 3), dtype=np.int64)
    return quotient(255 * counts, BLOCK * BLOCK)


def _need_ink(image: Array) -> Array:
    """Return the image if anything on it is visible; raise a DataError otherwise."""
    if not image.any():
        raise DataError(NOTHING)
    return image


def _first(profile: Array, length: int) -> int:
    """The place of the first row that puts the centre of mass of the profile in the middle."""
    total = int(profile.sum())
    moment = int(profile @ np.arange(len(profile)))
    first = -((2 * moment - (length - 1) * total) // (2 * total))  # ceil of the quotient
    return min(max(first, 0), length - len(profile))
