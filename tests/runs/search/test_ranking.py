"""The best trial has the best mean; differences that chance explains are marked."""

from __future__ import annotations

import pytest

from byhand.runs.folder import RunFolder
from byhand.runs.search.conduct import Crew
from byhand.runs.search.plan import Plan
from byhand.runs.search.ranking import best_of, candidates, is_distinguishable
from byhand.runs.search.trial import Trial
from byhand.runs.train import search


class Scored(Trial):
    """A trial with a score, without a training."""

    def __init__(self, l2, seed, score, loss=1.0, pruned=False):
        super().__init__({"l2": l2}, seed, None, object())
        object.__setattr__(self, "given", (score, loss, pruned))

    score = property(lambda self: self.given[0])
    loss = property(lambda self: self.given[1])
    was_pruned = property(lambda self: self.given[2])


def test_seeds_of_the_same_values_belong_together():
    found = candidates([Scored(0.1, 0, 0.5), Scored(0.2, 0, 0.6), Scored(0.1, 1, 0.7)])

    assert [[trial.seed for trial in one.trials] for one in found] == [[0, 1], [0]]
    assert found[0].mean == pytest.approx(0.6)
    assert found[0].spread == pytest.approx(0.1414, rel=1e-3)
    assert found[1].spread is None


@pytest.mark.parametrize(
    ("trials", "best"),
    [
        ([Scored(1, 0, 0.5), Scored(2, 0, 0.6)], 2),
        ([Scored(1, 0, 0.9, pruned=True), Scored(2, 0, 0.6)], 2),
        ([Scored(1, 0, 0.9), Scored(2, 0, 0.8), Scored(2, 1, 0.8)], 2),
        ([Scored(1, 0, 0.9), Scored(1, 1, 0.5), Scored(2, 0, 0.8), Scored(2, 1, 0.8)], 2),
        ([Scored(1, 0, 0.6, loss=0.3), Scored(2, 0, 0.6, loss=0.2)], 2),
        ([Scored(1, 0, 0.6, pruned=True)], 1),
    ],
    ids=["score", "pruned", "more seeds", "mean", "loss", "nothing else"],
)
def test_the_best(trials, best):
    assert best_of(candidates(trials)).values == {"l2": best}


def test_close_means_are_not_distinguishable_and_far_ones_are():
    near = [Scored(1, 0, 0.95), Scored(1, 1, 0.97), Scored(1, 2, 0.96)]
    same = [Scored(2, 0, 0.96), Scored(2, 1, 0.95), Scored(2, 2, 0.98)]
    far = [Scored(3, 0, 0.80), Scored(3, 1, 0.82), Scored(3, 2, 0.81)]
    one, other, third = candidates([*near, *same, *far])

    assert is_distinguishable(one, other) is False
    assert is_distinguishable(one, third) is True
    assert is_distinguishable(candidates([near[0]])[0], one) is None


def test_each_seed_has_its_own_validation_part_and_the_same_test_part(small, options):
    recipe = small.changed(
        {
            "training.epochs": 2,
            "data.pool": "train+test",
            "data.test": 0.2,
            "search": {"l2": [0.1, 0.0001]},
        }
    )

    run = search(Plan(recipe, seeds=2), options, Crew())

    folders = {row["folder"]: row["seed"] for row in run.trials}
    assert folders == {"l2=0.1": 0, "l2=0.1,seed=1": 1, "l2=0.0001": 0, "l2=0.0001,seed=1": 1}
    first, second = (run.folder.path / name for name in ("l2=0.1", "l2=0.1,seed=1"))
    rows, others = RunFolder(first).split(), RunFolder(second).split()
    assert (rows["test"] == others["test"]).all()
    assert set(rows["validation"]) != set(others["validation"])
    assert not set(rows["test"]) & set(others["validation"])
    assert run.verify().parting is None


def test_the_test_part_is_opened_once_by_the_best_trial_alone(small, options):
    recipe = small.changed({"training.epochs": 2, "search": {"l2": [0.1, 0.0001]}})

    run = search(Plan(recipe), options, Crew())

    assert "test" in run.results
    assert run.folder.times_tested() == 1
    for row in run.trials:
        trial = RunFolder(run.path / row["folder"])
        assert "test" not in trial.facts.results
        assert trial.times_tested() == 0
