"""`byhand runs` and `byhand compare`, from the command line."""

from __future__ import annotations

import pytest


@pytest.fixture
def two(byhand, tmp_path):
    """Two runs of different learning rates."""
    base = ("train", "--dataset", "digits", "--epochs", 2, "--quiet", "--no-report")
    assert byhand(*base).code == 0
    assert byhand(*base, "--learning-rate", 0.00001).code == 0
    return tmp_path / "runs"


def test_runs_are_listed_with_intervals_and_scorings(byhand, two):
    said = byhand("runs", "--sort", "test")

    assert said.code == 0, said.err
    heading, first, second = said.out.splitlines()[:3]
    assert heading.split()[:3] == ["run", "data", "network"]
    assert [first.split()[0], second.split()[0]] == ["basic-1", "basic-2"]
    assert " to " in first
    assert "digits: 2 runs scored on the test part, 2 times in all" in said.out
    assert "the best of many test scores is too high" in said.out


def test_runs_are_filtered_sorted_by_the_recipe_and_cut(byhand, two):
    said = byhand("runs", "--where", "learning_rate<0.001", "--sort", "learning_rate")

    assert "basic-2" in said.out
    assert "basic-1" not in said.out
    assert said.out.splitlines()[0].endswith("learning_rate")
    assert [one["run"] for one in byhand("runs", "--json", "--last", 1).json] == ["basic-2"]


def test_no_runs_is_not_an_error(byhand):
    said = byhand("runs")

    assert (said.code, said.out) == (0, "")
    assert "there are no runs in runs." in said.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--sort", "tset"), "unknown field of a run 'tset'. Did you mean 'test'"),
        (("--where", "test"), "--where takes FIELD=VALUE"),
    ],
)
def test_an_unknown_field_gets_a_message(byhand, arguments, message):
    said = byhand("runs", *arguments)

    assert said.code == 2
    assert message in said.err


def test_evaluating_tells_how_often_the_test_part_was_scored(byhand, two):
    assert "the test part was scored 2 times with this run." in byhand("evaluate", "basic-1").err
    assert "the test part" not in byhand("evaluate", "basic-1", "--part", "validation").err


def test_two_runs_are_compared_in_words_and_a_picture(byhand, two):
    said = byhand("compare", "basic-1", "basic-2")

    assert said.code == 0, said.err
    assert "training.learning_rate" in said.out
    assert "basic-1 is better than basic-2: of the " in said.out
    assert "(McNemar's exact test)" in said.out
    assert (two / "basic-1" / "figures" / "compare.png").stat().st_size > 5000


def test_a_comparison_is_json_too(byhand, two, tmp_path):
    found = byhand("compare", "basic-1", "basic-2", "--json", "--figure", "both.svg").json

    assert found["runs"] == ["basic-1", "basic-2"]
    assert found["pairs"][0]["only_first"] > found["pairs"][0]["only_second"]
    assert (tmp_path / "both.svg").read_text().startswith("<?xml")


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        (("basic-1",), "at least two different runs"),
        (("basic-1", "basic-1"), "at least two different runs"),
        (("basic-1", "basic-9"), "there is no run basic-9"),
        (("basic-1", "basic-2", "--figure", "x.jpg"), "unknown format of a figure 'jpg'"),
    ],
)
def test_what_cannot_be_compared_gets_a_message(byhand, two, runs, message):
    said = byhand("compare", *runs)

    assert said.code in (1, 2)
    assert message in said.err
