"""`byhand evaluate` with averages, copies and a temperature."""

from __future__ import annotations

import re

import pytest

from byhand import Ensemble


@pytest.fixture
def runs(byhand, tmp_path):
    for seed in (1, 2):
        said = byhand(
            "train", "--dataset", "digits", "--epochs", 3, "--seed", seed, "--validation", 0.2,
            "--no-report", "-q", "--out", tmp_path / f"run-{seed}",
        )  # fmt: skip
        assert said.code == 0, said.err
    return [tmp_path / "run-1", tmp_path / "run-2"]


def test_two_runs_are_averaged_saved_and_used_as_one_model(byhand, tmp_path, runs):
    first, second = runs
    together = byhand(
        "evaluate", first, "--with", second, "--save", tmp_path / "both.safetensors", "--json"
    ).json
    alone = [byhand("evaluate", run, "--json").json["loss"] for run in runs]
    again = byhand("evaluate", tmp_path / "both.safetensors", "--dataset", "digits", "--json").json

    assert together["loss"] < sum(alone) / 2
    assert again["loss"] == pytest.approx(together["loss"])
    assert len(Ensemble.load(tmp_path / "both.safetensors").members) == 2
    said = byhand("evaluate", tmp_path / "both.safetensors", "--dataset", "digits")
    assert "2 networks" in said.out


def test_an_ensemble_predicts(byhand, tmp_path, runs):
    byhand("evaluate", runs[0], "--with", runs[1], "--save", tmp_path / "both.safetensors")
    rows = tmp_path / "rows.csv"
    rows.write_text(",".join(f"p{k}" for k in range(64)) + "\n" + ",".join(["0", "16"] * 32) + "\n")

    said = byhand("predict", rows, "--run", tmp_path / "both.safetensors", "--json")

    assert said.code == 0, said.err


def test_a_temperature_is_fitted_to_validation_images_and_saved(byhand, tmp_path, runs):
    before = byhand("evaluate", runs[0], "--json").json
    said = byhand(
        "evaluate", runs[0], "--calibrate", "--save", tmp_path / "calm.safetensors", "--json"
    )
    after = byhand("evaluate", tmp_path / "calm.safetensors", "--dataset", "digits", "--json").json

    assert re.search(r"temperature \d\.\d+, from \d+ validation examples", said.err)
    assert said.json["wrong"] == before["wrong"]
    assert said.json["calibration_error"] != before["calibration_error"]
    assert after["loss"] == pytest.approx(said.json["loss"])


def test_copies_are_averaged(byhand, runs):
    before = byhand("evaluate", runs[0], "--json").json
    still = byhand(
        "evaluate", runs[0], "--copies", 2, "--augment", "shift=0,rotate=0,scale=0", "--json"
    ).json
    moved = byhand("evaluate", runs[0], "--copies", 2, "--json").json

    assert still["loss"] == pytest.approx(before["loss"], rel=1e-4)
    assert moved["loss"] != pytest.approx(before["loss"], rel=1e-4)


def test_what_does_not_fit_is_refused(byhand, tmp_path, runs):
    byhand(
        "train", "--dataset", "digits", "--epochs", 1, "--no-report", "-q", "--validation", 0,
        "--out", tmp_path / "bare",
    )  # fmt: skip
    without = byhand("evaluate", tmp_path / "bare", "--calibrate")
    missing = byhand("evaluate", runs[0], "--with", "nowhere")

    assert without.code == 2
    assert "no validation part" in without.err
    assert missing.code == 1
    assert "nowhere" in missing.err
