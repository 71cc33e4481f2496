"""The page about other programs: its commands work."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from byhand.cli.app import run

PAGE = (Path(__file__).parents[2] / "docs" / "interop.md").read_text("utf-8")


def test_every_command_works(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BYHAND_OFFLINE", "1")
    monkeypatch.delenv("BYHAND_RUNS", raising=False)
    for library in ("torch", "sklearn", "matplotlib"):
        pytest.importorskip(library)
    train = "train --dataset digits --epochs 3 --out runs/basic-1 --no-report --quiet"
    assert run(shlex.split(train)) == 0
    blocks = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    commands = re.findall(r"^byhand (.+)$", "\n".join(blocks), re.MULTILINE)

    assert commands
    for command in commands:
        assert run(shlex.split(command.partition("  #")[0])) == 0, command
