"""`byhand verify`: exit code 0 for equal bits, 1 for a difference, 2 if it cannot compare."""

from __future__ import annotations

import json
import shutil

import pytest


@pytest.fixture
def copied(trained, tmp_path, monkeypatch):
    """A copy of the trained run that a test may change."""
    shutil.copytree(trained, tmp_path / "runs" / "basic-1")
    monkeypatch.delenv("BYHAND_RUNS")
    return tmp_path / "runs" / "basic-1"


def tampered(run):
    """Change the last checksum of a run."""
    file = run / "checksums.csv"
    file.write_text(file.read_text()[:-2] + "x\n")


def test_the_same_bits(byhand, trained):
    said = byhand("verify", "basic-1", "--quiet")

    assert said.code == 0
    assert "basic-1: the same bits." in said.out
    assert "in 15 epochs" in said.out


def test_other_bits(byhand, copied):
    tampered(copied)

    said = byhand("verify", "--quiet")

    assert said.code == 1
    assert "the bits differ, first in epoch 15" in said.out
    assert "Everything that run.json records about the machine is unchanged" in said.out
    assert not said.err


def test_the_first_epochs_are_the_same(byhand, copied):
    tampered(copied)

    said = byhand("verify", "--epochs", 2)

    assert said.code == 0
    assert "epoch  2/15" in said.out


def test_what_differs_is_a_table(byhand, copied):
    tampered(copied)
    file = copied / "run.json"
    facts = json.loads(file.read_text())
    facts["versions"]["numpy"] = "1.0"
    facts["resumed"] = [{"time": "yesterday", "changed": {"epochs": [9, 15]}}]
    file.write_text(json.dumps(facts))

    said = byhand("verify", "--quiet")

    assert said.code == 1
    assert "recorded then, and now:" in said.out
    assert "numpy  1.0" in said.out
    assert "resumed yesterday with other settings:" in said.out
    assert "epochs  9     15" in said.out


def test_json(byhand, trained):
    said = byhand("verify", "--json")

    assert said.code == 0
    assert said.json["same"] is True
    assert said.json["parting"] is None
    assert said.json["epochs"] == 15


def test_json_of_other_bits(byhand, copied):
    tampered(copied)

    said = byhand("verify", "--json")

    assert said.code == 1
    assert said.json["parting"]["epoch"] == 15
    assert said.json["parting"]["what"] == "weights"


@pytest.mark.parametrize("words", [["gone"], ["basic-1", "--dataset", "mnist"], ["--epochs", 0]])
def test_what_cannot_be_verified(byhand, trained, words):
    said = byhand("verify", *words)

    assert said.code == 2
    assert said.err.startswith("Error: ")


def test_a_damaged_run_cannot_be_verified(byhand, copied):
    (copied / "checksums.csv").write_bytes(b"\xff\xfe")

    said = byhand("verify")

    assert said.code == 2
    assert "is not a valid checksum file" in said.err
