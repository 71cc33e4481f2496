"""A search trains every combination, chooses by validation, and can be resumed whole."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.runs.search.commands import SECONDS

from byhand import backend
from byhand.errors import ArgumentError, DivergedError, FileError
from byhand.evaluation.doubt import Doubt
from byhand.runs import Run, lock
from byhand.runs.folder import RunFolder, find_run
from byhand.runs.resume import resume
from byhand.runs.search.claims import Grid, claimed, remove_abandoned
from byhand.runs.search.outcome import Outcome, _copy_files
from byhand.runs.search.plan import Plan
from byhand.runs.train import train_recipe
from byhand.training import Callback


@pytest.fixture
def searching(small):
    """A search over three penalties, two of them far too strong."""
    return small.changed({"search": {"l2": [1.0, 0.0001, 2.0]}})


@pytest.fixture
def searched(searching, options):
    """The finished search."""
    return train_recipe(searching, options)


def test_without_a_search_there_are_not_trials(run):
    assert run.trials == []


def test_the_trial_with_the_best_validation_accuracy_is_chosen(searched):
    accuracies = [trial["validation accuracy"] for trial in searched.trials]

    assert [trial["l2"] for trial in searched.trials] == [1.0, 0.0001, 2.0]
    assert searched.results["validation"]["accuracy"] == max(accuracies)
    assert searched.recipe.spec.training.l2 == 0.0001
    assert searched.facts.status == "finished"


def test_the_folder_holds_the_chosen_run_and_the_trials_below(searched):
    path = searched.path

    assert {"best.safetensors", "recipe.toml", "run.json", "search.csv"} <= set(os.listdir(path))
    assert (path / "l2=1.0" / "run.json").exists()
    weights = Run(path / "l2=0.0001").net.parameters.vector
    assert (Run(path).net.parameters.vector == weights).all()


def test_only_the_chosen_trial_learns_which_predictions_to_doubt(searched):
    assert Doubt.of(Run(searched.path).net) is not None
    assert Doubt.of(Run(searched.path / "l2=0.0001").net) is None


def test_an_interrupted_search_learns_no_doubt_until_it_is_complete(searching, options):
    broken = train_recipe(searching, replace(options, callbacks=[InterruptSecond()]))
    assert Doubt.of(Run(broken.path).net) is None

    complete = resume(broken.folder, options)

    assert Doubt.of(Run(complete.path).net) is not None


def test_the_folder_read_again_is_the_run_that_was_returned(searched):
    again = Run(searched.path)

    assert (again.net.parameters.vector == searched.net.parameters.vector).all()
    assert again.history.columns == searched.history.columns
    assert again.evaluate("test") == searched.results["test"]


def test_the_table_of_trials_is_written_down(searched):
    facts = json.loads((searched.path / "run.json").read_text())
    with (searched.path / "search.csv").open() as file:
        rows = list(csv.DictReader(file))

    assert facts["chosen"] == {"l2": 0.0001}
    assert [row["l2"] for row in rows] == ["1.0", "0.0001", "2.0"]
    for row, trial in zip(rows, facts["search"], strict=True):
        results = Run(searched.path / trial["folder"]).results
        assert float(row["validation accuracy"]) == results["validation"]["accuracy"]
        assert trial["loss gap"] == results["loss_gap"]


def test_the_time_is_that_of_all_trials(searched):
    assert searched.seconds == pytest.approx(sum(trial["seconds"] for trial in searched.trials))


def test_the_data_are_loaded_once(searching, options, monkeypatch):
    from byhand.runs import split_dataset

    loads, load = [], split_dataset.load_dataset

    def counted(*arguments, **named):
        loads.append(arguments)
        return load(*arguments, **named)

    monkeypatch.setattr(split_dataset, "load_dataset", counted)
    train_recipe(searching, options)

    assert len(loads) == 1


def test_a_trial_that_diverges_does_not_end_the_search(small, options):
    recipe = small.changed(
        {
            "training.optimizer": "sgd",
            "network.loss": "squared_error",
            "search": {"learning_rate": [1e30, 0.1]},
        }
    )

    run = train_recipe(recipe, options)

    assert run.recipe.spec.training.learning_rate == 0.1
    assert run.trials[0]["validation accuracy"] is None
    assert run.facts.status == "finished"


def test_a_search_whose_trials_all_diverge_fails(small, options):
    recipe = small.changed(
        {
            "training.optimizer": "sgd",
            "network.loss": "squared_error",
            "search": {"learning_rate": [1e30, 1e29]},
        }
    )

    with pytest.raises(DivergedError, match="all 2 trials"):
        train_recipe(recipe, options)


# --- interruptions ------------------------------------------------------------------------------


class InterruptSecond(Callback):
    """Presses Ctrl-C in the second training."""

    trainings = 0

    def on_train_begin(self, run):
        self.trainings += 1

    def on_batch_end(self, run):
        if self.trainings == 2 and run.epoch == 2:
            os.kill(os.getpid(), signal.SIGINT)


class InterruptAt(Callback):
    """Presses Ctrl-C in the middle of an epoch."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_batch_end(self, run):
        if run.epoch == self.epoch and not run.stop_reason:
            os.kill(os.getpid(), signal.SIGINT)


def assert_same_search(found, expected):
    """Check that everything is equal except the times and the folder."""
    for one, other in zip(found.trials, expected.trials, strict=True):
        assert {**one, "seconds": 0} == {**other, "seconds": 0}
    assert (found.net.parameters.vector == expected.net.parameters.vector).all()
    for name in set(expected.history) - {"seconds"}:
        np.testing.assert_array_equal(found.history[name], expected.history[name])
    assert found.facts.chosen == expected.facts.chosen
    assert found.facts.best_epoch == expected.facts.best_epoch
    assert found.recipe.spec == expected.recipe.spec
    assert found.results["test"] == expected.results["test"]


def test_ctrl_c_ends_the_search_with_the_best_trial_so_far(searching, options):
    run = train_recipe(searching, replace(options, callbacks=[InterruptSecond()]))

    assert run.was_interrupted
    assert run.facts.stopped == "interrupted (Ctrl-C)"
    assert len(run.trials) == 2
    assert run.evaluate("test") == run.results["test"]


def test_a_resumed_search_does_all_its_trials(searching, searched, options):
    broken = train_recipe(searching, replace(options, callbacks=[InterruptSecond()]))

    resumed = resume(broken.folder, options)

    assert resumed.facts.status == "finished"
    assert_same_search(resumed, searched)


def test_a_resumed_search_names_its_data_as_the_recipe_does(searching, options):
    rows = "".join(f"{k},{k % 7},{'xy'[k % 2]}\n" for k in range(40))
    Path("table.csv").write_text(f"a,b,label\n{rows}")
    recipe = searching.changed({"data.dataset": "table.csv", "data.test": 0.2})
    broken = train_recipe(recipe, replace(options, callbacks=[InterruptSecond()]))

    resumed = resume(broken.folder, options)

    trials = [RunFolder(resumed.path / row["folder"]) for row in resumed.facts.search]
    assert [trial.facts.dataset.asked for trial in trials] == 3 * ["table.csv"]
    assert resumed.folder.is_on("table.csv")


def test_a_resumed_search_removes_what_a_killed_process_left(searching, options):
    broken = train_recipe(searching, replace(options, callbacks=[InterruptSecond()]))
    claims = broken.path / ".claims"
    (claims / "l2=1.0.claim").touch()
    (
        broken.path / broken.facts.search[0]["folder"] / lock.NAME
    ).touch()  # killed after its last epoch

    resume(broken.folder, options)

    assert not list(claims.iterdir())
    assert not list(broken.path.rglob(lock.NAME))


def test_the_claims_of_living_processes_stay(searched):
    claims = searched.path / ".claims"
    with lock.locked(claims, "l2=2.0.claim"):
        (claims / "l2=1.0.claim").touch()

        remove_abandoned(searched.folder)

        assert [path.name for path in claims.iterdir()] == ["l2=2.0.claim"]


def test_a_search_killed_just_before_its_results_counts_one_score_on_the_test_part(
    searching, options, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr("byhand.runs.search.conduct.Outcome.score_test", scored_and_killed)
        with pytest.raises(ZeroDivisionError):
            train_recipe(searching, options)
    killed = find_run()
    killed.facts_file.write_text(json.dumps({**killed.facts.as_dict(), "status": "running"}))

    resumed = resume(find_run(), options)

    assert resumed.facts.status == "finished"
    assert resumed.folder.times_tested() == 1


def scored_and_killed(self, data):
    SCORE_TEST(self, data)
    raise ZeroDivisionError


SCORE_TEST = Outcome.score_test


def test_a_finished_search_has_nothing_to_resume(searched, options):
    with pytest.raises(ArgumentError, match=r"has finished .*there is nothing to resume"):
        resume(searched.folder, options)


def test_an_unfinished_search_takes_no_other_number_of_epochs(searching, options):
    broken = train_recipe(searching, replace(options, callbacks=[InterruptSecond()]))

    with pytest.raises(ArgumentError, match="all its trials take the same number of epochs"):
        resume(broken.folder, options, epochs=9)


def test_a_search_that_an_older_byhand_left_unfinished_is_not_called_finished(searching, options):
    """Version 0.1.0 wrote no search.toml, so the remaining trials are unknown."""
    broken = train_recipe(searching, replace(options, callbacks=[InterruptSecond()]))
    (broken.path / "search.toml").unlink()

    with pytest.raises(ArgumentError, match=r"an older byhand.*Resume a trial: --resume .*l2="):
        resume(broken.folder, options)


def test_the_chosen_run_can_be_trained_further_and_that_can_be_interrupted(searched, options):
    broken = resume(searched.folder, replace(options, callbacks=[InterruptAt(6)]), epochs=8)
    assert broken.was_interrupted

    resumed = resume(broken.folder, options)

    assert resumed.history.epochs == 8
    assert resumed.recipe.spec.training.l2 == 0.0001
    assert len(resumed.trials) == 3


# --- real processes -----------------------------------------------------------------------------

LONG = {"training.epochs": 400, "training.keep": "last"}

SEARCH = """
import signal, sys, time
import byhand

class StayUntilTheSignal(byhand.Callback):
    trainings = 0
    def on_train_begin(self, run):
        self.trainings += 1
    def on_epoch_end(self, run):
        while self.trainings == 3 and not run.stop_reason:
            time.sleep(0.01)

signal.signal(signal.SIGINT, signal.default_int_handler)
byhand.train(sys.argv[1], verbose=0, threads=1, callbacks=[StayUntilTheSignal()])
"""


def start(path):
    """Start a search in a separate process; it stays in its last trial until it gets a signal."""
    return subprocess.Popen(
        [sys.executable, "-c", SEARCH, str(path)], stderr=subprocess.PIPE, text=True
    )


def wait_for(path, process):
    """Wait until a file exists."""
    ends = time.monotonic() + SECONDS
    while not path.exists():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < ends
        time.sleep(0.02)


@pytest.fixture
def numpy_backend(monkeypatch):
    """The same backend in this process and in those that it starts."""
    monkeypatch.setenv("BYHAND_KERNELS", "numpy")
    before = backend.active()
    backend.use("numpy")
    yield
    backend.use(before)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("moment", ["l2=1.0/last.safetensors", "l2=0.0001/recipe.toml"])
def test_a_search_that_was_really_interrupted_loses_nothing(
    searching, options, tmp_path, numpy_backend, sent, moment
):
    recipe = searching.changed(LONG)
    (tmp_path / "mine.toml").write_text(recipe.to_toml())
    process = start(tmp_path / "mine.toml")
    folder = tmp_path / "runs" / "mine-1"
    wait_for(folder / moment, process)
    process.send_signal(sent)
    process.communicate(timeout=SECONDS)
    assert RunFolder(folder).facts.status in {"running", "interrupted"}

    resumed = resume(find_run("mine-1"), options)

    assert resumed.facts.status == "finished"
    assert_same_search(resumed, train_recipe(recipe, options))


# --- untrusted folders --------------------------------------------------------------------------


def test_a_value_that_would_lead_out_of_the_folder_removes_nothing(small, tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (tmp_path / "search" / "monitor=").mkdir(parents=True)
    folder = RunFolder(tmp_path / "search")
    plan = Plan(small.changed({"search": {"monitor": ["/../../precious"]}}))

    with (
        pytest.raises(ArgumentError, match="leads out of that folder"),
        claimed(Grid(plan, folder), folder),
    ):
        pass

    assert precious.is_dir()


def test_a_trial_that_is_a_link_out_of_the_folder_is_not_entered(small, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    folder = RunFolder(tmp_path / "search")
    folder.path.mkdir()
    (folder.path / "l2=1.0").symlink_to(tmp_path / "elsewhere")
    plan = Plan(small.changed({"search": {"l2": [1.0]}}))

    with (
        pytest.raises(ArgumentError, match="leads out of that folder"),
        claimed(Grid(plan, folder), folder),
    ):
        pass

    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize(
    "name", [".claims", ".claims/turn", ".claims/l2=1.0.claim", "l2=1.0/.lock"]
)
def test_a_link_cannot_put_claims_and_locks_elsewhere(name, small, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    folder = RunFolder(tmp_path / "search")
    link = folder.path / name
    link.parent.mkdir(parents=True)
    if name == ".claims":
        elsewhere.mkdir()
    link.symlink_to(elsewhere)
    plan = Plan(small.changed({"search": {"l2": [1.0]}}))

    def claim():
        with claimed(Grid(plan, folder), folder), lock.locked(folder.path / "l2=1.0"):
            pass

    with pytest.raises(FileError, match=r"is a link|leads out"):
        claim()

    assert not elsewhere.exists() or not list(elsewhere.iterdir())


def test_the_lock_of_a_run_elsewhere_is_not_removed(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / lock.NAME).touch()
    folder = RunFolder(tmp_path / "search")
    folder.path.mkdir()
    (folder.path / "trial").symlink_to(tmp_path / "elsewhere")

    remove_abandoned(folder)

    assert (tmp_path / "elsewhere" / lock.NAME).exists()


def test_a_file_elsewhere_is_not_copied_as_that_of_the_best_trial(tmp_path):
    (tmp_path / "secret").write_text("mine")
    best, folder = RunFolder(tmp_path / "search" / "best"), RunFolder(tmp_path / "search")
    best.path.mkdir(parents=True)
    (best.path / "notes").symlink_to(tmp_path / "secret")

    with pytest.raises(FileError, match="leads out of its folder"):
        _copy_files(best, folder)

    assert not (folder.path / "notes").exists()
