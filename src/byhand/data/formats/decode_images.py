"""Decodes image files to grey values from 0 to 255, strip by strip, within size limits.

The input layer makes them numbers from 0 to 1 (`network/layers/pixel_scaling.py`).

Decoding takes at most 64 MB, however small the file (`BYTES_PER_PIXEL`). Larger images must come
from correspondingly larger files.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from byhand.arrays import Array
from byhand.data.formats.traps_in_images import check_before_opening, tiff_buffer, without_texts
from byhand.errors import FormatError, missing_package
from byhand.untrusted_files import read_bytes

BYTES_PER_PIXEL = {
    "PNG": 5.4,
    "GIF": 5.4,
    "BMP": 5.4,
    "TIFF": 5.4,
    "PPM": 5.4,
    "JPEG": 7.1,
    "MPO": 7.1,
    "AVIF": 11.0,
    "WEBP": 16.1,
    "JPEG2000": 24.5,
}
"""Bytes of memory for a pixel of each format that is read, decoder and grey image together.

Pillow opens other formats as well, and starts Ghostscript for an EPS file; they are refused.
"""

MOST_MEMORY = 60 << 20
"""Memory in bytes for an image whose file is small: 11.6 million pixels of a PNG.

The strips that are converted take up to 4 MB more.
"""

MOST_READS, BYTES_PER_READ = 50_000, 1000
"""Pillow may read a file in 50,000 pieces, or one for each 1,000 bytes; single bytes are slow."""

MOST_BYTES = 1 << 30
"""Largest size in bytes of a file."""

PIXELS_PER_BYTE = 100
"""A larger image may have this many pixels for each byte of its file."""

LONGEST_SIDE = 16_384
"""Largest width and height."""

STRIP_PIXELS = 1 << 18

ORIENTATION = 0x0112  # the EXIF tag

_UPRIGHT: dict[int, Callable[[Array], Array]] = {
    2: lambda grey: grey[:, ::-1],
    3: lambda grey: grey[::-1, ::-1],
    4: lambda grey: grey[::-1],
    5: lambda grey: grey.T,
    6: lambda grey: grey[::-1].T,
    7: lambda grey: grey[::-1, ::-1].T,
    8: lambda grey: grey[:, ::-1].T,
}
"""EXIF orientation -> the rotation that turns a photograph upright."""


def decoded(path: Path) -> Array:
    """Return an image file as grey values, uint8 (height, width), upright.

    Raises:
        FileError: the file cannot be read, or Pillow is missing.
        FormatError: it is not an image, is truncated or corrupted, or has too many pixels.
    """
    pillow_module()
    content = read_bytes(path, MOST_BYTES, "the image")  # no chunk can claim more than that
    return decoded_bytes(content, str(path))


def decoded_bytes(content: bytes, name: str) -> Array:
    """Return the content of an image file as grey values; `name` is for messages.

    Raises:
        FormatError: it is not an image, is truncated or corrupted, or has too many pixels.
    """
    pillow = pillow_module()
    damaged = f"{name}: not a readable image (truncated, corrupted or of another format)"
    try:
        check_before_opening(content)
        with pillow.open(_Pieces(without_texts(content)), formats=_formats()) as image:
            _check_size(image, len(content))
            turn = _UPRIGHT.get(_orientation(image), np.asarray)
            return np.ascontiguousarray(turn(_grey(image, pillow)))
    except pillow.UnidentifiedImageError as error:  # its text has an address in memory
        known = ", ".join(BYTES_PER_PIXEL)
        raise FormatError(f"{damaged}; expected one of {known}.") from error
    except Exception as error:  # Pillow's decoders raise errors of any kind for damaged files
        raise FormatError(f"{damaged}: {str(error).rstrip('.')}.") from error


def pillow_module() -> ModuleType:
    """Return Pillow; if it is not installed, raise an error that says how to install it."""
    try:
        from PIL import Image
    except ImportError as error:
        raise missing_package("reading image files needs", "Pillow", "images") from error
    return Image


@cache
def _formats() -> list[str]:
    """Return the formats that are read and that this Pillow knows."""
    pillow = pillow_module()
    pillow.init()
    return [name for name in BYTES_PER_PIXEL if name in pillow.OPEN]


class _Pieces(io.BytesIO):
    """The bytes of a file, which may not be read in too many pieces."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.left = max(MOST_READS, len(content) // BYTES_PER_READ)

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes."""
        self.left -= 1
        if self.left < 0:
            raise FormatError("it consists of too many small pieces")
        return super().read(size)


def _check_size(image: Any, size: int) -> None:
    width, height = image.size
    bytes_per_pixel, pixels = BYTES_PER_PIXEL[image.format], width * height
    if image.format == "TIFF":
        sample_bytes, pixels_of_tile = tiff_buffer(image)
        bytes_per_pixel, pixels = bytes_per_pixel + sample_bytes, max(pixels, pixels_of_tile)
    most = max(int(MOST_MEMORY / bytes_per_pixel), PIXELS_PER_BYTE * size)
    if pixels > most or max(image.size) > LONGEST_SIDE:
        raise FormatError(
            f"{width:,} x {height:,} pixels in {size:,} bytes; expected at most {most:,} pixels "
            f"and sides of at most {LONGEST_SIDE:,}"
        )


def _orientation(image: Any) -> int:
    orientation = image.getexif().get(ORIENTATION)
    return orientation if isinstance(orientation, int) else 1


def _grey(image: Any, pillow: ModuleType) -> Array:
    """Return grey values (height, width) of an image, converted in strips of rows."""
    width, height = image.size
    grey = np.empty((height, width), np.uint8)
    rows = max(1, STRIP_PIXELS // width)
    for top in range(0, height, rows):
        strip = image.crop((0, top, width, min(top + rows, height)))
        grey[top : top + rows] = _grey_strip(strip, pillow)
    return grey


def _grey_strip(image: Any, pillow: ModuleType) -> Array:
    if image.mode.startswith("I"):  # 16 bits, which Pillow would cut off at 255
        return (np.asarray(image).astype(np.int64) // 257).clip(0, 255).astype(np.uint8)
    if image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info:
        drawing = image.convert("RGBA")
        paper = pillow.new("RGBA", drawing.size, "white")
        image = pillow.alpha_composite(paper, drawing)
    return np.asarray(image.convert("L"))
