"""Parts of image files that would take Pillow far more time or memory than the image itself."""

from __future__ import annotations

import re
from typing import Any

from byhand.errors import FormatError

MOST_SCANS = 30
"""Largest number of scans of a JPEG, each of which passes over the whole image; 10 are usual."""

PNG = b"\x89PNG\r\n\x1a\n"
PNG_TEXTS = (b"tEXt", b"zTXt", b"iTXt", b"iCCP")
"""Chunks of a PNG that are left out: a text of 1 kB expands to 4 MB, and colours become grey."""

TILE_WIDTH, TILE_HEIGHT, BITS, SAMPLES = 322, 323, 258, 277  # tags of TIFF

_PLAIN_PPM = re.compile(rb"P[123]\s")


def check_before_opening(content: bytes) -> None:
    """Raise a FormatError for a plain PPM, which is text, or a JPEG of too many scans."""
    if _PLAIN_PPM.match(content):
        raise FormatError("its pixels are text (PPM P1 to P3); save it as binary")
    if content.startswith(b"\xff\xd8") and content.count(b"\xff\xda") > MOST_SCANS:
        raise FormatError(f"a JPEG of more than {MOST_SCANS} scans")


def without_texts(content: bytes) -> bytes:
    """Return a PNG without its texts and colour profile, and any other file as it is."""
    if not content.startswith(PNG) or not any(kind in content for kind in PNG_TEXTS):
        return content
    view = memoryview(content)
    kept, place = [view[: len(PNG)]], len(PNG)
    while place < len(content):
        end = place + 12 + int.from_bytes(view[place : place + 4], "big")
        if view[place + 4 : place + 8] not in PNG_TEXTS:
            kept.append(view[place:end])
        place = end
    return b"".join(kept)


def tiff_buffer(image: Any) -> tuple[float, int]:
    """Return the bytes that a pixel takes in the buffer of a TIFF, and the pixels of a tile."""
    tags = image.tag_v2
    bits = max(tags.get(BITS, (1,)))
    tile = tags.get(TILE_WIDTH, 0) * tags.get(TILE_HEIGHT, 0)
    return tags.get(SAMPLES, 1) * bits / 8, tile
