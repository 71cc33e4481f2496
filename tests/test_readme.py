"""The README is true: its example runs, its commands and files exist."""

import os
import re
import tomllib
from pathlib import Path

import pytest

from byhand.cli.app import ALIASES, VERBS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def example() -> str:
    (block,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    return block


def test_the_example_runs_on_the_digits_that_come_with_the_package(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    smaller = example().replace('"mnist"', '"digits"').replace("units=784", "units=64")
    names: dict[str, object] = {}

    exec(compile(smaller, "README.md", "exec"), names)  # noqa: S102 - our own README

    assert "accuracy 9" in capsys.readouterr().out
    assert (tmp_path / "digits.safetensors").is_file()


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("BYHAND_DATA"), reason="needs MNIST; set BYHAND_DATA")
def test_the_example_beats_97_percent_on_mnist_within_a_few_epochs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}

    exec(compile(example().replace("epochs=20", "epochs=5"), "README.md", "exec"), names)  # noqa: S102

    net, digits = names["net"], names["digits"]
    assert net.evaluate(digits.test.images, digits.test.labels)["accuracy"] > 0.97


def test_every_command_that_is_named_exists():
    named = set(re.findall(r"`byhand ([a-z]+)", README))

    assert named <= {*VERBS, *ALIASES}
    assert set(VERBS) - {"recipes", "summary"} <= named


def test_every_file_that_is_linked_exists():
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)

    assert len(links) > 10
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_first_screen_has_the_picture_the_commands_and_the_example():
    first = README.partition("## Install")[0]

    assert "![" in first.partition("```")[0]
    assert "pip install byhand\nbyhand train" in first
    assert example() in first
    assert len(example().splitlines()) < 15


def test_packages_are_installed_by_name_and_with_extras_that_exist():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"][
        "optional-dependencies"
    ]
    named = set(re.findall(r'pip install "byhand\[(\w+)\]"', README))

    assert {"fast", "figures", "images"} <= named <= set(extras)
