"""The command line, called within this process: exit code, standard output, standard error."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from byhand.cli.app import run


@dataclass(frozen=True)
class Said:
    """The output of a command and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def _own_places(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("BYHAND_DATA", "BYHAND_RUNS", "BYHAND_DEBUG", "KERAS_HOME", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BYHAND_OFFLINE", "1")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def byhand(capsys) -> Callable[..., Said]:
    """Call the command: byhand("train", "--epochs", 2)."""

    def call(*arguments: object) -> Said:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call


@pytest.fixture(scope="session")
def trained_run(tmp_path_factory):
    """A folder with one short run on digits, basic-1, made once for all tests."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("BYHAND_OFFLINE", "1")
        patch.delenv("BYHAND_DATA", raising=False)
        patch.delenv("BYHAND_RUNS", raising=False)
        code = run(["train", "--dataset", "digits", "--epochs", "15", "--quiet", "--no-report"])
    assert code == 0
    return folder


@pytest.fixture
def trained(trained_run, monkeypatch):
    """Make its runs the folder of runs; tests must not change them."""
    monkeypatch.setenv("BYHAND_RUNS", str(trained_run / "runs"))
    return trained_run / "runs" / "basic-1"
