"""The three first-hour pages: their commands run, and print the lines that the pages show."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path

import pytest

from byhand.cli.app import run

DOCS = Path(__file__).parents[2] / "docs"
HOURS = ("class", "kaggle", "photos")


def prepare(hour: str, folder: Path) -> None:
    """Make the files that a page needs."""
    path = Path(__file__).with_name("first_hour_data.py")
    spec = importlib.util.spec_from_file_location("first_hour_data", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    getattr(module, {"class": "nothing"}.get(hour, hour))(folder)


def commands(hour: str) -> list[tuple[list[str], list[str]]]:
    """The commands of a page, each with the lines that it shows below."""
    page = (DOCS / f"first-hour-{hour}.md").read_text("utf-8")
    found = []
    for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL):
        for piece in re.split(r"^\$ byhand ", block, flags=re.MULTILINE)[1:]:
            command, *lines = piece.splitlines()
            words = shlex.split(command.partition("  #")[0])
            found.append((words, [line for line in lines if line.strip() not in ("", "...")]))
    return found


def pattern(line: str) -> str:
    """A line without numbers and column widths, which differ from machine to machine."""
    words = [re.sub(r"\d[\d.,]*", "0", word) for word in line.split()]
    return " ".join(words)


@pytest.mark.parametrize("hour", HOURS)
def test_the_commands_of_a_page_print_what_it_shows(hour, tmp_path, monkeypatch, capsys):
    if hour == "photos":
        pytest.importorskip("PIL", reason="Pillow is not installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BYHAND_OFFLINE", "1")
    for name in ("BYHAND_DATA", "BYHAND_RUNS", "KERAS_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    prepare(hour, tmp_path)

    for words, expected in commands(hour):
        code = run(words)
        said = capsys.readouterr()
        printed = {pattern(line) for line in (said.out + said.err).splitlines()}

        assert code == 0, (words, said.err)
        assert [line for line in expected if pattern(line) not in printed] == [], words


@pytest.mark.parametrize("hour", HOURS)
def test_a_page_has_commands_with_their_output_and_is_linked(hour):
    found = commands(hour)

    assert len(found) >= 3
    assert sum(bool(lines) for _, lines in found) >= 2
    assert f"first-hour-{hour}" in (DOCS / "index.md").read_text("utf-8")
    assert f"docs/first-hour-{hour}.md" in (DOCS.parent / "README.md").read_text("utf-8")
