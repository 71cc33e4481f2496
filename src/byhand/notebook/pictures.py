"""Grey images as pictures in a notebook: PNG files inside the HTML."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterable

import numpy as np

from byhand.arrays import Array
from byhand.notebook.markup import Html, element, joined, text

SIDE = 48
"""Smallest height of a picture on the page, in pixels."""


def gallery(pictures: Iterable[tuple[str, Array]]) -> Html:
    """Show images (height, width), each with a caption; ink 255 is dark on white paper."""
    shown = [
        element(
            "div",
            joined([picture(image), element("div", caption, "font-size:80%;opacity:.75")]),
            "text-align:center",
        )
        for caption, image in pictures
    ]
    style = "display:flex;flex-wrap:wrap;gap:.4em .6em;margin:.3em 0"
    return element("div", joined(shown), style)


def picture(image: Array) -> Html:
    """Return an image element that shows ink 255 as black; small images are enlarged."""
    height, width = image.shape
    scale = max(1, round(SIDE / height))
    data = base64.b64encode(png(255 - np.asarray(image, np.uint8))).decode()
    # No smoothing: these are the pixels that the network receives.
    style = "image-rendering:pixelated;border:1px solid rgba(128,128,128,.3);margin:0"
    return Html(
        f'<img src="data:image/png;base64,{data}" width="{width * scale}" '
        f'height="{height * scale}" alt="{text("image")}" style="{style}">'
    )


def png(grey: Array) -> bytes:
    """Return grey levels (height, width) as a PNG file with 8 bits per pixel."""
    height, width = grey.shape
    rows = np.zeros((height, width + 1), np.uint8)  # each row begins with its filter: 0, none
    rows[:, 1:] = grey
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)
