"""Small recipes with a search space."""

from __future__ import annotations

import pytest

from byhand.runs.folder import RunFolder


@pytest.fixture
def space(small):
    """The small recipe, with a space of two settings."""
    wanted = {"learning_rate": "1e-4..1e-1 log", "units": "4..16 log"}
    return small.changed({"training.epochs": 3, "search": wanted})


@pytest.fixture
def folder(tmp_path):
    """An empty folder of a search."""
    path = tmp_path / "search"
    path.mkdir()
    return RunFolder(path)


@pytest.fixture
def bad_and_good(small):
    """Learning rates; with 1e-9 a network learns nothing."""
    return small.changed({"training.epochs": 5, "search": {"learning_rate": [0.02, 1e-9]}})
