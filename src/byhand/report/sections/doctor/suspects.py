"""The doctor's suspects: examples whose label is doubtful, and repeated examples."""

from __future__ import annotations

from typing import Any

import numpy as np

from byhand.arrays import Array
from byhand.data import Part
from byhand.evaluation.copies import repeated_examples
from byhand.evaluation.label_suspects import label_suspects
from byhand.evaluation.predictions import predictions
from byhand.report.all_sections import Contents
from byhand.report.choose_examples import as_rows
from byhand.report.tasks import has_rows_of_targets

MOST = 24
"""Largest number of examples of each kind."""

BYTES = 400_000
"""Largest size of the examples of each kind, before they are compressed."""


def suspects(contents: Contents) -> tuple[list[dict[str, Any]], Array]:
    """Return facts about the suspected examples of both parts, worst first, and their inputs."""
    subject = contents.subject
    if has_rows_of_targets(subject):
        return [], as_rows(subject.images[:0])
    parts = {"training": contents.train, subject.evaluated_on: subject.test}
    found = sorted(
        (one for name, part in parts.items() for one in _doubted(contents, name, part)),
        key=lambda one: float(one["probability"]),
    )
    chosen = [*_limited(found, parts), *_repeated("training", contents.train, parts)]
    rows = [as_rows(parts[one["part"]].images[[one["row"]]]) for one in chosen]
    return chosen, np.concatenate(rows) if rows else as_rows(subject.images[:0])


def _doubted(contents: Contents, name: str, part: Part) -> list[dict[str, Any]]:
    assert part.labels is not None  # noqa: S101 - both parts have labels
    subject = contents.subject
    known = predictions(subject.network, part.images, part.labels, subject.class_names)
    found = label_suspects(known.labels, known.probabilities)
    return [
        {
            "kind": "label",
            "part": name,
            "row": int(row),
            "label": int(known.labels[row]),
            "likely": int(likely),
            "probability": float(given),
        }
        for row, likely, given in zip(
            found.rows[:MOST], found.suggested, found.label_probability, strict=False
        )
    ]


def _repeated(name: str, part: Part, parts: dict[str, Part]) -> list[dict[str, Any]]:
    """Return one example of each group of equal ones, the largest groups first."""
    assert part.labels is not None  # noqa: S101 - both parts have labels
    groups = sorted(repeated_examples(part.images), key=len, reverse=True)
    found = [
        {
            "kind": "repeated",
            "part": name,
            "row": int(group[0]),
            "label": int(part.labels[group[0]]),
            "copies": len(group),
        }
        for group in groups
    ]
    return _limited(found, parts)


def _limited(found: list[dict[str, Any]], parts: dict[str, Part]) -> list[dict[str, Any]]:
    """Return as many of the examples as fit into the page."""
    largest = max(part.images[:1].nbytes for part in parts.values())
    return found[: min(MOST, BYTES // max(largest, 1))]
