"""The list of runs: sorted, filtered, with the number of scores on the test part."""

from __future__ import annotations

import json
import shutil

import pytest
from tests.runs.small_runs import SMALL

from byhand.errors import ArgumentError
from byhand.recipes.recipe import parse_recipe
from byhand.runs.listing import check_field, list_runs, parse_condition, times_tested
from byhand.runs.train import train_recipe
from byhand.runs.train_options import TrainOptions


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Runs small-1 (weak), small-2 (another optimizer) and small-3 (without validation)."""
    folder = tmp_path_factory.mktemp("runs")
    small = parse_recipe(SMALL, "small")
    recipes = [
        small.changed({"training.learning_rate": 1e-5, "training.epochs": 1}),
        small.changed({"training.optimizer": {"name": "momentum", "mu": 0.8}}),
        small.changed({"data.validation": 0, "training.l2": 0.01, "training.keep": "last"}),
    ]
    for number, (recipe, seed) in enumerate(zip(recipes, (0, 5, 0), strict=True), start=1):
        out = folder / f"small-{number}"
        train_recipe(recipe, TrainOptions(seed, out, threads=1, verbose=0, say=lambda line: None))
    return folder


@pytest.fixture
def three(trained, tmp_path):
    """The folders of copies of these runs."""
    shutil.copytree(trained, tmp_path / "runs")
    return [tmp_path / "runs" / f"small-{number}" for number in (1, 2, 3)]


def names(entries):
    return [entry.value("run") for entry in entries]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("optimizer=adam", {"small-1", "small-3"}),
        ("optimizer!=adam", {"small-2"}),
        ("training.optimizer.mu>=0.8", {"small-2"}),
        ("training.optimizer.mu<0.8", set()),
        ("epochs=1", {"small-1"}),
        ("l2 > 0.001", {"small-3"}),
        ("l2=0", {"small-1", "small-2"}),
        ("seed=5", {"small-2"}),
        ("validation=none", {"small-3"}),
        ("test>=99.9%", set()),
        ("run=small-2", {"small-2"}),
        ("keep=last", {"small-3"}),
        ("drop_last=false", {"small-1", "small-2", "small-3"}),
        ("data.dataset=digits", {"small-1", "small-2", "small-3"}),
    ],
)
def test_a_condition_chooses_runs(three, text, expected):
    assert set(names(list_runs([parse_condition(text)]))) == expected


def test_scores_are_sorted_from_the_best_and_what_lacks_them_comes_last(three):
    assert names(list_runs(sort="validation"))[-1] == "small-3"
    tests = [entry.value("test") for entry in list_runs(sort="test")]
    assert tests == sorted(tests, reverse=True)
    assert names(list_runs(sort="test", reverse=True)) == names(list_runs(sort="test"))[::-1]


def test_other_fields_are_sorted_from_the_smallest_and_times_from_the_latest(three):
    assert [entry.value("l2") for entry in list_runs(sort="l2")] == [0.0, 0.0, 0.01]
    assert names(list_runs()) == ["small-3", "small-2", "small-1"]


@pytest.mark.parametrize("text", ["optimizer", "=adam", "optimizer=", "a b=1", ""])
def test_anything_but_a_condition_gets_a_message(text):
    with pytest.raises(ArgumentError, match="--where takes FIELD=VALUE"):
        parse_condition(text)


def test_an_unknown_field_gets_the_nearest_one():
    with pytest.raises(
        ArgumentError, match=r"unknown field of a run 'optimzer'\. Did you mean 'opt"
    ):
        check_field("optimzer")


def test_a_run_whose_recipe_is_damaged_is_listed_without_it(three):
    (three[0] / "recipe.toml").write_text("not a recipe")

    entry = next(one for one in list_runs() if one.value("run") == "small-1")

    assert entry.value("optimizer") is None
    assert entry.value("test") is not None


def test_every_scoring_of_the_test_part_is_counted(run):
    assert run.folder.times_tested() == 1

    run.evaluate("test")
    run.evaluate("validation")

    assert run.folder.times_tested() == 2
    assert times_tested(list_runs()) == {"digits": (1, 2)}
    lines = (run.path / "test_scores.csv").read_text().splitlines()
    assert [line.split(",")[1] for line in lines] == ["train", "evaluate"]


def test_a_run_of_an_older_byhand_counts_as_scored_once(run):
    (run.path / "test_scores.csv").unlink()

    assert run.folder.times_tested() == 1


def test_a_folder_that_cannot_be_written_can_be_evaluated(run):
    (run.path / "test_scores.csv").unlink()
    (run.path / "test_scores.csv").mkdir()

    assert run.evaluate("test") == run.results["test"]


def test_an_entry_is_plain_values(three):
    entry = list_runs()[0].as_dict()

    assert json.loads(json.dumps(entry))["run"] == "small-3"
    low, high = entry["test_interval_95"]
    assert low < entry["test"] < high
