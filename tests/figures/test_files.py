"""Figures as files: formats, names, what is skipped, and what is missing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from byhand.errors import ArgumentError, FileError, MissingPackageError
from byhand.figures import (
    FIGURES,
    calibration,
    canvas,
    draw_figures,
    save,
    training_curves,
)

QUICK = ["training_curves", "confusion_matrix", "worst_mistakes", "update_ratios"]


@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_both_formats_are_written(digits_subject, tmp_path, suffix, start):
    """Each figure has a file with its name."""
    drawn = draw_figures(digits_subject, tmp_path / "new", only=QUICK, format=suffix)

    assert list(drawn.written) == QUICK
    for name, path in drawn.written.items():
        assert path == tmp_path / "new" / f"{name}.{suffix}"
        assert path.read_bytes().startswith(start)


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_the_same_figure_gives_the_same_bytes(digits_subject, tmp_path, suffix):
    """A picture in a repository then changes only if its content does."""
    first, second = (
        save(calibration(digits_subject), tmp_path / f"{k}.{suffix}").read_bytes() for k in "ab"
    )

    assert first == second


def test_words_of_an_svg_file_are_text(digits_subject, tmp_path):
    """Text can be searched and copied; outlines cannot."""
    text = save(calibration(digits_subject), tmp_path / "a.svg").read_text("utf-8")

    assert ">correct predictions</text>" in text


def test_what_cannot_be_drawn_is_skipped_with_the_reason(table_subject, tmp_path):
    """All other figures are drawn."""
    drawn = draw_figures(table_subject, tmp_path, only=["saliency_maps", "class_scores"])

    assert list(drawn.written) == ["class_scores"]
    assert drawn.skipped == {"saliency_maps": "the data are a table of 13 columns, not images"}


def test_each_file_is_announced(digits_subject, tmp_path):
    """The message comes as soon as the file is written."""
    seen = []

    draw_figures(digits_subject, tmp_path, only=["class_scores"], on_file=seen.append)

    assert seen == [tmp_path / "class_scores.png"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"only": ["callibration"]}, "Did you mean 'calibration'"),
        ({"format": "pgn"}, "Did you mean 'png'"),
    ],
)
def test_a_wrong_name_is_noticed_before_anything_is_drawn(digits_subject, tmp_path, options, words):
    """The message suggests the nearest name."""
    with pytest.raises(ArgumentError, match=words):
        draw_figures(digits_subject, tmp_path / "new", **options)

    assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_made_is_an_error(digits_subject, tmp_path):
    """A file with the folder's name is in the way."""
    (tmp_path / "file").touch()

    for folder in (tmp_path / "file", tmp_path / "file" / "figures"):
        with pytest.raises(FileError, match="file is a file, but a folder is expected"):
            draw_figures(digits_subject, folder, only=["class_scores"])
    with pytest.raises(FileError, match="cannot be written"):
        draw_figures(digits_subject, tmp_path / "file" / "figures", only=["class_scores"])
    with pytest.raises(FileError, match="cannot be written"):
        save(training_curves(digits_subject), tmp_path / "missing" / "a.png")


def test_a_notebook_shows_a_figure_without_pyplot(digits_subject):
    """The notebook asks for PNG bytes."""
    assert training_curves(digits_subject)._repr_png_().startswith(b"\x89PNG")


def test_without_matplotlib_the_error_names_the_extra(digits_subject, monkeypatch):
    """The message has one line that can be copied."""
    canvas._figure_class.cache_clear()
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)

    with pytest.raises(MissingPackageError, match=r'pip install "byhand\[figures\]"'):
        training_curves(digits_subject)


def test_matplotlib_is_imported_late_and_pyplot_never():
    """Importing the package costs little, and drawing changes no global state."""
    code = """
import sys
import numpy as np
from byhand import DenseLayer, InputLayer, MultiLayerPerceptron
from byhand.data import Part
from byhand.figures import FIGURES, Subject, training_curves
assert "matplotlib" not in sys.modules
net = MultiLayerPerceptron([InputLayer(4), DenseLayer(2, "softmax")], seed=0)
subject = Subject(net, Part(np.zeros((2, 4)), np.array([0, 1])), history={"loss": [1.0]})
training_curves(subject)._repr_png_()
assert "matplotlib.figure" in sys.modules
assert "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_the_table_names_functions_by_their_names():
    """The command line and Python use the same name for a figure."""
    assert [function.__name__ for function in FIGURES.values()] == list(FIGURES)
