"""`byhand recipes`: lists, shows and checks recipes."""

from __future__ import annotations

import tomllib

import pytest

from byhand.recipes.recipe import read_recipe, shipped_recipes


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
