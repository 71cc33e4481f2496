"""Programs in folders: the correct one, and those with a mistake."""

from __future__ import annotations

import shutil

import pytest

from byhand.hunt.bug import program
from byhand.hunt.load import DIGITS, load_program


@pytest.fixture
def write(tmp_path):
    """Write a program's texts, with the digits, into a folder of its own; return the folder."""

    def write(texts=None, name="program"):
        folder = tmp_path / name
        folder.mkdir()
        for module, text in (texts or program()).items():
            (folder / f"{module}.py").write_text(text, "utf-8")
        shutil.copy(DIGITS, folder)
        return folder

    return write


@pytest.fixture
def loaded(write):
    """Write a program's texts into a folder and load them from there."""
    return lambda texts=None, name="program": load_program(write(texts, name))
