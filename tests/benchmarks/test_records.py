"""The table of records contains the results of each recipe as it is now."""

from __future__ import annotations

import pytest
from benchmarks.records.committee import score_committee
from benchmarks.records.results import current, keep, read_results, settings_of
from benchmarks.records.table import (
    FASTEST,
    PAGE,
    RECIPES,
    fastest_table,
    interval,
    marks,
    table,
    tables,
)
from scipy.stats import binomtest, t

from byhand import train
from byhand.recipes.recipe import read_recipe


def result(seed: int, error: float, settings: str) -> dict:
    return {
        "recipe": "smallest-98",
        "settings": settings,
        "seed": seed,
        "test_error": error,
        "processor_seconds": 90.0,
    }


@pytest.mark.parametrize("name", ["records", "fastest"])
def test_the_page_contains_the_table_of_the_stored_results(name):
    begin, end = marks(name)
    shown = PAGE.read_text("utf-8").partition(begin)[2].partition(end)[0]

    assert shown.strip() == tables()[name].strip()


def test_results_of_other_settings_are_left_out():
    now = settings_of(read_recipe("smallest-98"))
    results = [result(1, 0.02, now), result(0, 0.018, now), result(2, 0.5, "0123456789")]

    assert [one["seed"] for one in current(results, "smallest-98")] == [0, 1]
    row = next(line for line in table(results).splitlines() if "smallest-98" in line)
    assert "| 1.90 | 0, 1 |" in row
    assert "| 1.5 min |" in row


def test_settings_change_with_the_training_but_not_with_the_title():
    recipe = read_recipe("smallest-98")

    assert settings_of(recipe) == settings_of(recipe.changed({"title": "Another"}))
    assert settings_of(recipe) != settings_of(recipe.changed({"training.epochs": 81}))


def test_a_recipe_without_results_is_not_finished():
    assert table([]).count("not finished") == len(RECIPES)
    assert fastest_table([]).count("not finished") == len(FASTEST)


def test_the_fastest_table_compares_mean_processor_seconds():
    settings = settings_of(read_recipe("fastest-98"))
    times = [
        {"recipe": "fastest-98", "settings": settings, "by": by, "seed": seed,
         "test_error": error, "processor_seconds": seconds}
        for seed in (0, 1)
        for by, error, seconds in (("byhand", 0.018, 4.0 + seed), ("PyTorch", 0.019, 9.0))
    ]  # fmt: skip

    row = next(line for line in fastest_table(times).splitlines() if "fastest-98" in line)

    assert row == "| fastest-98 | 2.0 | 0, 1 | 1.80 | 4.5 | 1.90 | 9.0 | 2.0 |"


def test_the_last_committee_has_a_row():
    members = [{"recipe": "a", "seed": 0}, {"recipe": "b", "seed": 0}, {"recipe": "b", "seed": 1}]
    first, last = ({"members": members, "test_error": error} for error in (0.006, 0.005))

    rows = table([], [first, last])

    assert rows.count("committee of 3: 1 x a, 2 x b |") == 1
    assert "| 0.50 | - | 0.38 to 0.66 |" in rows


def test_a_committee_is_scored_as_one_network(tmp_path, monkeypatch):
    folders = [tmp_path / str(seed) for seed in (0, 1)]
    changes = {"data.dataset": "digits", "training.epochs": 2, "data.test": 0.2}
    runs = [
        train("basic", changes=changes, seed=0, out=out, verbose=0, say=lambda _: None, snapshots=0)
        for out in folders
    ]
    monkeypatch.setattr("benchmarks.records.committee.COMMITTEES", tmp_path / "committee.json")

    score_committee(folders)

    (stored,) = read_results(tmp_path / "committee.json")
    assert [member["recipe"] for member in stored["members"]] == ["basic", "basic"]
    alone = 1 - runs[0].evaluate("test")["accuracy"]
    assert stored["test_error"] == pytest.approx(alone, abs=1e-6)  # both have the same seed


def test_results_are_added_to_the_file(tmp_path):
    path = tmp_path / "results.json"
    both = [result(0, 0.02, "a"), result(1, 0.03, "a")]
    for one in both:
        keep(one, path)

    assert read_results(path) == both


def test_the_interval_of_several_seeds_is_students():
    errors = [1.7, 1.8, 2.1]

    expected = t.interval(0.95, 2, loc=1.866667, scale=0.120185)
    assert interval(errors) == pytest.approx(expected, abs=1e-3)


def test_the_interval_of_one_seed_is_wilsons():
    low, high = binomtest(174, 10_000).proportion_ci(method="wilson")

    assert interval([1.74]) == pytest.approx((100 * low, 100 * high), abs=1e-3)
