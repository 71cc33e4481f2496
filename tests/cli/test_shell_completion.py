"""The shell completes names of commands, options, recipes, runs and data sets."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from byhand.cli import shell_completion
from byhand.cli.app import run
from byhand.data.known_datasets import DATASETS
from byhand.figures.all_figures import FIGURES
from byhand.recipes.recipe import shipped_recipes


def completed(line: str, monkeypatch, capsys) -> list[str]:
    """The words that bash offers after a line that ends at the cursor."""
    words = line.split(" ")
    monkeypatch.setenv("_BYHAND_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    capsys.readouterr()
    assert run([]) == 0
    return capsys.readouterr().out.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("byhand tra", ["train", "trace"]),
        ("byhand train ba", ["basic"]),
        ("byhand train --dataset fash", ["fashion-mnist"]),
        ("byhand evaluate basic", ["basic-1"]),
        ("byhand report lat", ["latest"]),
        ("byhand train --resume basic", ["basic-1"]),
        ("byhand data info kmn", ["kmnist"]),
        ("byhand visualize --only layer_map_p", ["layer_map_pca"]),
        ("byhand visualize --only calibration,layer_map_p", ["calibration,layer_map_pca"]),
    ],
)
def test_names_are_completed(line, offered, trained, monkeypatch, capsys):
    assert completed(line, monkeypatch, capsys) == offered


def test_options_are_completed(monkeypatch, capsys):
    assert "--epochs" in completed("byhand train --ep", monkeypatch, capsys)


def test_every_name_is_offered():
    assert shell_completion.recipes("") == list(shipped_recipes())
    assert shell_completion.datasets("") == list(DATASETS)
    assert shell_completion.figures("") == list(FIGURES)


def test_without_runs_only_the_latest_is_offered(monkeypatch, tmp_path):
    monkeypatch.setenv("BYHAND_RUNS", str(tmp_path / "none"))

    assert shell_completion.runs("") == ["latest"]


def test_the_script_for_a_shell_is_shown():
    result = subprocess.run(
        [sys.executable, "-m", "byhand", "--show-completion"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
    )

    assert result.returncode == 2  # no shell can be detected here, so its name must be given
    assert "--show-completion" in result.stderr


def test_completion_costs_no_module_at_the_start():
    """Neither NumPy nor rich is loaded to complete a command, or to print the help."""
    code = (
        "import sys; from byhand.cli.app import run; run(['--help']);"
        "print([name for name in ('numpy', 'rich', 'pydantic') if name in sys.modules])"
    )

    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert result.stdout.splitlines()[-1] == "[]"
