"""The progress of each trial, while it trains and at its end."""

from __future__ import annotations

import pytest

from byhand.runs.search.conduct import Crew
from byhand.runs.search.outcome import Trials
from byhand.runs.search.plan import Plan
from byhand.runs.search.progress import Standing, standings
from byhand.runs.search.trial import trial_folder
from byhand.runs.train import search
from byhand.training import History

EPOCHS = History({"val_accuracy": [0.5, 0.9, 0.8], "val_loss": [0.7, 0.6, 0.4]})


def test_a_finished_trial_has_the_score_of_the_weights_that_were_kept(small, options):
    changes = {"training.epochs": 12, "training.monitor": "val_loss"}
    plan = Plan(small.changed(changes | {"search": {"learning_rate": [0.03, 0.01]}}))

    trials = Trials(plan, search(plan, options, Crew()).folder)

    found = standings(trials)
    assert [one.state for one in found] == ["finished", "finished"]
    for one in found:
        results = trial_folder(trials.folder, one.name).facts.results
        assert one.score == results["validation"]["accuracy"]
    assert any(one.score < max(one.history["val_accuracy"]) for one in found)


@pytest.mark.parametrize(
    ("kept", "score"),
    [
        ({}, 0.9),
        ({"accuracy": 0.8, "loss": 0.4}, 0.8),
        ({"r2": 0.3, "loss": 0.4}, -0.4),
    ],
)
def test_the_score_is_the_best_so_far_until_weights_are_kept(kept, score):
    assert Standing("one", {}, 0, "running", EPOCHS, kept).score == score
