"""The space of a search: lists and ranges, and the settings of a recipe by short names."""

from __future__ import annotations

import pytest

from byhand.errors import ArgumentError
from byhand.recipes.recipe import parse_recipe, read_recipe
from byhand.recipes.search_settings import with_settings
from byhand.recipes.search_space import (
    Choices,
    Range,
    as_toml,
    combinations,
    parse_dimension,
    read_dimension,
)

OPTIONS = [
    ("l2=0.001,5e-5,.5", "l2", Choices((0.001, 0.00005, 0.5))),
    ("units = 16..512 log", "units", Range(16, 512, log=True, whole=True)),
    ("learning_rate=1e-4..1e-1 log", "learning_rate", Range(0.0001, 0.1, log=True)),
    ("dropout=0..1", "dropout", Range(0, 1)),
    ("layers=300,128-64,none", "layers", Choices(("300", "128-64", "none"))),
    ("optimizer=adam,sgd", "optimizer", Choices(("adam", "sgd"))),
    ("drop_last=true,false", "drop_last", Choices((True, False))),
    ("batch_size=32,all", "batch_size", Choices((32, "all"))),
]


@pytest.mark.parametrize(("text", "setting", "expected"), OPTIONS, ids=[one[0] for one in OPTIONS])
def test_an_option_gives_a_setting_and_its_values(text, setting, expected):
    assert parse_dimension("--over", text) == (setting, expected)


@pytest.mark.parametrize("text", [one[0] for one in OPTIONS])
def test_a_dimension_written_to_a_recipe_is_read_as_the_same(text):
    setting, dimension = parse_dimension("--over", text)

    assert read_dimension(setting, as_toml(dimension)) == dimension


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("l2", r"--over takes NAME=VALUES, as in l2=0.001,0.0001 .*; got 'l2'"),
        ("l2=", "takes NAME=VALUES"),
        ("l2=3..1", "'3..1' does not go up"),
        ("l2=1..1", "does not go up"),
        ("l2=0..1 log", "a logarithmic range begins above 0; got 0"),
        ("l2=a..b", "takes a list of values, or a range"),
        ("layers=1..3", "search.layers takes a list of values, and has no range"),
        ("l2=1..1e999", "does not go up"),
    ],
)
def test_invalid_values_get_a_message(text, message):
    with pytest.raises(ArgumentError, match=message):
        parse_dimension("--over", text)


def test_every_combination_comes_once():
    space = {"l2": Choices((1, 2)), "learning_rate": Choices((0.1,))}

    found = list(combinations(space))

    assert found == [{"l2": 1, "learning_rate": 0.1}, {"l2": 2, "learning_rate": 0.1}]


def test_a_grid_that_would_never_end_is_refused():
    with pytest.raises(ArgumentError, match="1,000,000 combinations, and at most 10,000"):
        list(combinations({name: Choices(tuple(range(100))) for name in "abc"}))


def test_a_range_has_no_combinations():
    with pytest.raises(ArgumentError, match="a range has no combinations"):
        list(combinations({"l2": Range(0, 1)}))


# --- settings of a recipe -----------------------------------------------------------------------

RELU = {"units": 300, "fn": "relu"}
LAST = {"units": "classes", "fn": "softmax"}


def layers(**settings):
    return with_settings(read_recipe("basic"), settings).values["network"]["layers"]


@pytest.mark.parametrize(
    ("settings", "hidden"),
    [
        ({"units": 32}, [{"units": 32, "fn": "relu"}]),
        ({"depth": 2}, [RELU, RELU]),
        ({"depth": 0}, []),
        ({"depth": 2, "units": 32}, [{"units": 32, "fn": "relu"}] * 2),
        ({"layers": "128-64"}, [{"units": 128, "fn": "relu"}, {"units": 64, "fn": "relu"}]),
        ({"layers": "none"}, []),
        ({"layers": 50}, [{"units": 50, "fn": "relu"}]),
        ({"activation": "tanh"}, [{"units": 300, "fn": "tanh"}]),
        ({"dropout": 0.2}, [RELU, {"kind": "dropout", "rate": 0.2}]),
        ({"dropout": 0}, [RELU]),
        (
            {"depth": 1, "activation": "tanh", "dropout": 0.5},
            [{"units": 300, "fn": "tanh"}, {"kind": "dropout", "rate": 0.5}],
        ),
    ],
)
def test_hidden_layers_are_changed_together(settings, hidden):
    assert layers(**settings) == [*hidden, LAST]


def test_dropout_and_activation_of_the_recipe_stay_when_the_units_change():
    recipe = with_settings(read_recipe("basic"), {"dropout": 0.3, "activation": "tanh"})

    found = with_settings(recipe, {"depth": 2}).values["network"]["layers"]

    assert found[:-1] == [{"units": 300, "fn": "tanh"}, {"kind": "dropout", "rate": 0.3}] * 2


def test_fields_and_options_of_the_recipe_are_changed_by_name():
    settings = {
        "l2": 0.1,
        "weight_init": "zeros",
        "training.optimizer.beta1": 0.8,
        "training.early_stopping.patience": 3,
    }
    recipe = read_recipe("l2-search").changed({"search": None})

    found = with_settings(recipe, settings).values

    assert found["training"]["l2"] == 0.1
    assert found["network"]["weight_init"] == "zeros"
    assert found["training"]["optimizer"] == {"name": "adam", "beta1": 0.8}
    assert found["training"]["early_stopping"] == {"patience": 3}


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("depth", -1, "depth takes a number of hidden layers, 0 to 100; got -1"),
        ("depth", 1.5, "depth takes a number"),
        ("units", 0, "units"),
        ("activation", "reul", "Did you mean 'relu'"),
        ("training.l2.x", 1, "training.l2.x cannot be searched: the recipe has no table"),
        ("training.optimizer.beta9", 1, "unknown option of adam 'beta9'"),
    ],
)
def test_a_setting_that_cannot_be_has_a_message(setting, value, message):
    with pytest.raises(ArgumentError, match=message):
        with_settings(read_recipe("basic"), {setting: value})


TEXT = read_recipe("basic").text


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("units = [8]", None),
        ('learning_rate = "1e-4..1e-1 log"', None),
        ('"training.optimizer.beta1" = [0.8]', None),
        ("unit = [8]", "unknown setting to search 'unit'. Did you mean 'units'?"),
        ('"training.x" = [8]', "unknown field of training to search 'x'"),
        ('"data.rows" = [8]', "no field of data can be searched"),
        ('l2 = "much"', "search.l2 takes a list of values, or a range"),
    ],
)
def test_the_table_of_a_recipe_names_settings(line, message):
    text = f"{TEXT}\n[search]\n{line}\n"
    if message is None:
        assert parse_recipe(text, "mine").spec.space
        return
    with pytest.raises(ArgumentError) as caught:
        parse_recipe(text, "mine")
    assert message in str(caught.value)
