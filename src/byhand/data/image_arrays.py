"""Arrays of images or rows of a table, checked and converted to the form that a data set keeps.

Images are uint8 (n, height, width) with values 0 to 255; tables are float32 (n, columns), or
float64 where float32 would round too much. The input layer of a network scales them to 0 to 1
(`network/layers/pixel_scaling.py`). Image files are read by `formats/image_folder.py`, which
lists their suffixes, and decoded with Pillow by `formats/decode_images.py`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from byhand.arrays import Array
from byhand.errors import DataError
from byhand.lazy_rows import is_lazy

CHUNK_NUMBERS = 1 << 22
"""Number of entries that are checked or hashed at once: 16 MB of float32."""


def images_from(array: Array, where: str) -> Array:
    """Return an array of images or rows in one of the two forms that `Part` accepts.

    These become uint8 images: (n, h, w) or (n, h, w, 1) of integers 0-255, (n, h*w) of uint8 with
    h = w, and rows of 784 integers 0-255. Every other array of two axes stays a table. Images of
    fractions become a table of h*w columns.

    Raises:
        DataError: colour images, an empty array, pixels outside 0-255, or a wrong number of axes.
    """
    if array.ndim == 4 and array.shape[-1] == 1:
        array = array.reshape(array.shape[:3])
    if array.ndim not in (2, 3):
        raise DataError(
            f"{where}: expected images (n, height, width) or rows (n, columns); got shape "
            f"{array.shape}. Convert colour images to grey first."
        )
    if array.size == 0:
        raise DataError(
            f"{where}: the data set is empty: images of shape {array.shape}. Expected at least "
            "one row and one column."
        )
    if array.dtype.kind not in "biuf":
        raise DataError(f"{where}: expected images or rows of numbers; got {array.dtype}.")
    if array.dtype == bool and is_lazy(array):
        raise DataError(
            f"{where}: true and false cannot be memory-mapped as pixels. Save them as 0 and 255: "
            "np.save(path, images.astype('uint8') * 255)."
        )
    if array.dtype == bool:
        array = array.astype(np.uint8) * np.uint8(255)
    if array.ndim == 2:
        return _square_images(array)
    if array.dtype.kind == "f":
        return array.reshape(len(array), math.prod(array.shape[1:]))
    if not are_pixels(array):
        raise DataError(
            f"{where}: pixels must lie in 0-255; they range from {array.min()} to {array.max()}."
        )
    return array.astype(np.uint8, copy=False)


def checked_images(images: Array) -> Array:
    """Return the images or the table of a `Part`; a table becomes float32 if that is exact enough.

    Raises:
        DataError: an empty array, images of another type, NaN or infinity.
    """
    if images.ndim == 0 or len(images) == 0 or images.size == 0:
        raise DataError(
            f"the data set is empty: images of shape {images.shape}. Expected at least one row."
        )
    if images.ndim == 3 and images.dtype == np.uint8:
        return images
    if images.ndim != 2 or images.dtype.kind not in "fiub":
        raise DataError(
            "expected images as uint8 (n, height, width), or a table of numbers (n, columns); got "
            f"{images.dtype} of shape {images.shape}. Scale pixels to 0-255 and convert with "
            ".astype('uint8')."
        )
    with np.errstate(over="ignore"):  # infinity from numbers too large is caught
        _check_finite(images)
        table = images.astype(np.float32, copy=False)
    return images.astype(np.float64, copy=False) if _is_blurred(images, table) else table


def _is_blurred(exact: Array, table: Array) -> bool:
    """Return whether float32 rounds a column by more than a millionth of its range.

    That happens far from zero: Unix timestamps of a day would collapse to 675 values. A column that
    never varies is treated as if its range were 1.
    """
    if exact.dtype == table.dtype or exact.dtype.itemsize < 4:
        return False
    pairs = zip(blocks_of(exact), blocks_of(table), strict=True)
    errors = [np.abs(block - rounded).max(axis=0) for block, rounded in pairs]
    lows, highs = zip(*((b.min(axis=0), b.max(axis=0)) for b in blocks_of(table)), strict=True)
    ranges = np.subtract(np.max(highs, axis=0), np.min(lows, axis=0), dtype=np.float64)
    limits = np.where(ranges > 0, ranges, 1.0) / 1e6
    return bool((np.max(errors, axis=0) > limits).any())


def _check_finite(table: Array) -> None:
    """Raise a DataError at the first number that is not finite as float32; it is not copied."""
    start = 0
    for numbers in blocks_of(table):
        block = numbers.astype(np.float32, copy=False)
        finite = np.isfinite(block)
        if not finite.all():
            row, column = (int(place) for place in np.argwhere(~finite)[0])
            raise DataError(
                f"the data contain {block[row, column]} in row {start + row}, column {column} "
                "(both counted from 0). Remove such rows or fill in the missing values."
            )
        start += len(block)


def _square_images(rows: Array) -> Array:
    side = math.isqrt(rows.shape[1])
    square = side * side == rows.shape[1] and side > 1
    if square and (rows.dtype == np.uint8 or (side == 28 and are_pixels(rows))):
        return rows.astype(np.uint8, copy=False).reshape(len(rows), side, side)
    return rows


def are_pixels(array: Array) -> bool:
    """Return whether all numbers are integers in 0-255."""
    if array.dtype == np.uint8:
        return True
    if array.size == 0 or not (array.min() >= 0 and array.max() <= 255):  # NaN is refused here
        return False
    if array.dtype.kind in "iub":
        return True
    return all(bool((block == block.astype(np.uint8)).all()) for block in blocks_of(array))


def blocks_of(array: Array) -> Iterator[Array]:
    """Yield the array in blocks of rows, so that a memory map is never read at once."""
    rows = max(1, CHUNK_NUMBERS // max(1, math.prod(array.shape[1:])))
    for start in range(0, len(array), rows):
        yield array[start : start + rows]
