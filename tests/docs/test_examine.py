"""The networks and the adapter of docs/examine.md give the output that the page shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from byhand.cli.app import run
from byhand.examine.examine import examine_file
from byhand.examine.result import RIGHT

PAGE = (Path(__file__).parents[2] / "docs" / "examine.md").read_text("utf-8")
NETWORK, BRAIN, ADAPTER = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def brain(tmp_path):
    path = tmp_path / "my_network.py"
    path.write_text(BRAIN)
    return path


def test_the_example_prints_what_the_page_shows(tmp_path, monkeypatch, capsys):
    """The comparison ignores line breaks and fractions, which depend on the machine."""
    (tmp_path / "my_network.py").write_text(NETWORK)
    monkeypatch.chdir(tmp_path)
    shown = re.search(
        r"^\$ byhand examine my_network.py\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE
    )
    assert shown

    code = run(["examine", "my_network.py"])

    printed = capsys.readouterr().out
    assert code == 1
    assert words(printed) == words(shown[1])


def words(text):
    return [word for word in text.split() if not re.search(r"\d\.\d", word)]


def test_the_adapter_of_the_page_finds_that_its_network_is_right(brain, tmp_path):
    (tmp_path / "adapter.py").write_text(ADAPTER)

    result = examine_file(brain, tmp_path / "adapter.py")

    assert result.passed
    equal = {check.name for check in result.checks if check.status == RIGHT}
    assert {"A2", "dW1", "db1", "dW2", "db2"} <= equal


def test_the_adapter_of_the_page_finds_a_mistake_in_its_network(brain, tmp_path):
    (tmp_path / "adapter.py").write_text(ADAPTER)
    brain.write_text(BRAIN.replace(" / truth.size", ""))

    result = examine_file(brain, tmp_path / "adapter.py")

    assert not result.passed
    assert [cause.shows_in for cause in result.causes] == ["dW2"]


def test_the_network_with_names_of_its_own_needs_an_adapter(brain):
    assert examine_file(brain).error is not None
