from __future__ import annotations

import pytest

from byhand.augmentation import PRESETS, Augmentation, augmentation_from_text
from byhand.errors import ArgumentError


def test_a_name_gives_its_fields() -> None:
    for name, fields in PRESETS.items():
        assert augmentation_from_text(name) == fields


def test_affine_is_the_default() -> None:
    assert Augmentation(**augmentation_from_text("affine")) == Augmentation()
    assert Augmentation(**augmentation_from_text("noise=0.1")) == Augmentation(noise=0.1)


def test_fields_replace_those_of_the_name() -> None:
    text = " elastic , shift = 0.5,noise=0.1,erase=3"

    assert augmentation_from_text(text) == {
        **PRESETS["elastic"],
        "shift": 0.5,
        "noise": 0.1,
        "erase": 3,
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("elstic", "Did you mean 'elastic'"),
        ("elastic,shft=1", "Did you mean 'shift'"),
        ("elastic,shift", "such as"),
        ("shift=much", "shift.*takes a number; got 'much'"),
        ("shift=-1", "shift.*at least 0; got -1"),
        ("erase=1.5", "erase.*integer"),
        ("", "unknown augmentation"),
        ("elastic,", "such as"),
    ],
)
def test_mistakes_are_named(text, message) -> None:
    with pytest.raises(ArgumentError, match=message):
        augmentation_from_text(text)
