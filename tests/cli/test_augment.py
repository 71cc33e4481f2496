"""Augmentation from the command line: previews, and `--augment` of a training."""

from __future__ import annotations

import tomllib

import pytest

from byhand.augmentation import PRESETS
from byhand.cli.optional_values import with_values

SHORT = ("--dataset", "digits", "--epochs", 1, "--no-report", "-q")


@pytest.mark.parametrize(
    ("words", "filled"),
    [
        ("", ""),
        ("train", "train"),
        ("train --augment", "train --augment affine"),
        ("train --augment -e 5", "train --augment affine -e 5"),
        ("train --augment mine.toml", "train --augment affine mine.toml"),
        ("train --augment basic", "train --augment affine basic"),
        ("train --augment elastic basic", "train --augment elastic basic"),
        ("train --augment shift=1", "train --augment shift=1"),
        ("doctor --suspects", "doctor --suspects 10"),
        ("doctor --suspects basic-1", "doctor --suspects 10 basic-1"),
        ("doctor --suspects 3 basic-1", "doctor --suspects 3 basic-1"),
        ("doctor --suspects -1", "doctor --suspects -1"),
        ("doctor --suspects --json", "doctor --suspects 10 --json"),
    ],
)
def test_bare_options_have_their_usual_values(words, filled) -> None:
    assert with_values(words.split()) == filled.split()


@pytest.mark.parametrize(
    ("given", "trained"),
    [
        ((), PRESETS["affine"]),
        (("elastic,shift=0.5",), {**PRESETS["elastic"], "shift": 0.5}),
    ],
)
def test_a_training_keeps_its_augmentation_in_its_recipe(byhand, tmp_path, given, trained) -> None:
    said = byhand("train", "--augment", *given, *SHORT, "--out", tmp_path / "run")

    assert said.code == 0, said.err
    recipe = tomllib.loads((tmp_path / "run" / "recipe.toml").read_text())
    assert recipe["training"]["augmentation"] == trained


def test_an_unknown_augmentation_is_refused_before_anything_is_written(byhand, tmp_path) -> None:
    said = byhand("train", "--augment", "elstic", *SHORT)

    assert said.code == 2
    assert "Did you mean 'elastic'" in said.err
    assert not (tmp_path / "runs").exists()


def test_a_preview_is_a_picture(byhand, tmp_path) -> None:
    pytest.importorskip("matplotlib")

    said = byhand("data", "preview", "digits", "--augment", "elastic,noise=0.1", "--count", 2)

    assert said.code == 0, said.err
    assert said.out.strip() == "augmented-digits.png"
    assert (tmp_path / "augmented-digits.png").read_bytes().startswith(b"\x89PNG")


def test_a_preview_of_a_table_is_refused(byhand, tmp_path) -> None:
    (tmp_path / "rows.csv").write_text("a,b,label\n" + "1.5,2.5,x\n3.5,4.5,y\n" * 5)

    said = byhand("data", "preview", "rows.csv")

    assert said.code != 0
    assert "is a table" in said.err
