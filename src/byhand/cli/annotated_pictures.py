"""Annotated pictures: the stages of a picture's preparation, and the boxes on a sheet.

Pillow is imported only where something is drawn; it is installed, because it read the pictures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from byhand.arrays import Array
from byhand.errors import ArgumentError, FileError
from byhand.evaluation.reading import Reading

TILE = 160  # longer side of a stage, in pixels
MARGIN = 12
WORDS = 18  # pixels for the name of a stage
LONGEST = 1600  # longer side of an annotated sheet, in pixels
SURE, DOUBTED = "#1a7f37", "#c62828"


def draw_stages(stages: Sequence[Mapping[str, Array]], path: Path) -> None:
    """Write the stages of each picture with their names, one row per picture.

    Raises:
        ArgumentError, FileError: the extension is not that of an image, or the file cannot be
        written.
    """
    from PIL import Image, ImageDraw

    columns = max(map(len, stages))
    row = TILE + WORDS + MARGIN
    size = (columns * (TILE + MARGIN) + MARGIN, len(stages) * row + MARGIN)
    sheet = Image.new("L", size, 255)
    brush = ImageDraw.Draw(sheet)
    for down, one in enumerate(stages):
        for right, (name, image) in enumerate(one.items()):
            left, top = MARGIN + right * (TILE + MARGIN), MARGIN + down * row
            tile = _tile(image)
            sheet.paste(tile, (left, top + WORDS))
            brush.rectangle(
                (left - 1, top + WORDS - 1, left + tile.width, top + WORDS + tile.height),
                outline=160,
            )
            height, width = image.shape
            brush.text((left, top), f"{name} {width} x {height}", fill=60)
    _save(sheet, path)


def _tile(image: Array) -> Any:
    """Return the image with its longer side at TILE; small images keep square pixels."""
    from PIL import Image

    values = image * (255 // max(int(image.max()), 1)) if image.max() <= 1 else image
    height, width = image.shape
    scale = TILE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    way = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.BOX
    return Image.fromarray(np.ascontiguousarray(values, np.uint8)).resize(size, way)


def draw_sheet(picture: Array, readings: Sequence[Reading], path: Path) -> None:
    """Write the picture with the box and the answer of each digit; doubted ones are red."""
    from PIL import Image, ImageDraw, ImageFont

    sheet = Image.fromarray(picture).convert("RGB")
    scale = min(1.0, LONGEST / max(picture.shape))
    sheet = sheet.resize((max(1, round(sheet.width * scale)), max(1, round(sheet.height * scale))))
    brush = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=max(12, max(sheet.size) / 50))
    for reading in readings:
        assert reading.box is not None  # noqa: S101 - readings of a sheet have boxes
        top, left, height, width = (value * scale for value in reading.box)
        colour = DOUBTED if reading.doubt else SURE
        brush.rectangle(
            (left - 3, top - 3, left + width + 3, top + height + 3), outline=colour, width=2
        )
        answer = f"{reading.predicted}{'?' if reading.doubt else ''}"
        brush.text((left, top - 5), answer, fill=colour, font=font, anchor="ls")
    _save(sheet, path)


def _save(image: Any, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path)
    except ValueError as error:
        raise ArgumentError(f"{path} has no image extension, such as .png or .jpg.") from error
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror or error}.") from error
