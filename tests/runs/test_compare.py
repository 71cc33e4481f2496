"""Runs side by side: their differences, the counts of the paired test, and its verdict."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from byhand.errors import ArgumentError
from byhand.evaluation.significance import McNemar
from byhand.runs.compare import Pair, compare
from byhand.runs.train import train_recipe


@pytest.fixture
def weak(small, options):
    """A run that learned almost nothing."""
    return train_recipe(small.changed({"training.learning_rate": 1e-5}), options)


def test_what_differs_is_named_with_both_values(run, weak):
    found = compare([run, weak])

    assert found.differences == {"training.learning_rate": [0.01, 1e-5]}


def test_a_default_that_is_written_down_makes_no_difference(small, run, options):
    other = train_recipe(small.changed({"training.l2": 0.0}), options)

    assert compare([run, other]).differences == {}


def test_layers_and_seeds_that_differ_are_readable(small, run, options):
    layers = [{"units": 8, "fn": "tanh"}, {"units": "classes", "fn": "softmax"}]
    recipe = small.changed({"network.layers": layers, "training.epochs": 1})
    other = train_recipe(recipe, replace(options, seed=1))

    assert compare([run, other]).differences == {
        "network.layers": ["12 relu, classes softmax", "8 tanh, classes softmax"],
        "training.epochs": [4, 1],
        "seed": [0, 1],
    }


def test_the_paired_test_counts_the_examples_that_one_has_right_and_the_other_wrong(run, weak):
    test = run.data.test
    first = run.net.predict(test.images) == test.labels
    second = weak.net.predict(test.images) == test.labels

    (pair,) = compare([run, weak]).pairs

    assert pair.part == "test"
    assert pair.test.only_first == np.sum(first & ~second)
    assert pair.test.only_second == np.sum(second & ~first)
    assert pair.test.p < 1e-6
    assert pair.words().startswith(f"{run.path.name} is better than {weak.path.name}: of the ")


def test_runs_that_share_no_examples_are_not_tested(small, options):
    changes = {"data.pool": "train+test", "data.test": 0.2, "training.epochs": 1}
    recipe = small.changed(changes)
    runs = [train_recipe(recipe, replace(options, seed=seed)) for seed in (0, 1)]

    (pair,) = compare(runs).pairs

    assert pair.test is None
    assert "have no test or validation examples in common" in pair.words()


def test_seeds_of_a_recipe_form_a_group_whose_mean_is_compared(small, options):
    weak = small.changed({"training.learning_rate": 1e-5})
    recipes = [small, small, small, weak, weak, weak]
    runs = [
        train_recipe(recipe, replace(options, seed=number % 3))
        for number, recipe in enumerate(recipes)
    ]

    found = compare(runs)

    first, second = found.groups
    scores = [run.results["test"]["accuracy"] for run in runs[:3]]
    assert first.name == "small-1 (+2)"
    assert first.mean == pytest.approx(np.mean(scores))
    assert first.spread == pytest.approx(np.std(scores, ddof=1))
    (test,) = found.group_tests
    assert (test.first, test.second) == (first, second)
    assert test.words().startswith("small-1 (+2) is better than small-4 (+2) by ")


def test_comparing_opens_the_test_part_and_that_is_counted(run, weak):
    before = run.folder.times_tested()

    compare([run, weak]).pairs  # noqa: B018

    assert run.folder.times_tested() == before + 1


def test_one_run_is_not_compared_with_itself(run):
    with pytest.raises(ArgumentError, match="at least two different runs"):
        compare([run, run])


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((20, 5, 0.004), "a is better than b: of the 25 test examples that only one of them gets "
         "right, it has 20 and the other 5. Equally good networks differ this much 0.4 % of the "
         "time (McNemar's exact test)."),
        ((5, 20, 0.004), "b is better than a"),
        ((5, 4, 1.0), "a and b cannot be told apart: of the 9 test examples that only one of them "
         "gets right, a has 5 and b has 4. Equally good networks differ this much 100 % of the "
         "time"),
        ((0, 0, 1.0), "a and b get the same test examples right."),
        ((900, 100, 1e-9), "less than 0.01 % of the time"),
    ],
)  # fmt: skip
def test_the_words_say_what_the_test_means(counts, words):
    assert words in Pair("a", "b", "test", McNemar(*counts, exact=True)).words()
