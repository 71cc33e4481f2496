"""How the digits of MNIST and UCI were prepared, for drawings and photographs of one's own.

Each stage is one small function on plain arrays, with the rounding stated, so that a program in
another language can do exactly the same. Images are uint8 (height, width), ink 255 on paper 0.
Coordinates count pixels from 0; rounding is always floor(value + 0.5).

MNIST: crop to the ink, fit into 20x20 keeping the proportions, place the centre of mass in the
middle of 28x28. On MNIST's own 70 000 images these stages change nothing but the few whose box is
not 20 pixels long or whose centre lies exactly between two places.

UCI: the counts of ink in the 4x4 blocks of a 32x32 bitmap. NIST's program made that bitmap: it
removed the slant and fitted the digit into 20x32. How it rounded is not known, so this is an
approximation.

Sources: the MNIST page of Y. LeCun et al.; M. Garris et al., NIST Form-Based Handprint Recognition
System, NISTIR 5469, 1994; E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, 1998.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.errors import ArgumentError, DataError, unknown_name

BOX = 20  # MNIST's digits fit into 20x20 ...
FIELD = 28  # ... inside 28x28
BITMAP = 32  # UCI's bitmaps are 32x32 ...
BITMAP_WIDTH = 20  # ... and their digits at most this wide
BLOCK = 4
SOME_INK = 64  # a bitmap's pixel is on from a quarter of full ink


def prepare_image(image: Array, like: str = "mnist", *, photo: bool = False) -> Array:
    """A drawing of any size as an image of the kind that a network was trained on.

    Args:
        image: uint8 (height, width), ink 255 on paper 0.
        like: "mnist" for 28x28, "digits" for 8x8.
        photo: clean it first: paper is never quite 0 in a photograph.

    Raises:
        ArgumentError: not such an image, or an unknown `like`.
        DataError: nothing drawn.
    """
    return list(stages(image, like, photo=photo).values())[-1]


def stages(image: Array, like: str = "mnist", *, photo: bool = False) -> dict[str, Array]:
    """Every stage on the way by its name, in order; the last is the result.

    "mnist": input, (clean,) crop, fit, place. "digits": input, (clean,) crop, upright, fit,
    bitmap, blocks.
    """
    if like not in PREPARATIONS:
        raise unknown_name("kind of image", like, PREPARATIONS)
    if image.ndim != 2 or image.dtype != np.uint8:
        raise ArgumentError(
            f"expected one grey image, uint8 (height, width), ink 255 on paper 0; got "
            f"{image.dtype} of shape {image.shape}."
        )
    steps = {"clean": clean, **PREPARATIONS[like]} if photo else PREPARATIONS[like]
    done = {"input": image}
    for name, step in steps.items():
        image = step(image)
        done[name] = image
    return done


# --- the stages ---------------------------------------------------------------------------------


def clean(image: Array) -> Array:
    """Paper becomes 0 and the darkest ink 255, for photographs.

    The threshold t between paper and ink is Otsu's: it makes the variance between the two groups
    (values <= t, values > t) largest, the lowest such t. Then a value above t becomes
    floor(255 (value - t) / (max - t) + 0.5), and one up to t becomes 0.

    Source: N. Otsu, A threshold selection method from gray-level histograms, 1979.
    """
    counts = np.bincount(image.ravel(), minlength=256).astype(np.float64)
    values = np.arange(256)
    below = np.cumsum(counts)
    sum_below = np.cumsum(counts * values)
    above = below[-1] - below
    sum_above = sum_below[-1] - sum_below
    means = sum_above / np.maximum(above, 1) - sum_below / np.maximum(below, 1)
    threshold = int(np.argmax(below * above * means**2))
    span = max(int(image.max()) - threshold, 1)
    return _quotient(255 * np.maximum(image.astype(np.int64) - threshold, 0), span)


def crop(image: Array) -> Array:
    """The smallest rectangle that holds all ink (every value above 0).

    Raises:
        DataError: there is no ink.
    """
    _need_ink(image)
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    ink: Array = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return ink


def fit(image: Array) -> Array:
    """The image in 20x20, proportions kept: the longer side becomes 20 pixels.

    The other side becomes max(1, floor(side * 20 / longer + 0.5)).
    """
    longer = max(image.shape)
    height, width = (_side(side * BOX, longer) for side in image.shape)
    return _need_ink(resize(image, height, width))


def place(image: Array) -> Array:
    """The image in 28x28, its centre of mass in the middle, moved by whole pixels.

    With S the sum of all values and M the sum of value * row, the first row is
    ceil((27 S - 2 M) / (2 S)), kept within 0 .. 28 - height; columns likewise. So the centre of
    mass comes to lie in [13.5, 14.5), as it does in MNIST.
    """
    weights = _need_ink(image).astype(np.int64)
    top = _first(weights.sum(axis=1))
    left = _first(weights.sum(axis=0))
    field = np.zeros((FIELD, FIELD), np.uint8)
    field[top : top + image.shape[0], left : left + image.shape[1]] = image
    return field


def upright(image: Array) -> Array:
    """The slant removed: rows move sideways until the first and last begin in one column.

    With a and b the columns of the first ink in the first and the last row, row r of n moves to
    the right by floor((a - b) r / (n - 1) + 0.5); then the image is cropped again.
    """
    height, width = image.shape
    first, last = int(np.argmax(image[0] > 0)), int(np.argmax(image[-1] > 0))
    moves = [_nearest((first - last) * row, max(height - 1, 1)) for row in range(height)]
    wide = np.zeros((height, width + max(moves) - min(moves)), np.uint8)
    for row, move in enumerate(moves):
        start = move - min(moves)
        wide[row, start : start + width] = image[row]
    return crop(wide)


def fit_bitmap(image: Array) -> Array:
    """The image 32 rows high and as wide as its proportions ask, but at most 20 columns."""
    height, width = image.shape
    return resize(image, BITMAP, min(BITMAP_WIDTH, _side(width * BITMAP, height)))


def bitmap(image: Array) -> Array:
    """32x32 of 0 and 1: on where a value is 64 or more; the middle of the image in the middle.

    The first column is floor((32 - width) / 2).
    """
    on = np.zeros((BITMAP, BITMAP), np.uint8)
    left = (BITMAP - image.shape[1]) // 2
    on[: image.shape[0], left : left + image.shape[1]] = image >= SOME_INK
    return _need_ink(on)


def blocks(image: Array) -> Array:
    """8x8: the count c of ink in each 4x4 block, 0 to 16, as floor(c * 255 / 16 + 0.5)."""
    side = BITMAP // BLOCK
    counts = image.reshape(side, BLOCK, side, BLOCK).sum(axis=(1, 3), dtype=np.int64)
    return _quotient(255 * counts, BLOCK * BLOCK)


PREPARATIONS: dict[str, dict[str, Callable[[Array], Array]]] = {
    "mnist": {"crop": crop, "fit": fit, "place": place},
    "digits": {
        "crop": crop,
        "upright": upright,
        "fit": fit_bitmap,
        "bitmap": bitmap,
        "blocks": blocks,
    },
}
"""Data set -> its stages by name, in order."""


def _need_ink(image: Array) -> Array:
    """The image, if anything can be seen on it."""
    if not image.any():
        raise DataError(
            "nothing drawn: the image holds no ink, or too faint or small to be seen. Draw a "
            "digit, or invert an image of white paper."
        )
    return image


# --- arithmetic ---------------------------------------------------------------------------------


def resize(image: Array, height: int, width: int) -> Array:
    """The image in another size by exact area weights (a box filter).

    Output pixel (i, j) is the mean of the input over the rectangle that it covers, rounded:
    floor(sum over k, l of overlaps[i, k] overlaps[j, l] value[k, l] / (h w) + 0.5), with h, w the
    input's size. The sums are whole numbers below 2^53, hence exact in any order.
    """
    down, right = overlaps(image.shape[0], height), overlaps(image.shape[1], width)
    sums = down @ image.astype(np.float64) @ right.T
    return _quotient(sums.astype(np.int64), image.size)


def overlaps(before: int, after: int) -> FloatArray:
    """How much of output pixel i lies on input pixel k, in units of 1 / after: (after, before).

    In these units output pixel i is [i before, (i + 1) before) and input pixel k is
    [k after, (k + 1) after); each row sums to `before`.
    """
    i, k = np.arange(after)[:, None], np.arange(before)[None, :]
    end = np.minimum((i + 1) * before, (k + 1) * after)
    start = np.maximum(i * before, k * after)
    lengths: FloatArray = np.maximum(end - start, 0).astype(np.float64)
    return lengths


def _side(length: int, unit: int) -> int:
    return max(1, _nearest(length, unit))


def _nearest(numerator: int, denominator: int) -> int:
    """floor(numerator / denominator + 0.5), exactly."""
    return (2 * numerator + denominator) // (2 * denominator)


def _first(profile: Array) -> int:
    """Where the first row goes, so that the centre of mass of the profile lies in the middle."""
    total = int(profile.sum())
    moment = int(profile @ np.arange(len(profile)))
    first = -((2 * moment - (FIELD - 1) * total) // (2 * total))  # ceil of the quotient
    return min(max(first, 0), FIELD - len(profile))


def _quotient(numerators: IntArray, denominator: int) -> Array:
    """floor(numerator / denominator + 0.5) as uint8, exactly."""
    return ((2 * numerators + denominator) // (2 * denominator)).astype(np.uint8)
