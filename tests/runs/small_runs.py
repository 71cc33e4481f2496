"""Fixtures of recipes, runs and reproduction: own folders, digits only, no network."""

from __future__ import annotations

import pytest

from byhand.recipes.recipe import parse_recipe
from byhand.runs.train import train_recipe
from byhand.runs.train_options import TrainOptions

SMALL = """
title = "A small network on digits"

[data]
dataset = "digits"
validation = 0.2

[network]
layers = [{ units = 12, fn = "relu" }, { units = "classes", fn = "softmax" }]

[training]
epochs = 4
batch_size = 32
optimizer = "adam"
learning_rate = 0.01
keep = "best"
"""


@pytest.fixture(autouse=True)
def _own_places(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BYHAND_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("BYHAND_OFFLINE", "1")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("BYHAND_DATA", raising=False)
    monkeypatch.delenv("KERAS_HOME", raising=False)


@pytest.fixture
def small():
    """A recipe that trains in a fraction of a second."""
    return parse_recipe(SMALL, "small")


@pytest.fixture
def said():
    """The lines that a run prints."""
    return []


@pytest.fixture
def options(said):
    """Options of a silent run with one thread, whose lines are kept."""
    return TrainOptions(threads=1, verbose=0, say=said.append)


@pytest.fixture
def run(small, options):
    """The small recipe, trained."""
    return train_recipe(small, options)
