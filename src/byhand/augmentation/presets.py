"""Augmentations by name, and their form on the command line: `elastic,shift=1,noise=0.05`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from byhand.augmentation.augmentation import Augmentation
from byhand.errors import ArgumentError, unknown_name
from byhand.tables import Table

Fields = Mapping[str, float]

AFFINE: Fields = {"shift": 2.0, "rotate": 10.0, "scale": 0.1}
ELASTIC: Fields = {
    "shift": 1.5,
    "rotate": 12.0,
    "scale": 0.15,
    "shear": 0.15,
    "elastic": 36.0,
    "sigma": 5.5,
}

PRESETS: Table[Fields] = Table("augmentation", {"affine": AFFINE, "elastic": ELASTIC})
"""Fields of an `Augmentation` by name: small movements, and those for the highest accuracy."""

SYNTAX = 'a name or fields, such as "affine", "shift=2,rotate=10" or "elastic,noise=0.05"'


def augmentation_from_text(text: str) -> dict[str, Any]:
    """Return the fields of an augmentation from a text like "elastic,shift=1".

    A name comes first and sets its fields; fields that follow override them. Fields that are not
    mentioned have the defaults of `Augmentation`, which are those of "affine".

    Raises:
        ArgumentError: an unknown name or field, or a value that is not a number.
    """
    parts = [part.strip() for part in text.split(",")]
    named = "=" not in parts[0]
    chosen: dict[str, Any] = dict(PRESETS.find(parts[0]) if named else AFFINE)
    for part in parts[1:] if named else parts:
        name, equals, value = (word.strip() for word in part.partition("="))
        if not equals:
            raise ArgumentError(f"an augmentation is {SYNTAX}; got {text!r}.")
        chosen[_known(name)] = _number(name, value)
    Augmentation(**chosen)  # to notice a wrong number now
    return chosen


def _known(name: str) -> str:
    known = [field.name for field in fields(Augmentation)]
    if name not in known:
        raise unknown_name("field of an augmentation", name, known)
    return name


def _number(name: str, value: str) -> float | int:
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    raise ArgumentError(f"{name} of an augmentation takes a number; got {value!r}.")
