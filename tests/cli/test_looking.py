"""The commands that only read: recipes, data, summary, gradcheck."""

from __future__ import annotations

import gzip
import tomllib
from pathlib import Path

import numpy as np
import pytest

from byhand import load_dataset
from byhand.data.formats.idx import encode_idx
from byhand.network.activations import ACTIVATIONS
from byhand.network.layers import LAYERS
from byhand.network.losses import LOSSES
from byhand.recipes.recipe import read_recipe, shipped_recipes

# --- recipes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("recipes",), ("recipes", "list")])
def test_recipes_are_listed_with_their_figures(byhand, words):
    said = byhand(*words)

    assert said.code == 0
    assert [line.split()[0] for line in said.out.splitlines()[1:]] == list(shipped_recipes())
    assert "train 88.11, validation 88.05" in said.out


def test_recipes_as_json(byhand):
    found = byhand("recipes", "list", "--json").json

    assert [entry["name"] for entry in found] == list(shipped_recipes())
    assert found == byhand("recipes", "--json").json


def test_a_recipe_is_shown_word_for_word(byhand, tmp_path):
    said = byhand("recipes", "show", "augmentation")
    (tmp_path / "mine.toml").write_text(said.out)

    assert said.out.startswith("# Augmentation")
    assert tomllib.loads(said.out) == read_recipe("augmentation").values
    assert byhand("recipes", "show", "mine.toml").out == said.out
    assert byhand("recipes", "check", "mine.toml").code == 0


def test_a_mistake_in_a_recipe_is_found_without_training(byhand, tmp_path):
    text = byhand("recipes", "show", "basic").out.replace("epochs", "epoch")
    (tmp_path / "mine.toml").write_text(text)

    said = byhand("recipes", "check", "mine.toml")

    assert said.code == 2
    assert "unknown field 'training.epoch'. Did you mean 'epochs'?" in said.err


# --- data ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("data",), ("data", "list")])
def test_data_are_listed_with_where_they_are(byhand, words):
    said = byhand(*words)

    assert said.code == 0
    assert "not downloaded, 11.6 MB" in said.out
    assert "(package)" in said.out


def test_data_as_json(byhand):
    found = {entry["name"]: entry for entry in byhand("data", "list", "--json").json}

    assert found["digits"]["found"]
    assert not found["mnist"]["found"]
    assert found["mnist"]["train"] == 60_000


def test_info_tells_sizes_classes_and_credit(byhand):
    said = byhand("data", "info", "digits")
    found = byhand("data", "info", "digits", "--json").json

    assert "CC BY 4.0" in said.out
    assert found["train"] == 1437
    assert found["sha256"] == load_dataset("digits").sha256


def test_info_of_your_own_files(byhand, tmp_path):
    np.savetxt(
        tmp_path / "mine.csv", [[0, 1, 2], [1, 3, 4]], "%d", ",", header="y,a,b", comments=""
    )

    found = byhand("data", "info", "mine.csv", "--json").json

    assert (found["train"], found["image_shape"]) == (2, [2])


def test_digits_are_verified(byhand):
    said = byhand("data", "verify", "digits")

    assert said.code == 0
    assert "sound" in said.out


def test_files_that_differ_are_listed_with_exit_code_1(byhand, tmp_path):
    folder = tmp_path / "data" / "mnist"
    folder.mkdir(parents=True)
    for part, count in (("train", 60_000), ("t10k", 10_000)):
        images = np.zeros((count, 28, 28), np.uint8)
        with gzip.open(folder / f"{part}-images-idx3-ubyte.gz", "wb", 0) as file:
            file.write(encode_idx(images))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(b"broken")

    said = byhand("data", "verify", "mnist", "--data-dir", tmp_path / "data", "--json")

    assert said.code == 1
    assert [entry["status"] for entry in said.json] == ["different", "broken"] * 2


def test_a_table_for_regression_is_described_by_its_targets(byhand):
    Path("houses.csv").write_text("area,colour,price\n80,red,1.5\n95,blue,2.5\n")

    said = byhand("data", "info", "houses.csv", "--label", "price")
    found = byhand("data", "info", "houses.csv", "--label", "2", "--json").json

    assert "read as a regression target" in said.err
    assert "area, colour=blue, colour=red" in said.out
    assert "colour (2 values)" in said.out
    assert said.out.splitlines()[-1].split() == ["train", "1.5", "2.5"]
    assert found["task"] == "regression"
    assert found["encoding"] == {"colour": ["blue", "red"]}


def test_the_task_of_a_table_can_be_given(byhand):
    Path("houses.csv").write_text("area,price\n80,1.5\n95,2.5\n")

    words = ("data", "info", "houses.csv", "--label", "-1", "--task")
    found = byhand(*words, "classification", "--json").json

    assert found["class_names"] == ["1.5", "2.5"]
    assert "unknown task 'klass'" in byhand(*words, "klass").err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("fetch", "mnist"), 1, "downloads are switched off"),
        (("fetch", "mnits"), 2, "unknown data set 'mnits'. Did you mean 'mnist'?"),
        (("verify", "mnist"), 1, "MNIST, handwritten digits was not found"),
        (("info", "gone.csv"), 1, "there is no file or folder gone.csv"),
        (("info", "mnist", "--data-dir", "gone"), 1, "which is not a folder"),
        (("lits",), 2, "unknown command 'lits'. Did you mean 'list'?"),
        (("fetch",), 2, "Missing argument"),
    ],
)
def test_mistakes_with_data_get_a_message(byhand, words, code, message):
    said = byhand("data", *words)

    assert said.code == code
    assert message in said.err


def test_fetching_data_of_the_package_prints_their_folder(byhand):
    assert "digits is in" in byhand("data", "fetch", "digits").out


# --- summary ------------------------------------------------------------------------------------


def test_the_network_of_a_recipe(byhand):
    found = byhand("summary", "l2-search", "--json").json

    assert [layer["units"] for layer in found["layers"]] == [784, 512, 256, 128, 10]
    assert found["parameters"] == 567_434


def test_the_network_of_a_run(byhand, trained):
    said = byhand("summary")

    assert said.code == 0
    assert "64-300-10, 22,510 parameters, trained on digits" in said.out
    assert "dense relu" in said.out
    assert (
        byhand("summary", trained / "best.safetensors", "--json").json["facts"]["recipe"] == "basic"
    )


def test_an_unknown_network(byhand):
    said = byhand("summary", "nothing")

    assert said.code == 1
    assert "there is no run nothing" in said.err


# --- gradcheck ----------------------------------------------------------------------------------


def test_gradients_agree_with_finite_differences(byhand):
    said = byhand("gradcheck", "--layers", "8", "--samples", 20)

    assert said.code == 0
    assert "all gradients agree with finite differences" in said.out


def test_every_activation_loss_and_kind_of_layer_is_checked(byhand):
    found = byhand("gradcheck", "--all", "--layers", "6", "--samples", 10, "--json").json

    expected = {*ACTIVATIONS, *LOSSES, *LAYERS, "square layers"} - {"softmax", "dense"}
    smoothed = {"categorical_cross_entropy, smoothed", "binary_cross_entropy, smoothed"}
    assert set(found) == expected | smoothed
    assert all(report["passed"] for report in found.values())


@pytest.mark.parametrize("loss", ["huber", "binary_cross_entropy", "categorical_cross_entropy"])
def test_a_wrong_gradient_of_any_loss_is_noticed(byhand, monkeypatch, loss):
    write = LOSSES[loss].write

    def twice(self, z, a, targets, buffers, gradient):
        write(self, z, a, targets, buffers, gradient)
        if gradient:
            buffers.grad *= 2

    monkeypatch.setattr(LOSSES[loss], "write", twice)
    said = byhand("gradcheck", "--all", "--layers", "6", "--samples", 10, "--json")

    assert said.code == 1
    assert not said.json[loss]["passed"]


def test_the_network_of_a_recipe_is_checked(byhand):
    found = byhand("gradcheck", "mini-batches", "--samples", 10, "--examples", 4, "--json").json

    (report,) = found.values()
    assert report["passed"]


def test_gradients_that_disagree_end_with_1(byhand):
    said = byhand("gradcheck", "--layers", "8", "--samples", 20, "--tolerance", "1e-30")

    assert said.code == 1


def test_an_unknown_activation(byhand):
    said = byhand("gradcheck", "--activation", "tahn")

    assert said.code == 2
    assert "unknown activation 'tahn'. Did you mean 'tanh'?" in said.err
