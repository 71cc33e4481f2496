"""The documented licences are those of the packages that byhand needs."""

from __future__ import annotations

import sys
import tomllib
from importlib.metadata import Distribution
from pathlib import Path

import pytest
from benchmarks.licences import OWN, PAGE, asked, licence_of, main, needed, table
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from benchmarks import licences

ROOT = Path(__file__).parents[2]
NEEDED = needed()
PAGE_LINES = (ROOT / PAGE).read_text("utf-8").splitlines()


def test_every_package_that_byhand_requires_is_in_the_documentation():
    listed = {line.split("|")[1].strip() for line in PAGE_LINES if line.count("|") == 5}
    names = {canonicalize_name(one.name) for lines in asked().values() for one in lines}

    assert names <= listed


def test_every_extra_is_for_users_or_for_working_on_byhand():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    assert {*asked(), *OWN} == {"", *project["optional-dependencies"]}


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Pretend that only these packages are installed, and that byhand asks for `a[fast]`."""
    requires = {"a": ["B_x>=1", "c; extra == 'fast'", "d; extra == 'slow'",
                      "f; sys_platform == 'nowhere'"], "b-x": [], "c": ["e[more]"],
                "d": [], "e": ["g; extra == 'more'", "a"], "f": [], "g": []}  # fmt: skip

    class Fake(Distribution):
        def __init__(self, name):
            self.lines = requires[name]

        def read_text(self, filename):
            if filename != "METADATA":
                return None
            lines = [f"Requires-Dist: {line}" for line in self.lines]
            return "\n".join(["Metadata-Version: 2.1", *lines])

        def locate_file(self, path):
            return tmp_path / path

    def find(name):
        if name not in requires:
            raise licences.PackageNotFoundError(name)
        return Fake(name)

    monkeypatch.setattr(licences, "distribution", find)
    asks = {"": [Requirement("a[fast]")], "far": [Requirement("e"), Requirement("gone")]}
    monkeypatch.setattr(licences, "asked", lambda: asks)


@pytest.mark.usefixtures("installed")
def test_packages_are_followed_by_the_extras_that_ask_for_them(monkeypatch, capsys):
    assert list(needed()) == ["a", "b-x", "c", "e", "g"]

    monkeypatch.setattr(sys, "argv", ["licences"])
    with pytest.raises(SystemExit, match="not installed here, so not in the table: gone"):
        main()
    monkeypatch.setattr(sys, "argv", ["licences", "--extras"])
    main()
    assert capsys.readouterr().out == "far\n"


@pytest.mark.parametrize("name", NEEDED)
def test_every_licence_is_known_and_allows_any_use(name):
    licence = licence_of(NEEDED[name][0])

    assert licence
    assert "GPL" not in licence.replace("LGPL", "")


def test_the_table_has_a_line_for_each_package():
    assert len(table().splitlines()) == 2 + len(NEEDED)
