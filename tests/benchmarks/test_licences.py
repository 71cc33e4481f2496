"""The documented licences are those of the packages that byhand needs."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.licences import PAGE, licence_of, needed, table

ROOT = Path(__file__).parents[2]
PAGE_LINES = (ROOT / PAGE).read_text("utf-8").splitlines()


def test_every_package_of_the_base_is_in_the_documentation():
    listed = {line.split("|")[1].strip() for line in PAGE_LINES if line.count("|") == 5}

    assert set(needed(())) <= listed
    assert {"numpy", "numba", "matplotlib", "pillow"} <= listed


@pytest.mark.parametrize("name", needed())
def test_every_licence_is_known_and_allows_any_use(name):
    licence = licence_of(needed()[name][0])

    assert licence
    assert "GPL" not in licence.replace("LGPL", "")


def test_the_table_has_a_line_for_each_package():
    assert len(table().splitlines()) == 2 + len(needed())
