"""What the page carries: values and arrays that all sections share, and those of each section."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.data import Preparation
from byhand.errors import ArgumentError
from byhand.evaluation.subject import Subject
from byhand.evaluation.unit_rows import fitted
from byhand.report import selection
from byhand.report.network_entries import describe_network, network_arrays
from byhand.report.payload import compressed_size
from byhand.report.section import Contents, Options, Section, Values
from byhand.report.sections import all_sections

if TYPE_CHECKING:
    from byhand.data.dataset import Part

TRAIN_FRACTION = 0.3
"""Fraction of the images in the page that are training images."""

_UNIT_BYTES = 130  # size in the page of the numbers about one unit
_HEADER_BYTES = 30_000  # history, labels of the test images, confusion matrix


def collect(subject: Subject, options: Options, size_limit: int) -> tuple[Values, dict[str, Array]]:
    """Return the header and the arrays of the page.

    Args:
        subject: what the page shows.
        options: further facts about the run.
        size_limit: bytes that header and arrays may take.

    Raises:
        ArgumentError: training examples are missing, or have no labels.
    """
    train = _training_part(subject)
    subject = replace(subject, network=fitted(subject.network, train.images))
    shown, arrays = _examples(subject, train, size_limit)
    contents = Contents(subject, train, options, shown)
    scale = _scale(train.images, _peak(train.images))
    sections = {section.name: section.content(contents) for section in all_sections()}
    for content in sections.values():
        arrays |= content.pop("arrays", {})
    header = {
        "title": options.title or subject.title,
        "made": _made(),
        "data": _data(contents, scale),
        **describe_network(subject.network),
        "unusual": {
            "distance": selection.usual_distance(subject.images, arrays["train_images"], scale),
            "fraction": selection.USUAL_FRACTION,
        },
        "doubt": subject.network.facts.get("doubt"),
        "sections": [_heading(section, contents) for section in all_sections()],
        "contents": sections,
    }
    return header, arrays


def _training_part(subject: Subject) -> Part:
    if subject.train is None or subject.train.labels is None:
        raise ArgumentError(
            "the report needs training examples with labels: give the subject a train part."
        )
    return subject.train


def _heading(section: Section, contents: Contents) -> Values:
    words = {"title": section.title, "help": section.help}
    told = {key: text(contents) if callable(text) else text for key, text in words.items()}
    return {"name": section.name, "computes": section.computes, **told}


def _made() -> str:
    try:
        number = version("byhand")
    except PackageNotFoundError:
        number = "(not installed)"
    return f"Made by byhand {number} on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC."


# --- the data -----------------------------------------------------------------------------------


def _data(contents: Contents, scale: FloatArray) -> Values:
    subject = contents.subject
    return {
        "name": subject.name,
        "words": {
            "part": subject.evaluated_on,
            "one": subject.one,
            "many": subject.many,
            "caution": subject.caution,
        },
        "columns": subject.columns,
        "shape": _shape(subject),
        "classes": subject.classes,
        "peak": _peak(contents.train.images),
        "scale": scale,
        "preparation": _preparation(contents.options.preparation, contents),
    }


def _shape(subject: Subject) -> tuple[int, int]:
    """Return height and width; a table is one line."""
    return subject.size or (1, subject.images.shape[1])


def _preparation(known: Preparation | None, contents: Contents) -> Values | None:
    """Return the way from a drawing to these images, as the page reads it; None for tables."""
    subject, images = contents.subject, contents.train.images
    if subject.size is None or images.ndim != 3:
        return None
    if known is not None:
        return known.config()
    if subject.network.facts.get("preparation"):
        return Preparation.of(subject.network).config()
    factor = 255 / _peak(images)
    pixels = images if images.dtype == np.uint8 else (images * factor).clip(0, 255)
    return Preparation.for_images(pixels.astype(np.uint8), subject.name).config()


# --- examples in the page -----------------------------------------------------------------------


def _examples(subject: Subject, train: Part, size_limit: int) -> tuple[IntArray, dict[str, Array]]:
    """Choose the examples that fit into the page; return their numbers, and all their arrays."""
    rng = np.random.default_rng(subject.seed)
    weights, predicted = network_arrays(subject.network), subject.predictions
    order = selection.showing_order(
        predicted.labels, predicted.predicted, predicted.label_probability, rng
    )
    space = size_limit - _size_of(weights) - _HEADER_BYTES
    fitting = selection.how_many(_pixels(subject.images[order]), space)
    few = min(len(train), max(min(100, fitting // 2), int(TRAIN_FRACTION * fitting)))
    shown = order[: fitting - few]
    assert train.labels is not None  # noqa: S101 - checked by _training_part
    learnt = selection.train_sample(train.labels, few, rng)
    return shown, {
        **weights,
        "labels": predicted.labels.astype(np.uint16),
        "predictions": predicted.predicted.astype(np.uint16),
        "image_numbers": shown.astype(np.uint32),
        "images": _pixels(subject.images[shown]),
        "label_probabilities": predicted.label_probability[shown].astype(np.float32),
        "confidence": predicted.confidence[shown].astype(np.float32),
        "train_images": _pixels(train.images[learnt]),
        "train_labels": train.labels[learnt].astype(np.uint16),
    }


def _size_of(weights: Mapping[str, Array]) -> int:
    """Return the bytes that the weights, and the numbers about units, take in the page."""
    units = sum(len(values) for name, values in weights.items() if name.startswith("b"))
    return sum(map(compressed_size, weights.values())) + _UNIT_BYTES * units


def _pixels(images: Array) -> Array:
    """Return images as rows: uint8 where they are, float32 otherwise."""
    rows = images.reshape(len(images), -1)
    return rows if rows.dtype == np.uint8 else rows.astype(np.float32)


def _peak(images: Array) -> float:
    """Return the value of full ink: 255, or the largest value where all are much smaller."""
    largest = float(np.abs(images).max())
    return 255.0 if 128 < largest <= 255 else largest or 1.0


def _scale(images: Array, peak: float) -> FloatArray:
    """Return the unit of distances: full ink, or the range of each column of a table."""
    if images.ndim == 3:
        return np.array([peak])
    ranges: FloatArray = np.ptp(images, axis=0).astype(np.float64)
    return np.where(ranges > 0, ranges, 1.0)
