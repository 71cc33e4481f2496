"""Tables of named choices: entries are found by name or alias, and described as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

from byhand import ArgumentError
from byhand.tables import Described, Table, build


@dataclass(frozen=True)
class Ball(Described):
    size: float = 1.0
    name: ClassVar[str] = "ball"


@dataclass(frozen=True)
class Box(Described):
    content: object = Ball()
    name: ClassVar[str] = "box"


def table():
    return Table("toy", {"ball": Ball, "Box": Box}, {"sphere": "ball"}, others=("kite",))


@pytest.mark.parametrize("name", ["ball", "Ball", "sphere", "SPHERE"])
def test_an_entry_is_found_by_name_or_alias_in_any_case(name):
    assert table().find(name) is Ball


@pytest.mark.parametrize("name", ["Box", "box", "BOX"])
def test_an_entry_with_capitals_is_found_in_any_case(name):
    assert table().find(name) is Box


def test_an_unknown_name_gets_the_known_ones():
    with pytest.raises(ArgumentError) as refused:
        table().find("bal")

    assert str(refused.value) == (
        "unknown toy 'bal'. Did you mean 'ball'? Choose from: ball, Box, sphere, kite."
    )


def test_a_new_entry_is_found_and_listed():
    toys = table()

    toys.add("marble", int)

    assert toys.find("Marble") is int
    assert list(toys) == ["ball", "Box", "marble"]


@pytest.mark.parametrize("name", ["ball", "BALL", "box", "sphere", "Sphere", "kite"])
def test_a_name_or_alias_that_exists_is_taken(name):
    toys = table()

    with pytest.raises(ArgumentError, match=f"the toy name '{name}' is taken; choose another"):
        toys.add(name, int)

    assert dict(toys) == dict(table())


def test_the_same_entry_may_be_added_again():
    toys = table()

    toys.add("ball", Ball)

    assert dict(toys) == dict(table())


def test_an_object_can_be_rebuilt_from_its_config():
    config = Ball(2.5).config()

    assert config == {"name": "ball", "size": 2.5}
    assert build(table(), config) == Ball(2.5)
    assert config == {"name": "ball", "size": 2.5}


def test_nested_objects_and_functions_are_described_as_plain_values():
    assert Box(Ball(3)).config() == {"name": "box", "content": {"name": "ball", "size": 3}}
    assert Box(print).config() == {"name": "box", "content": "print"}


def test_an_unknown_setting_is_a_type_error():
    with pytest.raises(TypeError, match="colour"):
        build(table(), {"name": "ball", "colour": "red"})
