"""The pages and the packaging files agree with the code; this needs no Sphinx."""

from __future__ import annotations

import ast
import importlib.util
import re
import tomllib
from pathlib import Path

import pytest

import byhand

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
GALLERY = sorted((ROOT / "examples" / "gallery").glob("*.py"))


def rooms_module():
    pytest.importorskip("matplotlib", reason="Matplotlib is not installed")
    spec = importlib.util.spec_from_file_location("rooms", ROOT / "docs" / "_ext" / "rooms.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_links_exists(page):
    text = re.sub(r"`[^`\n]+`", "code", page.read_text("utf-8"))  # code is not a link
    links = re.findall(r"\]\((?!https?:)([^)#\s]+)", text)
    made = ("_generated/", "gallery/", "source-pages/")  # by the build

    missing = [
        link for link in links if not link.startswith(made) and not (page.parent / link).exists()
    ]
    assert missing == []


def test_every_page_is_in_the_table_of_contents():
    index = (ROOT / "docs" / "index.md").read_text("utf-8").splitlines()

    assert [page.stem for page in PAGES if page.stem != "index" and page.stem not in index] == []


@pytest.mark.parametrize("script", GALLERY, ids=lambda script: script.name)
def test_every_script_of_the_gallery_imports_names_that_exist(script):
    for node in ast.walk(ast.parse(script.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "byhand":
            assert {alias.name for alias in node.names} <= set(byhand.__all__)


def test_the_picture_of_the_rooms_shows_imports_and_not_what_only_type_checkers_see(tmp_path):
    package = tmp_path / "byhand"
    for room in ("network", "training", "cli"):
        (package / room).mkdir(parents=True)
    (package / "network" / "losses.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from byhand.training import Run\n"
    )
    (package / "training" / "trainer.py").write_text("from byhand.network import losses\n")
    (package / "cli" / "train.py").write_text("def f():\n    import byhand.training\n")
    rooms = rooms_module()

    graph = rooms.imports_between_rooms(package)

    assert graph == {"network": set(), "training": {"network"}, "cli": {"training"}}
    assert rooms.floors(graph) == {"network": 0, "training": 1, "cli": 2}


def test_the_picture_of_the_rooms_is_drawn_from_the_package_itself(tmp_path):
    rooms = rooms_module()

    rooms.draw(Path(byhand.__file__).parent, tmp_path / "rooms.svg")

    assert "<svg" in (tmp_path / "rooms.svg").read_text("utf-8")
    assert {"network", "training", "data", "cli"} <= set(
        rooms.imports_between_rooms(Path(byhand.__file__).parent)
    )


def test_citation_and_changelog_have_the_version_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    (cited,) = re.findall(
        r"^version: (.+)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.MULTILINE
    )

    assert cited == project["version"] == byhand.__version__


def test_the_small_test_installation_needs_neither_pytorch_nor_scikit_learn():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"][
        "optional-dependencies"
    ]
    names = {re.split(r"[<>=\[ ]", requirement)[0] for requirement in extras["test"]}

    assert not names & {"torch", "scikit-learn", "playwright", "byhand"}
