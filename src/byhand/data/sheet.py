"""A sheet with many digits: where each one is, line by line.

Ink is found as in a photograph of one digit. Pieces of ink that lie above each other are strokes of
the same digit. Digits form lines, read from left to right and from top to bottom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array
from byhand.data.clean_photograph import find_pieces
from byhand.errors import DataError

LONGEST = 1120  # the longer side of a sheet during the search for ink
SMALLEST = 0.015  # digits are at least this part of the longer side high; smaller is noise
SMALL = 0.3  # pieces less high and wide than this part of a usual digit are specks or dots
OVER = 0.5  # pieces lie above each other if they share this part of the narrower one's width ...
GAP = 0.35  # ... and no more than this part of a usual height is between them
TALLEST = 1.7  # a digit of several pieces is at most this many times as high as usual
LINE = 0.6  # digits of a line are at most this part of a usual height apart, up or down
SEVERAL = 3  # a picture with this many digits is treated as a sheet


@dataclass(frozen=True, eq=False)
class Found:
    """A digit on a sheet.

    Args:
        box: top, left, height and width in pixels of the picture.
        line: number of its line, from 0.
        ink: its ink, cropped, uint8 (height, width), 255 on 0.
    """

    box: tuple[int, int, int, int]
    line: int
    ink: Array


@dataclass
class _Box:
    top: float
    left: float
    bottom: float
    right: float
    pieces: list[int]

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    def joined(self, other: _Box) -> _Box:
        return _Box(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
            self.pieces + other.pieces,
        )


def find_digits(picture: Array, dark_ink: bool | None = None) -> list[Found]:
    """Return the digits of a sheet in the order of reading.

    Args:
        picture: uint8 (height, width), as the camera saw it.
        dark_ink: whether the ink is darker than its paper; by default found from the picture.

    Raises:
        DataError: no ink stands out from the paper.
    """
    ink, pieces = find_pieces(picture, dark_ink, LONGEST)
    boxes = _boxes(pieces)
    if not boxes or _usual_height(boxes) < SMALLEST * max(ink.shape):
        raise DataError("no ink stands out from the paper. Take the photograph in better light.")
    usual = _usual_height(boxes)
    digits = _joined([box for box in boxes if _counts(box, usual)], usual)
    scale = max(picture.shape) / max(ink.shape)
    found = []
    for number, line in enumerate(_lines(digits, usual)):
        for box in line:
            place = np.round(np.array([box.top, box.left, box.height, box.width]) * scale)
            top, left, height, width = (int(value) for value in place)
            rows = slice(int(box.top), int(box.bottom))
            columns = slice(int(box.left), int(box.right))
            own = np.isin(pieces[rows, columns], box.pieces)
            found.append(
                Found((top, left, height, width), number, np.where(own, ink[rows, columns], 0))
            )
    return found


def _boxes(pieces: Array) -> list[_Box]:
    """The box of each piece, 1 to the largest number."""
    rows, columns = np.nonzero(pieces)
    if not len(rows):
        return []
    numbers, of = np.unique(pieces[rows, columns], return_inverse=True)
    low = np.full((2, len(numbers)), np.iinfo(np.int64).max)
    high = np.zeros((2, len(numbers)), np.int64)
    for axis, values in enumerate((rows, columns)):
        np.minimum.at(low[axis], of, values)
        np.maximum.at(high[axis], of, values + 1)
    return [
        _Box(
            float(low[0, i]), float(low[1, i]), float(high[0, i]), float(high[1, i]), [int(number)]
        )
        for i, number in enumerate(numbers)
    ]


def _usual_height(boxes: list[_Box]) -> float:
    """The median height of the pieces at least half as high as the highest tenth."""
    heights = np.array([max(box.height, box.width) for box in boxes])
    return float(np.median(heights[heights >= np.quantile(heights, 0.9) / 2]))


def _counts(box: _Box, usual: float) -> bool:
    return max(box.height, box.width) >= SMALL * usual


def _joined(boxes: list[_Box], usual: float) -> list[_Box]:
    """Boxes of digits: the pieces of one are joined, the closest first."""
    boxes = sorted(boxes, key=lambda box: box.left)
    at = 0
    while at < len(boxes):
        other = next(
            (k for k in range(len(boxes)) if k != at and _are_one(boxes[at], boxes[k], usual)),
            None,
        )
        if other is None:
            at += 1
            continue
        joined = boxes[at].joined(boxes[other])
        boxes = [box for k, box in enumerate(boxes) if k not in (at, other)]
        boxes.append(joined)
        boxes.sort(key=lambda box: box.left)
        at = 0
    return boxes


def _are_one(a: _Box, b: _Box, usual: float) -> bool:
    """Whether two pieces are strokes of one digit."""
    shared = min(a.right, b.right) - max(a.left, b.left)
    between = max(a.top, b.top) - min(a.bottom, b.bottom)
    if shared < OVER * min(a.width, b.width) or a.joined(b).height > TALLEST * usual:
        return False
    whole = min(a.height, b.height) > 0.75 * usual  # two full digits are two
    return between < (0 if whole else GAP * usual)


def _lines(boxes: list[_Box], usual: float) -> list[list[_Box]]:
    """Boxes grouped into lines: a box joins the line that ends at about its height."""
    lines: list[list[_Box]] = []
    for box in sorted(boxes, key=lambda one: one.left):
        near = [line for line in lines if abs(line[-1].middle - box.middle) < LINE * usual]
        if near:
            min(near, key=lambda line: abs(line[-1].middle - box.middle)).append(box)
        else:
            lines.append([box])
    return sorted(lines, key=lambda line: float(np.mean([box.middle for box in line])))
