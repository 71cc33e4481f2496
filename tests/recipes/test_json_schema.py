"""The JSON Schema accepts what reading a recipe accepts, and names its fields to editors."""

from __future__ import annotations

import json
import tomllib
from copy import deepcopy

import pytest

from byhand.errors import ByhandError
from byhand.recipes.check import check
from byhand.recipes.field_schema import argument_texts
from byhand.recipes.json_schema import recipe_schema
from byhand.recipes.recipe import read_recipe, shipped_recipes
from byhand.training import OPTIMIZERS, SCHEDULES

jsonschema = pytest.importorskip("jsonschema")


@pytest.fixture(scope="module")
def validator():
    schema = json.loads(json.dumps(recipe_schema()))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("name", shipped_recipes())
def test_every_recipe_fits(validator, name):
    validator.validate(tomllib.loads(read_recipe(name).text))


@pytest.mark.parametrize(
    ("table", "field", "value"),
    [
        ("data", "pool", "test"),
        ("data", "dateset", "mnist"),
        ("network", "layers", []),
        ("network", "layers", [{"fn": "relu"}]),
        ("network", "layers", [{"kind": "dropout"}]),
        ("network", "layers", [{"units": 0}]),
        ("network", "layers", [{"units": 10, "wide": True}]),
        ("network", "layers", [{"units": 10, "fn": "rulu"}]),
        ("network", "weight_init", "hee"),
        ("training", "epochs", 0),
        ("training", "epochs", 1.5),
        ("training", "batch_size", "some"),
        ("training", "optimizer", "adem"),
        ("training", "optimizer", {"name": "sgd", "beta1": 0.5}),
        ("training", "schedule", {"name": "step", "every": "often"}),
        ("training", "augmentation", {"rotation": 5}),
        ("training", "keep", "worst"),
    ],
)
def test_what_reading_refuses_is_marked(validator, table, field, value):
    recipe = deepcopy(dict(read_recipe("basic").values))
    validator.validate(recipe)
    recipe[table] = {**recipe[table], field: value}
    with pytest.raises(ByhandError):
        check(recipe, "recipe")
    assert not validator.is_valid(recipe)


@pytest.mark.parametrize("name", [*OPTIMIZERS])
def test_every_optimizer_is_offered_by_name_and_as_a_table(validator, name):
    recipe = deepcopy(dict(read_recipe("basic").values))
    for optimizer in (name, {"name": name, "learning_rate": 0.5}):
        recipe["training"]["optimizer"] = optimizer
        validator.validate(recipe)


@pytest.mark.parametrize("name", [*SCHEDULES, "reduce_on_plateau"])
def test_every_schedule_is_offered(validator, name):
    recipe = deepcopy(dict(read_recipe("basic").values))
    recipe["training"]["schedule"] = name
    validator.validate(recipe)


def test_every_field_is_described():
    for table in [recipe_schema(), *recipe_schema()["$defs"].values()]:
        undescribed = [name for name, field in table["properties"].items() if not described(field)]
        assert undescribed == []


def described(field):
    return "description" in field or "$ref" in field


def test_the_arguments_of_a_docstring_are_read_line_by_line():
    text = """Do it.

    Args:
        one: first
            and more.
        two: last.

    Raises:
        X: no.
    """
    assert argument_texts(text) == {"one": "first and more.", "two": "last."}
