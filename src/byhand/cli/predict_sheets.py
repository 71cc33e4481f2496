"""`byhand predict --sheet`: every digit on a sheet, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from byhand.arrays import Array
from byhand.cli import printing
from byhand.cli.annotated_pictures import draw_sheet
from byhand.data import Preparation, read_images
from byhand.data.image_traits import Invert
from byhand.data.prepare_picture import PEN_KINDS
from byhand.data.sheet import SEVERAL, find_digits
from byhand.errors import ArgumentError, DataError
from byhand.evaluation.reading import Reading, read_sheet
from byhand.mlp import MultiLayerPerceptron
from byhand.readable import percent
from byhand.runs.models import Model


@dataclass(frozen=True, eq=False)
class _Sheet:
    path: Path
    picture: Array
    readings: list[Reading]


def predict_sheets(
    model: Model,
    inputs: list[Path],
    invert: Invert,
    show: Path | None,
    *,
    as_json: bool,
) -> None:
    """Read sheets, print their digits, and draw their boxes."""
    paths, pictures = read_images(inputs, invert=False)
    if show is not None and len(paths) > 1:
        raise ArgumentError("--show with --sheet draws one sheet; name one picture.")
    sheets = [_read(model.net, *one, invert) for one in zip(paths, pictures, strict=True)]
    if show is not None:
        draw_sheet(sheets[0].picture, sheets[0].readings, show)
        printing.note(f"wrote the boxes to {show}")
    if as_json:
        printing.json_lines([{**_as_json(sheet), "model": model.path} for sheet in sheets])
        return
    for sheet in sheets:
        if len(sheets) > 1:
            printing.line(str(sheet.path))
        _print(sheet)


def suggest(name: str, picture: Array, preparation: Preparation, *, doubted: bool) -> None:
    """Print that a photograph seems to show several digits; of two only if the answer is doubted.

    The pieces of one digit may look like two.
    """
    if preparation.kind not in PEN_KINDS:
        return
    try:
        count = len(find_digits(picture))
    except DataError:
        return
    if count >= SEVERAL or (doubted and count > 1):
        printing.note(f"{name} seems to hold {count} digits; use --sheet to read each of them")


def _read(net: MultiLayerPerceptron, path: Path, picture: Array, invert: Invert) -> _Sheet:
    try:
        dark_ink = None if invert == "auto" else invert
        return _Sheet(path, picture, read_sheet(net, picture, dark_ink=dark_ink))
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def _print(sheet: _Sheet) -> None:
    rows = [
        [
            one.line + 1 if one.line is not None else None,
            one.predicted,
            percent(one.confidence, 1),
            _place(one),
            {"unsure": "unsure", "strange": "unlike the training data"}.get(one.doubt, ""),
        ]
        for one in sheet.readings
    ]
    headings = ["line", "predicted", "confidence", "box", "doubt"]
    if not any(row[-1] for row in rows):
        headings, rows = headings[:-1], [row[:-1] for row in rows]
    printing.table(headings, rows, left=["box", "doubt"])
    for line in _lines(sheet.readings):
        printing.line(line)


def _lines(readings: list[Reading]) -> list[str]:
    """Return the predictions of each line as one word, with a question mark after doubted ones."""
    lines: dict[int, str] = {}
    for one in readings:
        answer = one.predicted + ("?" if one.doubt else "")
        lines[one.line or 0] = lines.get(one.line or 0, "") + answer
    return [f"line {number + 1}: {text}" for number, text in sorted(lines.items())]


def _place(reading: Reading) -> str:
    top, left, height, width = reading.box or (0, 0, 0, 0)
    return f"{width} x {height} at {left}, {top}"


def _as_json(sheet: _Sheet) -> dict[str, Any]:
    digits = [
        {
            "line": one.line,
            "box": one.box,
            "class": one.label,
            "predicted": one.predicted,
            "probabilities": one.probabilities,
            "doubt": one.doubt or None,
        }
        for one in sheet.readings
    ]
    return {"image": str(sheet.path), "digits": digits}
