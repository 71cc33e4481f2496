"""The documented licences are those of the packages that byhand needs."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from benchmarks.licences import EXTRAS, PAGE, licence_of, needed, table

ROOT = Path(__file__).parents[2]
PAGE_LINES = (ROOT / PAGE).read_text("utf-8").splitlines()


def test_every_package_that_byhand_requires_is_in_the_documentation():
    listed = {line.split("|")[1].strip() for line in PAGE_LINES if line.count("|") == 5}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"]]
    asked += [line for extra in EXTRAS for line in project["optional-dependencies"][extra]]

    assert {re.match(r"[\w-]+", line)[0] for line in asked} <= listed


@pytest.mark.parametrize("name", needed())
def test_every_licence_is_known_and_allows_any_use(name):
    licence = licence_of(needed()[name][0])

    assert licence
    assert "GPL" not in licence.replace("LGPL", "")


def test_the_table_has_a_line_for_each_package():
    assert len(table().splitlines()) == 2 + len(needed())
