"""The lessons: their code runs, what they include exists, and each names its exercises."""

from __future__ import annotations

import ast
import doctest
import re
from pathlib import Path

import pytest

from byhand.course.lessons import LESSONS, load_lesson

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "lessons"
PAGES = sorted(FOLDER.glob("[0-9]*.md"))
INCLUDED = re.compile(r"```\{literalinclude\} (\S+)\n(?::pyobject: (\S+))?")

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def test_every_lesson_has_a_page_and_is_in_the_index():
    index = (FOLDER / "index.md").read_text("utf-8").splitlines()
    stems = [f"{n:02d}-{slug.replace('_', '-')}" for n, (slug, _) in LESSONS.items()]

    assert [page.stem for page in PAGES] == stems
    assert [line for line in index if re.match(r"\d\d-", line)] == stems


@pages
def test_the_code_of_a_lesson_runs(page):
    test = doctest.DocTestParser().get_doctest(
        page.read_text("utf-8").replace("\n```", "\n\n"), {}, page.name, str(page), 0
    )
    said: list[str] = []
    runner = doctest.DocTestRunner()

    runner.run(test, out=said.append)

    assert test.examples
    assert said == []


@pages
def test_what_a_lesson_includes_from_the_source_exists(page):
    for file, name in INCLUDED.findall(page.read_text("utf-8")):
        tree = ast.parse((page.parent / file).read_text("utf-8"))
        for part in filter(None, name.split(".")):
            (tree,) = [
                node
                for node in tree.body
                if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name == part
            ]


@pages
def test_a_lesson_has_idea_formula_source_picture_and_names_its_exercises(page):
    text = page.read_text("utf-8")
    number = int(page.stem[:2])
    lesson = load_lesson(number)
    missing = [exercise.name for exercise in lesson.exercises if f"`{exercise.name}`" not in text]

    assert text.startswith(f"# {number}. {lesson.title}\n")
    assert missing == []
    for part in ("**The idea.**", "$$", "{literalinclude}", f"{number:02d}.svg", "*Stuck?*"):
        assert part in text
    assert f"course/{lesson.module}.py" in text
    assert f"byhand course check {number}" in text


@pages
def test_links_of_a_lesson_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?:)([^)#\s]+)", page.read_text("utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []
