"""`byhand doctor --suspects`: doubtful labels and repeated images."""

from __future__ import annotations

import shutil

from byhand.cli.doctor import _print_tried
from byhand.evaluation.doctor import Change
from byhand.runs.remedies import Tried
from byhand.runs.verdict import Remedy


def test_suspects_are_listed_with_both_labels(byhand, trained):
    said = byhand("doctor", "--suspects", 5)
    found = byhand("doctor", "--suspects", 5, "--json").json

    assert said.code == 0
    assert "labels that are probably wrong" in said.out
    assert "groups of equal examples" in said.out
    assert 0 < len(found["suspects"]) <= 5
    assert all(one["label"] != one["likely"] for one in found["suspects"])
    doubts = [one["probability_of_label"] for one in found["suspects"]]
    assert doubts == sorted(doubts)


def test_a_bare_option_lists_up_to_ten(byhand, trained):
    found = byhand("doctor", trained, "--suspects", "--json").json

    assert found == byhand("doctor", trained, "--suspects", 10, "--json").json
    assert 5 < len(found["suspects"]) <= 10


def test_without_the_option_nothing_is_listed(byhand, trained):
    assert set(byhand("doctor", "--json").json) == {"run", "findings"}


def test_values_have_no_suspects(byhand, tmp_path):
    rows = [f"{x},{x % 7},{2 * x + 0.5}" for x in range(60)]
    table = tmp_path / "prices.csv"
    table.write_text("\n".join(["size,rooms,price", *rows]))
    trained = byhand("train", "--dataset", table, "--label", "price", "--epochs", 1)

    said = byhand("doctor", "--suspects", 3)

    assert trained.code == 0
    assert said.code == 1
    assert "this run predicts values" in said.err


def test_advice_is_tried_and_ranked(byhand, tmp_path):
    recipe = tmp_path / "fast.toml"
    recipe.write_text(
        """
title = "wrong scale"
[data]
dataset = "digits"
validation = 0.2
[network]
layers = [{ units = 12, fn = "relu" }, { units = "classes", fn = "softmax" }]
normalisation = "none"
[training]
epochs = 3
optimizer = { name = "sgd", learning_rate = 0.5 }
"""
    )
    byhand("train", recipe, "--no-report")

    said = byhand("doctor", "--try")
    found = byhand("doctor", "--try", "--json").json

    assert said.code == 0
    assert "tried for 3 epochs on 287 validation examples" in said.out
    assert 'network.normalisation = "pixels"' in said.out
    assert "helps" in said.out
    assert found["tried"]["remedies"][0]["verdict"] == "helps"
    assert found["tried"]["advised"] == 'network.normalisation = "pixels"'
    assert "no change helped" not in said.out


def test_trials_that_do_not_help_are_followed_by_a_sentence(capsys):
    remedy = Remedy("check", Change("l2", 1.0), 0.51, 0.01, 0.02)

    _print_tried(Tried(0.5, "accuracy", 3, 3, 100, (remedy,), ()))

    assert "no change helped: keep the recipe as it is" in capsys.readouterr().out


def test_the_latest_run_is_examined_even_if_it_diverged(byhand, trained, tmp_path, monkeypatch):
    shutil.copytree(trained.parent, tmp_path / "copies")
    monkeypatch.setenv("BYHAND_RUNS", str(tmp_path / "copies"))
    failed = byhand("train", "--dataset", "digits", "--lr", "1e30", "--optimizer", "sgd")

    said = byhand("doctor", "--try")

    assert failed.code == 1
    assert said.code == 0
    assert "critical: training diverged [diverged]" in said.out
    assert "training.learning_rate = 0.1 (it was 1e+30)" in said.out
    assert "helps" in said.out
