"""The film of the README is made by playing the page."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from byhand.data import load_dataset
from byhand.playground import write_playground

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")

DOCS = Path(__file__).parents[2] / "docs"


def film_module():
    """Return the script as a module."""
    spec = importlib.util.spec_from_file_location("film", DOCS / "film.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["film"] = module
    spec.loader.exec_module(module)
    return module


def test_a_film_moves_from_frame_to_frame(browser, tmp_path):
    film = film_module()
    page = write_playground(tmp_path, [load_dataset("digits")])
    scene = film.Scene("data=moons&show=network,result", [5, 20])
    film.film(browser, page, tmp_path / "film.webp", [scene])

    with Image.open(tmp_path / "film.webp") as made:
        frames = []
        for number in range(made.n_frames):
            made.seek(number)
            frames.append(made.convert("RGB").tobytes())
    assert len(set(frames)) == 3


def test_the_film_of_the_readme_is_small_and_shown():
    with Image.open(DOCS / "images" / "playground.webp") as made:
        assert made.n_frames > 60
    assert (DOCS / "images" / "playground.webp").stat().st_size < 2e6
    assert "docs/images/playground.webp" in (DOCS.parent / "README.md").read_text("utf-8")
