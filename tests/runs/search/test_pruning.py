"""Trials that perform worse than the others are stopped early."""

from __future__ import annotations

import pytest

pytest.importorskip("optuna", reason="values are drawn with Optuna")

from byhand.runs.folder import RunFolder
from byhand.runs.search.conduct import Crew
from byhand.runs.search.plan import Plan
from byhand.runs.search.sampler import RANDOM
from byhand.runs.search.trial import PRUNED
from byhand.runs.train import search


def test_trials_that_fall_behind_are_pruned_and_never_win(bad_and_good, options):
    run = search(Plan(bad_and_good, sampler=RANDOM, trials=10, prune=True), options, Crew())

    pruned = [row for row in run.trials if row["state"] == "pruned"]
    assert pruned
    assert {row["learning_rate"] for row in pruned} == {1e-9}
    assert {RunFolder(run.path / row["folder"]).facts.stopped for row in pruned} == {PRUNED}
    assert run.facts.chosen["learning_rate"] != 1e-9
    assert run.facts.status == "finished"


def test_without_pruning_every_trial_is_trained_whole(bad_and_good, options):
    run = search(Plan(bad_and_good, sampler=RANDOM, trials=3), options, Crew())

    assert {row["state"] for row in run.trials} == {"finished"}
    assert all(RunFolder(run.path / row["folder"]).facts.epochs == 5 for row in run.trials)
