"""`byhand reproduce`: one table, as text, JSON and Markdown."""

from __future__ import annotations

import pytest

from byhand.cli.reproduce import parse_seeds
from byhand.errors import ArgumentError

MINE = """
title = "Mine"
source = "Me"
[data]
dataset = "digits"
[network]
layers = [{ units = 16, fn = "relu" }, { units = "classes", fn = "softmax" }]
[training]
epochs = 3
optimizer = "adam"
learning_rate = 0.01
[published]
test_accuracy = 0.1
train_accuracy = 3.0
"""


@pytest.fixture(autouse=True)
def _mine(tmp_path):
    (tmp_path / "mine.toml").write_text(MINE)


def test_published_figures_are_beside_measured_ones(byhand):
    said = byhand("reproduce", "mine.toml", "--seeds", "0-2")
    header, test, train = said.out.splitlines()[:3]

    assert said.code == 0
    assert header.split()[:4] == ["recipe", "network", "measure", "figure"]
    assert test.split()[:4] == ["mine", "64-16-10", "test", "10.00"]
    assert test.endswith("beaten")
    assert train.endswith("missed")
    assert "±" in test
    assert "0 reproduced, 1 beaten, 1 missed; seeds 0, 1, 2" in said.out
    assert "mine, seed 1: test" in said.err


def test_json_is_all_that_is_on_standard_output(byhand):
    found = byhand("reproduce", "mine.toml", "--seeds", "5", "--json").json

    assert found["seeds"] == [5]
    assert [line["verdict"] for line in found["comparisons"]] == ["too few seeds"] * 2
    assert found["comparisons"][0]["published"] == 0.1


def test_markdown_is_written_to_the_given_file(byhand, tmp_path):
    byhand("reproduce", "mine.toml", "--seeds", "0", "--markdown", tmp_path / "docs" / "results.md")

    assert "| mine | 64-16-10 | test | 10.00 |" in (tmp_path / "docs/results.md").read_text()


def test_a_shipped_recipe_runs_quickly_and_on_other_data_without_a_comparison(byhand):
    said = byhand("reproduce", "full-batch", "deeper", "--quick", "--dataset", "digits")

    assert said.code == 0
    assert "nothing is compared" in said.out
    rows = said.out.splitlines()[1:4]
    assert all(row.endswith(("  -", "s")) for row in rows)


def test_a_recipe_without_its_data_is_listed_with_exit_code_1(byhand):
    said = byhand("reproduce", "full-batch", "mine.toml", "--seeds", "0")

    assert said.code == 1
    assert "full-batch: MNIST, handwritten digits was not found" in said.out
    assert "too few seeds" in said.out


@pytest.mark.parametrize(
    ("text", "seeds"), [("0", [0]), ("0,1,2", [0, 1, 2]), ("3-5", [3, 4, 5]), ("7, 9", [7, 9])]
)
def test_seeds(text, seeds):
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize("text", ["", "a", "1-", "5-3", "-1", "1,b"])
def test_no_seeds(text):
    with pytest.raises(ArgumentError, match="--seeds takes numbers"):
        parse_seeds(text)
