"""Drawn values are reproducible, poor trials are pruned, and the study survives every kill."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from contextlib import ExitStack
from dataclasses import replace
from types import SimpleNamespace

import pytest

pytest.importorskip("optuna", reason="values are drawn with Optuna")

from optuna.trial import TrialState

from byhand.errors import FileError, FormatError
from byhand.runs.folder import RunFolder
from byhand.runs.resume import resume
from byhand.runs.search.claims import claimed, turn
from byhand.runs.search.conduct import Crew
from byhand.runs.search.plan import Plan
from byhand.runs.search.sampler import RANDOM, TPE
from byhand.runs.search.study import Study
from byhand.runs.search.trial import Trial
from byhand.runs.train import search
from byhand.training import Callback


class Done(Trial):
    """A trial with a score, without a training."""

    score = 0.5
    was_pruned = False


def drawn(plan, folder, count):
    """The values of the next claims; every trial succeeds."""
    study, found = Study(plan, folder), []
    for _ in range(count):
        with claimed(study, folder) as claim:
            if claim is not None:
                trial = Done(claim.values, 0, folder, run=object())
                study.finish(claim, [trial])
            found.append(claim and dict(claim.values))
    return found


@pytest.mark.parametrize("sampler", [RANDOM, TPE])
def test_values_are_in_their_ranges_and_follow_from_the_seed(space, tmp_path, sampler):
    runs = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        plan = Plan(space, seed=3, sampler=sampler, trials=6)
        runs.append(drawn(plan, RunFolder(tmp_path / name), 7))

    assert runs[0] == runs[1]
    *values, end = runs[0]
    assert end is None
    assert len({one["learning_rate"] for one in values}) == 6
    assert all(1e-4 <= one["learning_rate"] <= 0.1 for one in values)
    assert all(type(one["units"]) is int and 4 <= one["units"] <= 16 for one in values)


def test_a_search_that_was_cut_off_draws_what_it_would_have_drawn(space, tmp_path):
    plan = Plan(space, sampler=RANDOM, trials=6)
    for name in ("whole", "broken"):
        (tmp_path / name).mkdir()
    whole = drawn(plan, RunFolder(tmp_path / "whole"), 6)

    broken = RunFolder(tmp_path / "broken")
    found = drawn(plan, broken, 2) + drawn(plan, broken, 4)

    assert found == whole


def test_a_trial_whose_process_died_is_claimed_again_with_its_values_and_folder(space, folder):
    plan = Plan(space, sampler=RANDOM, trials=2)
    study = Study(plan, folder)
    held = ExitStack()
    with turn(folder):
        lost = study.claim(held)
        held.close()  # the system does this for a process that dies

    with claimed(Study(plan, folder), folder) as again:
        assert (again.name, again.values) == (lost.name, lost.values)
        assert again.number != lost.number
    states = [trial.state for trial in study.study.get_trials()]
    assert states == [TrialState.FAIL, TrialState.RUNNING]


def test_a_process_that_dies_before_it_repeats_a_trial_keeps_its_values(space, folder):
    plan = Plan(space, sampler=RANDOM, trials=2)
    study = Study(plan, folder)
    with claimed(study, folder) as lost:
        pass
    study.unfinished()  # puts it into the queue
    study.study.ask()  # takes it out of the queue, and dies

    with claimed(Study(plan, folder), folder) as again:
        assert (again.name, again.values) == (lost.name, lost.values)
    assert dict(map(reversed, study.trials())) == {lost.name: dict(lost.values)}


def test_a_trial_without_one_of_its_values_is_an_error(space, folder):
    plan = Plan(space, sampler=RANDOM, trials=2)
    drawn(plan, folder, 2)
    with contextlib.closing(sqlite3.connect(folder.path / "search.db")) as database, database:
        database.execute("DELETE FROM trial_params WHERE trial_id = 2 AND param_name = 'units'")

    with pytest.raises(FormatError, match="has no value of units for trial-001"):
        list(Study(plan, folder).trials())


@pytest.mark.parametrize("error", [ValueError, KeyError])
def test_a_trial_that_optuna_cannot_end_is_an_error_of_byhand(space, folder, monkeypatch, error):
    """As in a database whose trials have the numbers of others."""
    study = Study(Plan(space, sampler=RANDOM, trials=3), folder)

    def tell(*_, **__):
        raise error("Cannot tell a WAITING trial.")

    with claimed(study, folder) as claim:
        monkeypatch.setattr(study.study, "tell", tell)
        with pytest.raises(FormatError, match="Cannot tell a WAITING trial"):
            study.finish(claim, [Done(claim.values, 0, folder, run=object())])
    with pytest.raises(FormatError, match="Cannot tell a WAITING trial"):
        study.unfinished()


def test_a_trial_whose_enqueued_values_are_no_table_is_an_error(space, folder):
    study = Study(Plan(space, sampler=RANDOM, trials=2), folder)
    study.study.enqueue_trial({}, user_attrs={"folder": "trial-000"})
    study.study.ask()
    with contextlib.closing(sqlite3.connect(folder.path / "search.db")) as database, database:
        database.execute("UPDATE trial_system_attributes SET value_json = '5'")

    with pytest.raises(FormatError, match="does not hold a study"):
        Study(study.plan, folder).unfinished()


def test_a_trial_that_is_being_trained_is_not_claimed_again(space, folder):
    plan = Plan(space, sampler=RANDOM, trials=1)
    study = Study(plan, folder)

    with claimed(study, folder) as first, claimed(study, folder) as second:
        assert first is not None
        assert second is None


def test_a_process_that_died_before_it_drew_values_costs_no_trial(space, folder):
    plan = Plan(space, sampler=RANDOM, trials=2)
    Study(plan, folder).study.ask()

    assert [values is not None for values in drawn(plan, folder, 3)] == [True, True, False]


# --- whole searches, in this process ------------------------------------------------------------


def test_trials_that_diverge_are_counted_and_the_search_ends(small, options):
    recipe = small.changed(
        {
            "training.optimizer": "sgd",
            "network.loss": "squared_error",
            "search": {"learning_rate": [1e30, 1e29, 0.1]},
        }
    )

    run = search(Plan(recipe, sampler=RANDOM, trials=4), options, Crew())

    assert len(run.trials) == 4
    assert {row["state"] for row in run.trials} == {"finished", "diverged"}
    assert run.facts.chosen == {"learning_rate": 0.1}


class Fail(Callback):
    """Ends the second training with an error, like a bug."""

    trainings = 0

    def on_train_begin(self, run):
        self.trainings += 1

    def on_epoch_end(self, run):
        if self.trainings == 2 and run.epoch == 2:
            raise RuntimeError("a bug")


@pytest.mark.parametrize("name", ["broken", "moved"])
def test_a_search_continues_where_an_error_ended_it(space, options, tmp_path, name, monkeypatch):
    """Also in another folder, on a machine with another name, such as a new container."""
    plan = Plan(space, sampler=RANDOM, trials=3)
    expected = search(plan, replace(options, out=tmp_path / "whole"), Crew())
    with contextlib.suppress(RuntimeError):
        search(plan, replace(options, out=tmp_path / "broken", callbacks=[Fail()]), Crew())
    if name == "moved":
        (tmp_path / "broken").rename(tmp_path / "moved")
        monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(nodename="other"), raising=False)

    found = resume(RunFolder(tmp_path / name), options)

    assert [{**row, "seconds": 0} for row in found.trials] == [
        {**row, "seconds": 0} for row in expected.trials
    ]
    assert (found.net.parameters.vector == expected.net.parameters.vector).all()


def test_a_search_whose_trials_are_not_in_its_folder_says_so(space, options, tmp_path):
    plan, folder = Plan(space, sampler=RANDOM, trials=2), RunFolder(tmp_path / "broken")
    with contextlib.suppress(RuntimeError):
        search(plan, replace(options, out=folder.path, callbacks=[Fail()]), Crew())
    with contextlib.closing(sqlite3.connect(folder.path / "search.db")) as database, database:
        database.execute("UPDATE trials SET state = 'COMPLETE'")
        database.execute("DELETE FROM trial_user_attributes")

    with pytest.raises(FileError, match="no trial of the search is in"):
        resume(folder, options)


def test_every_trial_of_a_drawn_search_can_be_verified(bad_and_good, options):
    run = search(Plan(bad_and_good, sampler=RANDOM, trials=7, prune=True), options, Crew())

    found = run.verify()

    assert found.parting is None
    assert (
        found.epochs == sum(RunFolder(run.path / row["folder"]).facts.epochs for row in run.trials)
        or found.epochs
    )  # trials with the winner's values are not trained twice
