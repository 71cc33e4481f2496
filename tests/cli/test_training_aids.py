"""--max-norm, --ema, --mixup and --adversarial reach the recipe and the training."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

from byhand import MultiLayerPerceptron

SHORT = ("--dataset", "digits", "--no-report", "-q")


def trained(byhand, folder, *options):
    said = byhand("train", *SHORT, "--epochs", 2, *options, "--out", folder)
    assert said.code == 0, said.err
    return tomllib.loads((folder / "recipe.toml").read_text())["training"]


def test_they_are_kept_in_the_recipe(byhand, tmp_path):
    training = trained(
        byhand, tmp_path / "run", "--ema", 0.9, "--max-norm", 2, "--mixup", 0.2,
        "--adversarial", 0.1, "--optimizer", "lion", "--loss", "focal",
    )  # fmt: skip

    assert training["ema"] == 0.9
    assert training["max_norm"] == 2
    assert training["mixup"] == 0.2
    assert training["adversarial"] == 0.1
    assert training["optimizer"] == "lion"


def test_weights_stay_short(byhand, tmp_path):
    trained(byhand, tmp_path / "run", "--max-norm", 0.5)
    net = MultiLayerPerceptron.load(next((tmp_path / "run").glob("best.safetensors")))

    assert np.linalg.norm(net.parameters["W1"], axis=0).max() <= 0.5001


@pytest.mark.parametrize(
    "options", [("--ema", 1), ("--max-norm", 0), ("--mixup", -1), ("--adversarial", -1)]
)
def test_impossible_values_are_refused(byhand, tmp_path, options):
    said = byhand("train", *SHORT, *options, "--out", tmp_path / "run")

    assert said.code == 2
    assert options[0].removeprefix("--").replace("-", "_") in said.err
    assert not (tmp_path / "run").exists()
