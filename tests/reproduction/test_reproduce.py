"""Published figures are judged by their place in the spread over the seeds."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace

import pytest

from byhand.recipes.recipe import read_recipe
from byhand.reproduction.markdown import commit, duration, seeds_in_words, to_markdown
from byhand.reproduction.measures import MEASURES
from byhand.reproduction.reproduce import Comparison, Reproduction, reproduce
from byhand.runs.folder import RunFolder
from byhand.training import Callback


def comparison(published, *values, measure="test_accuracy", comparable=True):
    return Comparison("a", "784-10", measure, published, values, comparable)


# --- verdicts -----------------------------------------------------------------------------------

THREE = (0.96, 0.97, 0.98)  # one more run: 0.97 ± 4.303 * 0.01 * sqrt(4/3), 0.9203 to 1.0197

VERDICTS = [
    (comparison(0.97, *THREE), "reproduced"),
    (comparison(0.9204, *THREE), "reproduced"),
    (comparison(0.9202, *THREE), "beaten"),
    (comparison(0.97, 0.961, 0.962, 0.963), "missed"),
    (comparison(0.97, 0.97, 0.97, 0.97), "reproduced"),
    (comparison(0.97, 0.97, 0.98), "too few seeds"),
    (comparison(None, *THREE), "no figure"),
    (comparison(0.97, *THREE, comparable=False), "not compared"),
    (comparison(600, 90.0, 91.0, 92.0, measure="seconds"), "not compared"),
]


@pytest.mark.parametrize(("line", "verdict"), VERDICTS)
def test_the_verdict_is_where_the_published_run_ranks_among_ours(line, verdict):
    assert line.verdict == verdict


def test_mean_spread_and_difference():
    line = comparison(0.90, 0.91, 0.93)

    assert line.mean == pytest.approx(0.92)
    assert line.spread == pytest.approx(0.0141421, abs=1e-6)
    assert line.difference == pytest.approx(0.02)
    assert comparison(0.9, 0.91).spread is None
    assert comparison(None, 0.91).difference is None


def test_every_measure_reads_the_results_of_a_run(run):
    for name, measure in MEASURES.items():
        value = measure.of(run.results)
        assert value is not None, name
        assert value >= 0
        assert measure.of({}) is None


# --- running ------------------------------------------------------------------------------------


@pytest.fixture
def published(small):
    """The small recipe with a figure that it beats and one that nothing reaches."""
    return small.changed({"published": {"test_accuracy": 0.1, "train_accuracy": 3.0}})


@pytest.fixture
def done(published, options):
    """That recipe, reproduced with three seeds."""
    return reproduce([published], [0, 1, 2], options)


def test_each_seed_has_a_run_of_its_own_and_the_mean_is_compared(done, published):
    met, missed = done.comparisons
    runs = [RunFolder(done.folder.path / f"small-seed-{seed}") for seed in (0, 1, 2)]

    assert [run.facts.seed for run in runs] == [0, 1, 2]
    assert met.values == [run.facts.results["test"]["accuracy"] for run in runs]
    assert (met.verdict, missed.verdict) == ("beaten", "missed")
    assert done.misses == [missed]
    assert met.published == published.spec.published["test_accuracy"]


def test_results_are_written_down_after_every_run(done):
    written = json.loads((done.folder.path / "results.json").read_text())

    assert written == json.loads(json.dumps(done.as_dict()))
    assert [line["verdict"] for line in written["comparisons"]] == ["beaten", "missed"]


def test_a_quick_run_compares_nothing(published, options):
    recipe = published.changed({"training.epochs": 40})

    done = reproduce([recipe], [0], options, quick=True)

    assert RunFolder(done.folder.path / "small-seed-0").facts.epochs == 2
    assert {line.verdict for line in done.comparisons} == {"not compared"}


def test_on_other_data_nothing_is_compared(options):
    done = reproduce([read_recipe("leaky-relu")], [0], options, quick=True, dataset="digits")

    assert {line.verdict for line in done.comparisons} == {"not compared"}
    assert done.comparisons[0].network == "64-10-10"


def test_fallback_data_are_noted(published, options):
    recipe = published.changed({"data.dataset": "mnist", "data.instead": "digits"})

    done = reproduce([recipe], [0], options)

    assert "mnist was not found; the first 1,437 training images of digits" in done.notes["small"]


def test_a_recipe_without_its_data_does_not_stop_the_others(published, options):
    done = reproduce([read_recipe("full-batch"), published], [0], options)

    assert "was not found" in done.failures["full-batch"]
    assert [line.recipe for line in done.comparisons] == ["small", "small"]


class InterruptThird(Callback):
    """Presses Ctrl-C in the third training."""

    trainings = 0

    def on_train_begin(self, run):
        self.trainings += 1
        if self.trainings == 3:
            os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_keeps_what_was_measured_until_then(published, options):
    other = replace(published, name="other")

    done = reproduce([published, other], [0, 1], replace(options, callbacks=[InterruptThird()]))

    assert done.interrupted
    assert [line.recipe for line in done.comparisons] == ["small", "small"]
    assert "Ended early" in to_markdown(done)


def test_the_watch_sees_every_run_start_and_end(published, options):
    seen = []

    reproduce(
        [published],
        [0, 1],
        options,
        watch=lambda recipe, seed, run: seen.append((recipe.name, seed, run is None)),
    )

    assert seen == [
        ("small", 0, True),
        ("small", 0, False),
        ("small", 1, True),
        ("small", 1, False),
    ]


# --- Markdown -----------------------------------------------------------------------------------


def test_markdown_tells_figures_verdicts_seeds_and_commit(done):
    text = to_markdown(done)
    table = [line for line in text.splitlines() if line.startswith("|")]

    assert "seeds 0, 1, 2:" in text
    assert f"at commit {commit()}" in text
    assert table[0].count("|") == table[1].count("|") == table[2].count("|")
    assert "| small | 64-12-10 | test | 10.00 |" in text
    assert text.count("| beaten, above 0 % of our runs |") == 1
    assert text.count("| missed, above 100 % of our runs |") == 1
    assert "±" in table[2]


def test_markdown_tells_searches_notes_and_failures(done, small, options):
    recipe = small.changed({"search": {"l2": [0.1, 0.001]}, "training.epochs": 1})
    searched = reproduce([recipe], [0, 1], options)
    searched.notes["small"] = "other data."
    searched.failures["gone"] = "not at hand."

    text = to_markdown(searched)

    assert "The search of `small`, means over the seeds:" in text
    assert "| l2 = 0.1 |" in text
    assert "- `small`: other data." in text
    assert "- `gone`: not at hand." in text


def test_an_empty_reproduction_is_a_table_without_rows(options, done):
    assert to_markdown(Reproduction(done.folder, [0])).count("\n|") == 2


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.41, "0.4 s"), (12.3, "12 s"), (119, "119 s"), (200, "3 min 20 s")]
)
def test_durations_are_readable(seconds, text):
    assert duration(seconds) == text


def test_one_seed_and_several():
    assert seeds_in_words([0]) == "seed 0"
    assert seeds_in_words([0, 2]) == "seeds 0, 2"
