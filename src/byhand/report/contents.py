"""The contents of the page: values and arrays shared by all sections, and those of each section.

`report/all_sections.py` finds the sections, `report/sections/NAME/section.py`, and orders them by
their places.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.data import Preparation
from byhand.errors import ArgumentError
from byhand.evaluation.subject import Subject
from byhand.evaluation.unit_rows import fitted
from byhand.report import choose_examples
from byhand.report.all_sections import Contents, Section, Values, all_sections
from byhand.report.examples import with_classes, with_values
from byhand.report.network_entries import describe_network, network_arrays
from byhand.report.options import Options
from byhand.report.payload import compressed_size
from byhand.report.snapshots import carried, moments
from byhand.report.tasks import has_rows_of_targets, output_names

if TYPE_CHECKING:
    from byhand.data.dataset import Part

MOST_WEIGHTS = 8_000_000
"""Largest size in bytes of the weights in the page; larger networks are described, not run."""

SNAPSHOT_FRACTION = 0.6
"""Fraction of the page, excluding the weights, for snapshots of earlier weights."""

MOMENT_BYTES, RIVAL_BYTES = 2.0, 8.0
"""Bytes per image for each snapshot, and for another network."""

_UNIT_BYTES = 130  # bytes in the page for the numbers about one unit
_HEADER_BYTES = 30_000  # history, labels of the test images, confusion matrix


def collect(subject: Subject, options: Options, size_limit: int) -> tuple[Values, dict[str, Array]]:
    """Return the header and the arrays of the page.

    Args:
        subject: the subject of the page.
        options: further facts about the run.
        size_limit: bytes that header and arrays may take.

    Raises:
        ArgumentError: training examples are missing, or have no labels.
    """
    train = _training_part(subject)
    subject = replace(subject, network=fitted(subject.network, train.images))
    weights, left_out = _weights(subject)
    if left_out or has_rows_of_targets(subject):
        options = replace(options, snapshots=())
    doubt = subject.network.facts.get("doubt")
    size_limit -= _size_of(weights) + _HEADER_BYTES + len(json.dumps(doubt))
    chosen = moments(subject.network, options.snapshots, int(SNAPSHOT_FRACTION * size_limit))
    size_limit -= sum(one.size() for one in chosen)
    if has_rows_of_targets(subject):
        shown, arrays = with_values(subject, train, size_limit)
    else:
        more = MOMENT_BYTES * len(chosen) + (RIVAL_BYTES if options.rival else 0)
        shown, arrays = with_classes(subject, train, size_limit, options.rival, more)
    snapshots, codes = carried(subject, chosen, shown, _epoch(subject, options))
    contents = Contents(subject, train, options, shown)
    sections = [section for section in all_sections() if section.applies(contents)]
    values, section_arrays = _section_contents(sections, contents)
    arrays |= {**weights, **codes, **section_arrays}
    scale = _scale(train.images, _peak(train.images))
    header = {
        "title": options.title or subject.title,
        "made": _made(),
        "data": _data(contents, scale),
        **describe_network(subject.network),
        "left_out": left_out,
        "snapshots": snapshots,
        "unusual": {
            "distance": choose_examples.usual_distance(
                subject.images, arrays["train_images"], scale
            ),
            "fraction": choose_examples.USUAL_FRACTION,
        },
        "doubt": doubt,
        "sections": [_heading(section, contents) for section in sections],
        "contents": values,
    }
    return header, arrays


def _weights(subject: Subject) -> tuple[dict[str, Array], str | None]:
    """Return the network's arrays; if they are too large, none and the reason."""
    weights = network_arrays(subject.network)
    if _size_of(weights) <= MOST_WEIGHTS:
        return weights, None
    count = subject.network.parameters.vector.size
    return {}, f"a network of {count:,} weights, which would make it too large"


def _section_contents(
    sections: Sequence[Section], contents: Contents
) -> tuple[dict[str, Values | None], dict[str, Array]]:
    """Return the values of each section by its name, and the arrays of all sections."""
    values, arrays = dict[str, Values | None](), dict[str, Array]()
    for section in sections:
        values[section.name] = content = section.content(contents)
        arrays |= content.pop("arrays", {}) if content is not None else {}
    return values, arrays


def _training_part(subject: Subject) -> Part:
    if subject.train is None or subject.train.labels is None:
        raise ArgumentError(
            "the report needs training examples with labels: give the subject a train part."
        )
    return subject.train


def _epoch(subject: Subject, options: Options) -> int:
    """Return the epoch of the network's own weights."""
    if options.epoch is not None:
        return options.epoch
    return max((len(column) for column in (subject.history or {}).values()), default=0)


def _heading(section: Section, contents: Contents) -> Values:
    words = {"title": section.title, "heading": section.heading, "help": section.help}
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
        "task": subject.network.task,
        "classes": output_names(subject) if has_rows_of_targets(subject) else subject.classes,
        "peak": _peak(contents.train.images),
        "scale": scale,
        "preparation": _preparation(contents.options.preparation, contents),
    }


def _shape(subject: Subject) -> tuple[int, int]:
    """Return height and width; a table is one line."""
    return subject.size or (1, subject.images.shape[1])


def _preparation(known: Preparation | None, contents: Contents) -> Values | None:
    """Return the preparation of drawings in the page's form; None for tables."""
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


def _size_of(weights: Mapping[str, Array]) -> int:
    """Return the bytes of the weights, and of the numbers about units, in the page."""
    units = sum(len(values) for name, values in weights.items() if name.startswith("b"))
    return sum(map(compressed_size, weights.values())) + _UNIT_BYTES * units


def _peak(images: Array) -> float:
    """Return the value of full ink: 255, or the largest value if all are much smaller."""
    largest = max(abs(float(images.min())), abs(float(images.max())))
    return 255.0 if 128 < largest <= 255 else largest or 1.0


def _scale(images: Array, peak: float) -> FloatArray:
    """Return the unit of distances: full ink, or the range of each column of a table."""
    if images.ndim == 3:
        return np.array([peak])
    ranges: FloatArray = (images.max(axis=0) - images.min(axis=0)).astype(np.float64)
    return np.where(ranges > 0, ranges, 1.0)
