"""A search trains every combination and chooses by what was held out."""

from __future__ import annotations

import csv
import json
import os
import signal
from dataclasses import replace

import pytest

from byhand.recipes.search import combinations, describe, run
from byhand.training import Callback


@pytest.fixture
def searched(small, options):
    """A search over two penalties, one of them far too strong."""
    return run(small.changed({"search": {"l2": [1.0, 0.0001]}}), options)


def test_every_combination_comes_once():
    found = list(combinations({"l2": [1, 2], "learning_rate": [0.1]}))

    assert found == [{"l2": 1, "learning_rate": 0.1}, {"l2": 2, "learning_rate": 0.1}]
    assert describe(found[0]) == "l2 = 1, learning_rate = 0.1"


def test_without_a_search_there_is_one_run(small, options):
    assert run(small, options).trials == ()


def test_the_best_by_the_rows_held_out_is_chosen(searched):
    accuracies = [trial.results["validation"]["accuracy"] for trial in searched.trials]

    assert [dict(trial.values) for trial in searched.trials] == [{"l2": 1.0}, {"l2": 0.0001}]
    assert searched.results["validation"]["accuracy"] == max(accuracies)
    assert searched.folder.recipe().spec.training.l2 == 0.0001


def test_the_folder_holds_the_chosen_run_and_all_others_below(searched):
    path = searched.folder.path

    assert {"best.safetensors", "recipe.toml", "run.json", "search.csv"} <= set(os.listdir(path))
    assert (path / "l2=1.0" / "run.json").exists()
    assert (path / "best.safetensors").read_bytes() == (
        path / "l2=0.0001" / "best.safetensors"
    ).read_bytes()


def test_the_table_of_trials_is_written_down(searched):
    facts = json.loads((searched.folder.path / "run.json").read_text())
    with (searched.folder.path / "search.csv").open() as file:
        rows = list(csv.DictReader(file))

    assert facts["chosen"] == {"l2": 0.0001}
    assert [row["l2"] for row in rows] == ["1.0", "0.0001"]
    for row, trial, told in zip(rows, searched.trials, facts["search"], strict=True):
        assert float(row["validation accuracy"]) == trial.results["validation"]["accuracy"]
        assert told["loss gap"] == trial.results["loss_gap"]


def test_the_time_is_that_of_all_trials(searched):
    assert searched.seconds == pytest.approx(
        sum(trial.results["seconds"] for trial in searched.trials)
    )


class InterruptSecond(Callback):
    """Presses Ctrl-C in the second training."""

    trainings = 0

    def on_train_begin(self, run):
        self.trainings += 1

    def on_batch_end(self, run):
        if self.trainings == 2 and run.epoch == 2:
            os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_ends_the_search_with_the_best_until_then(small, options):
    recipe = small.changed({"search": {"l2": [0.0001, 1.0, 2.0]}})

    outcome = run(recipe, replace(options, callbacks=[InterruptSecond()]))

    assert outcome.was_interrupted
    assert len(outcome.trials) == 2
    assert outcome.folder.recipe().spec.training.l2 == 0.0001
