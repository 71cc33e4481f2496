"""The table of records contains the results of each recipe as it is now."""

from __future__ import annotations

import pytest
from benchmarks.records.results import current, keep, read_results, settings_of
from benchmarks.records.table import BEGIN, END, PAGE, RECIPES, interval, table
from scipy.stats import binomtest, t

from byhand.recipes.recipe import read_recipe


def result(seed: int, error: float, settings: str) -> dict:
    return {
        "recipe": "smallest-98",
        "settings": settings,
        "seed": seed,
        "test_error": error,
        "processor_seconds": 90.0,
    }


def test_the_page_contains_the_table_of_the_stored_results():
    shown = PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]

    assert shown.strip() == table(read_results()).strip()


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


def test_a_recipe_without_results_has_not_been_run():
    assert table([]).count("not run yet") == len(RECIPES)


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
