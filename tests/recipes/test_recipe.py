"""Recipes are read strictly, and their mistakes are named."""

from __future__ import annotations

import time
import tomllib
from importlib import resources

import pytest

from byhand.data.known_datasets import is_known, known_dataset
from byhand.errors import ArgumentError, FileError, FormatError
from byhand.network.layers import LAYERS
from byhand.recipes import recipe
from byhand.recipes.recipe import (
    Recipe,
    is_shipped,
    parse_recipe,
    published_recipes,
    read_recipe,
    shipped_recipes,
)
from byhand.runs.build_network import network_for

DIGITS = [str(k) for k in range(10)]

# What the sources published: widths, epochs, batch size and figures.
SOURCES = {
    "mini-batches": ([784, 16, 10], 20, 64, {}),
    "full-batch": (
        [784, 10, 10], 1000, "all", {"train_accuracy": 0.881056, "validation_accuracy": 0.8805},
    ),
    "full-batch-fashion": ([784, 10, 10], 1000, "all", {}),
    "augmentation": ([784, 300, 10], 20, 64, {"test_accuracy": 0.97}),
    "leaky-relu": (
        [784, 10, 10], 3000, "all",
        {"train_accuracy": 0.9027, "test_accuracy": 0.906, "seconds": 600},
    ),
    "deeper": (
        [784, 64, 32, 10], 250, "all", {"train_accuracy": 0.9241, "test_accuracy": 0.927},
    ),
    "momentum": (
        [784, 10, 10], 250, "all", {"train_accuracy": 0.8951, "test_accuracy": 0.89},
    ),
    "adam": ([784, 10, 10], 40, 128, {"train_accuracy": 0.9525, "test_accuracy": 0.927}),
    "adam-deeper": (
        [784, 64, 64, 32, 10], 20, 128, {"train_accuracy": 0.9999, "test_accuracy": 0.9711},
    ),
    "l2-search": (
        [784, 512, 256, 128, 10], 40, 64,
        {"validation_accuracy": 0.9794, "train_accuracy": 0.9997},
    ),
    "l2-search-descent": (
        [784, 512, 256, 128, 10], 2000, 64,
        {"validation_accuracy": 0.9794, "train_accuracy": 0.9997},
    ),
    "full-batch-adam": (
        [784, 10, 10], 500, "all", {"train_accuracy": 0.9525, "test_accuracy": 0.927},
    ),
    "damped-momentum": (
        [784, 10, 10], 3000, "all", {"train_accuracy": 0.8951, "test_accuracy": 0.89},
    ),
}  # fmt: skip


# --- the shipped ones ---------------------------------------------------------------------------


def test_every_toml_file_is_a_recipe():
    files = {file.name for file in resources.files("byhand.recipes").iterdir()}

    assert {name for name in files if name.endswith(".toml")} == {
        f"{n}.toml" for n in shipped_recipes()
    }


def test_a_toml_file_is_all_that_a_new_recipe_needs(tmp_path, monkeypatch, small):
    for name, order in (("late", ""), ("second", "order = 2\n"), ("first", "order = 1\n")):
        (tmp_path / f"{name}.toml").write_text(order + small.text)
    monkeypatch.setattr("byhand.recipes.recipe.resources.files", lambda _: tmp_path)
    recipe._shipped_files.cache_clear()
    shipped_recipes.cache_clear()
    try:
        assert shipped_recipes() == ("first", "second", "late")
        assert read_recipe("late").spec.title == small.spec.title
    finally:
        recipe._shipped_files.cache_clear()
        shipped_recipes.cache_clear()


def test_every_recipe_has_a_place_of_its_own_in_the_list():
    orders = [read_recipe(name).spec.order for name in shipped_recipes()]

    assert orders == list(range(1, len(orders) + 1))


@pytest.mark.parametrize("name", ["../pyproject", "/etc/passwd", "basic.toml", ""])
def test_only_a_plain_name_is_that_of_a_shipped_recipe(name):
    assert not is_shipped(name)


@pytest.mark.parametrize("name", shipped_recipes())
def test_every_recipe_says_at_its_top_what_it_teaches_and_where_it_comes_from(name):
    recipe = read_recipe(name)
    comment = recipe.text.partition("\n\n")[0]

    assert comment.startswith("# ")
    assert recipe.spec.title
    assert recipe.spec.teaches
    assert all(len(line) <= 100 for line in recipe.text.splitlines())


@pytest.mark.parametrize("name", shipped_recipes())
def test_every_recipe_builds_its_network(name):
    recipe = read_recipe(name)

    net = network_for(recipe, (28, 28), DIGITS, 0, "data")

    assert net.widths_of_dense()[0] == 784
    assert net.widths_of_dense()[-1] == 10
    assert net.seed == 0


@pytest.mark.parametrize("name", SOURCES)
def test_a_recipe_is_what_its_source_says(name):
    widths, epochs, batch_size, published = SOURCES[name]
    recipe = read_recipe(name)
    training = recipe.spec.training

    assert network_for(recipe, (28, 28), DIGITS, 0, "data").widths_of_dense() == widths
    assert (training.epochs, training.batch_size) == (epochs, batch_size)
    assert recipe.spec.published == published


def test_all_that_have_a_source_are_reproduced():
    assert published_recipes() == list(SOURCES)


def test_kaggles_notebook_drops_the_last_short_batch():
    training = read_recipe("mini-batches").spec.training

    assert training.drop_last
    assert 60_000 // training.batch_size == 937


@pytest.mark.parametrize("name", ["full-batch", "full-batch-fashion"])
def test_fun_mnist_starts_anywhere_and_validates_on_a_tenth(name):
    spec = read_recipe(name).spec

    assert spec.network.weight_init == "uniform"
    assert spec.data.validation == 0.1
    assert spec.training.learning_rate == 0.1
    assert spec.training.optimizer.name == "sgd"
    assert "np.sum(dZ)" in read_recipe("full-batch").text  # its bug is named


def test_the_augmenting_recipe_moves_images_and_lowers_its_learning_rate():
    spec = read_recipe("augmentation").spec

    assert {"shift", "rotate", "scale"} <= set(spec.training.augmentation.options)
    assert spec.training.schedule.name == "exponential"
    assert spec.training.keep == "best"
    assert spec.network.bias_init == "small_constant"


@pytest.mark.parametrize("name", ["leaky-relu", "deeper", "momentum", "adam"])
def test_kaggles_images_are_split_as_in_the_source(name):
    data = read_recipe(name).spec.data

    assert (data.rows, data.test) == (42_000, 1_000)
    assert not is_known(data.dataset)
    assert known_dataset(data.instead).name == "mnist"


def test_the_search_is_over_the_strengths_of_the_source():
    spec = read_recipe("l2-search").spec

    assert spec.search == {"l2": [0.001, 0.0001, 0.00005]}
    assert (spec.data.pool, spec.data.validation, spec.data.test) == ("train+test", 7_000, 7_000)
    assert spec.training.early_stopping.options == {"patience": 30}
    assert spec.training.keep == "best"


# --- your own -----------------------------------------------------------------------------------


def test_a_recipe_of_your_own_is_read_by_its_path(tmp_path, small):
    path = tmp_path / "mine.toml"
    path.write_text(small.text)

    recipe = read_recipe(path)

    assert recipe.name == "mine"
    assert recipe.spec == small.spec
    assert recipe.folder == tmp_path


def test_written_out_and_read_again_a_recipe_is_the_same():
    for name in shipped_recipes():
        recipe = read_recipe(name)
        assert tomllib.loads(recipe.to_toml("A comment.")) == recipe.values


def test_strings_and_lists_survive_being_written(small):
    values = {"text": 'quotes " and \\ and ü', "list": [[1, 2], ["a", True]], "table": {"x": 1e-05}}

    recipe = Recipe("name", values, small.spec, "")

    assert tomllib.loads(recipe.to_toml("Heading")) == values


def test_a_changed_recipe_is_checked_again(small):
    assert small.changed({"training.epochs": 9}).spec.training.epochs == 9
    assert small.spec.training.epochs == 4
    assert small.changed({"training.learning_rate": None}).spec.training.learning_rate is None
    with pytest.raises(ArgumentError, match=r"training\.epochs"):
        small.changed({"training.epochs": 0})


def test_layers_of_every_kind_can_be_named(small):
    layers = [
        {"units": 8, "fn": "leaky_relu", "slope": 0.2, "weight_init": "glorot"},
        {"kind": "dropout", "rate": 0.2},
        {"units": 8},
        {"kind": "batch_norm", "fn": "relu"},
        {"kind": "noise", "deviation": 0.1},
        {"units": 8},
        {"kind": "layer_norm", "fn": "tanh"},
        {"units": 10, "fn": "softmax"},
    ]
    recipe = small.changed({"network.layers": layers})

    net = network_for(recipe, (8, 8), DIGITS, 0, "digits")

    assert {layer.kind for layer in net.layers[1:]} == set(LAYERS)


# --- files that are not recipes -------------------------------------------------------------------


def test_an_unknown_recipe_gets_the_nearest_name():
    with pytest.raises(
        ArgumentError, match=r"unknown recipe 'full-bach'\. Did you mean 'full-batch'"
    ):
        read_recipe("full-bach")


def test_a_recipe_without_end_is_not_read():
    with pytest.raises(FileError, match="/dev/zero cannot be read: it is a pipe or a device"):
        read_recipe("/dev/zero")


def test_the_home_of_nobody():
    with pytest.raises(FileError, match="there is no home folder for ~nobody-at-all/mine"):
        read_recipe("~nobody-at-all/mine.toml")


def test_a_missing_recipe(tmp_path):
    with pytest.raises(FileError, match=r"the recipe .*gone\.toml cannot be read: No such file"):
        read_recipe(tmp_path / "gone.toml")


@pytest.mark.parametrize("content", [b"title = ", b"\xff\xfe\x00", b"title = 'a'\ntitle = 'b'"])
def test_a_file_that_is_not_toml(tmp_path, content):
    path = tmp_path / "bad.toml"
    path.write_bytes(content)

    with pytest.raises(FormatError, match=r"bad\.toml is not"):
        read_recipe(path)


def test_a_number_of_outputs_that_differs_from_the_classes(small):
    recipe = small.changed({"network.layers": [{"units": 7, "fn": "softmax"}]})

    with pytest.raises(ArgumentError, match="ends in 7 outputs, but digits has 10 classes"):
        network_for(recipe, (8, 8), DIGITS, 0, "digits")


TRAPS = {
    "a long word": "9" * 60_000,
    "many words": "a " * 30_000,
    "many dots": "a" + ".a" * 30_000 + " = 1",
    "dots and words": ("a" * 50 + "." + "b" * 50 + " ") * 500,
    "quotes": "'" * 60_000,
    "spaces": "a" + " " * 60_000 + ".",
    "blanks between dots": "a . " * 15_000,
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_text_that_is_slow_to_search_is_refused_at_once(trap):
    began = time.process_time()

    with pytest.raises(FormatError):
        parse_recipe(TRAPS[trap], "trap")

    assert time.process_time() - began < 0.5


@pytest.mark.parametrize("value", ['"' + "9" * 60_000 + '"', '"1..' + "9" * 60_000 + ' x"'])
def test_a_range_that_is_slow_to_search_is_refused_at_once(value):
    began = time.process_time()

    with pytest.raises(ArgumentError, match="or a range such as"):
        parse_recipe(f"{read_recipe('basic').text}\n[search]\nl2 = {value}\n", "trap")

    assert time.process_time() - began < 0.5


@pytest.mark.parametrize("depth", [60, 180, 30_000])
def test_deeply_nested_values_are_refused(depth):
    value = "[" * depth + "]" * depth

    with pytest.raises(FormatError, match="nested too deeply"):
        parse_recipe(f"{read_recipe('basic').text}\n[search]\nl2 = {value}\n", "trap")


@pytest.mark.parametrize("number", ["0x" + "f" * 4500, "0b1" + "_0" * 3000])
def test_a_number_of_thousands_of_digits_is_refused(number):
    with pytest.raises(FormatError, match="more than 1,000 digits"):
        parse_recipe(f"title = 't'\n[data]\ntest = {number}\n", "long")
