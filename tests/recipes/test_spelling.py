"""Advice in Python becomes what a recipe takes."""

from __future__ import annotations

import tomllib

import pytest

from byhand.recipes.recipe import read_recipe
from byhand.recipes.spelling import in_recipe_words


@pytest.mark.parametrize(
    ("advice", "line"),
    [
        ("l2=1e-4", "training.l2 = 1e-4"),
        ("learning_rate=0.05", "training.learning_rate = 0.05"),
        ('class_weight="balanced"', 'training.class_weight = "balanced"'),
        ("augment=Augmentation(shift=2, rotate=10)", None),
        ("EarlyStopping(patience=5)", None),
        ('InputLayer(units, "standardise")', None),
        ('InputLayer(units, normalisation="pixels")', None),
        ("CategoricalCrossEntropy(label_smoothing=0.1)", None),
        ("validation_split=0.1", None),
    ],
)
def test_what_is_advised_is_a_field_of_a_recipe(advice, line):
    tables = {"loss": "network", "validation": "data"}
    said = in_recipe_words(advice)
    table = tables.get(said.split(" ")[0], "training")
    change = tomllib.loads(said if said.startswith("network.") else f"{table}.{said}")
    ((table, _),) = change.items()
    ((field, value),) = change[table].items()

    assert line is None or f"{table}.{said}" == line
    read_recipe("basic").changed({f"{table}.{field}": value})


def test_layers_are_spelled_as_tables():
    assert in_recipe_words("DropoutLayer(0.3)") == '{ kind = "dropout", rate = 0.3 }'
    assert in_recipe_words("or BatchNormLayer between") == 'or { kind = "batch_norm" } between'


def test_what_is_spelled_right_already_stays():
    advice = "Look at the rows named and correct them."

    assert in_recipe_words(advice) == advice
