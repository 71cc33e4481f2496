"""A run that is trained again has the same bits, and a difference is found where it starts."""

from __future__ import annotations

import json
import os
import shutil
import signal
from dataclasses import replace

import pytest

import byhand
from byhand import MultiLayerPerceptron
from byhand.errors import ArgumentError, DataError, DivergedError, FormatError
from byhand.runs.checksums import read_checksums, write_checksums
from byhand.runs.folder import RunFolder
from byhand.runs.lock import locked
from byhand.runs.resume import resume
from byhand.runs.train import train_recipe
from byhand.runs.verify import Parting
from byhand.training import Callback

STOCHASTIC = {
    "network.layers": [
        {"units": 12, "fn": "relu"},
        {"kind": "batch_norm"},
        {"kind": "dropout", "rate": 0.3},
        {"units": "classes", "fn": "softmax"},
    ],
    "training.schedule": "cosine",
    "training.augmentation": {"shift": 1.0},
}


class StopInEpoch(Callback):
    """Presses Ctrl-C in the middle of an epoch."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_batch_end(self, run):
        if run.epoch == self.epoch and not run.stop_reason:
            os.kill(os.getpid(), signal.SIGINT)


def changed_facts(run, **changes):
    """Change fields of run.json without using the run."""
    file = run.folder.facts_file
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))
    return byhand.Run(run.path, say=lambda _: None)


def again(run):
    """The run as another process reads it."""
    return byhand.Run(run.path, say=lambda _: None)


@pytest.mark.parametrize("changes", [{}, STOCHASTIC, {"training.keep": "last"}], ids=str)
def test_a_run_that_nobody_touched_has_the_same_bits(small, options, changes):
    run = train_recipe(small.changed(changes), options)
    before = {file.name: file.read_bytes() for file in run.path.iterdir()}

    found = again(run).verify()

    arrays = len(run.net.parameters) + len(run.net.statistics)
    assert found.same
    assert found.epochs == 4
    assert found.compared["checksums"] == 4 * 8 * arrays
    assert found.compared["history"] == 4 * 5
    assert found.compared["scores"] > 10
    assert found.compared["arrays"] >= arrays
    assert not found.environment
    assert before == {file.name: file.read_bytes() for file in run.path.iterdir()}


def test_the_first_epochs_alone_follow_the_schedule_of_all(small, options):
    run = train_recipe(small.changed(STOCHASTIC), options)

    found = again(run).verify(epochs=2)

    assert found.same
    assert found.epochs == 2
    assert found.compared["scores"] == 0


def test_more_epochs_than_there_are_is_all_of_them(run):
    assert run.verify(epochs=100).compared["scores"] > 0


# --- the first difference -----------------------------------------------------------------------


def test_a_tampered_checksum_is_found_at_its_step(run):
    rows = read_checksums(run.folder.checksums_file)
    row = next(row for row in rows if row["epoch"] == "3")
    row["W2"] = "00000000"
    write_checksums(run.folder.checksums_file, rows)

    found = again(run).verify()

    assert found.parting == Parting("weights", ("W2",), 3, int(row["step"]))
    assert str(found.parting) == f"in epoch 3, after step {row['step']} of the epoch: weights (W2)"
    assert again(run).verify(epochs=2).same


def test_a_tampered_history_is_found_at_its_epoch(run):
    lines = run.folder.history_file.read_text().splitlines()
    cells = lines[2].split(",")
    cells[1] = "0.5"
    lines[2] = ",".join(cells)
    run.folder.history_file.write_text("\n".join(lines) + "\n")

    assert again(run).verify().parting == Parting("history", ("loss",), 2)


def test_earlier_differences_are_reported_first(run):
    rows = read_checksums(run.folder.checksums_file)
    rows[-1]["b1"] = "00000000"
    write_checksums(run.folder.checksums_file, rows)
    text = run.folder.history_file.read_text()
    run.folder.history_file.write_text(text.replace("\n1,", "\n1,9"))

    assert again(run).verify().parting == Parting("history", ("loss",), 1)


def test_an_epoch_too_many_in_the_history_is_found(run):
    text = run.folder.history_file.read_text()
    last = text.splitlines()[-1]
    run.folder.history_file.write_text(f"{text}5,{last.partition(',')[2]}\n")

    assert again(run).verify().parting == Parting("history", ("number of epochs",), 5)


def test_a_tampered_score_is_found(run):
    results = json.loads(json.dumps(run.results))
    results["test"]["accuracy"] += 0.01

    found = changed_facts(run, results=results).verify()

    assert found.parting == Parting("results", ("test accuracy",))
    assert str(found.parting) == "after training: results (test accuracy)"


def test_tampered_weights_are_found_in_the_model_file(run):
    net = MultiLayerPerceptron.load(run.folder.best)
    net.parameters["b2"][0] += 1e-6
    net.save(run.folder.best)

    assert again(run).verify().parting == Parting("model file", ("b2",))


def test_what_differs_in_the_environment_is_reported(run):
    versions = {**run.facts.versions, "numpy": "1.0"}

    found = changed_facts(run, versions=versions).verify()

    assert found.same
    assert found.environment == {"numpy": ["1.0", run.facts.versions["numpy"]]}


def test_another_number_of_threads_is_reported(run, said):
    found = byhand.Run(run.path, say=said.append).verify(threads=2)

    assert found.environment == {"threads": [1, 2]}
    assert any("started with 1 threads, continuing with 2" in line for line in said)


def test_the_backend_of_the_run_is_used(small, options, monkeypatch):
    from byhand import backend

    before = backend.active()
    backend.use("plain")
    try:
        run = train_recipe(small, options)
        backend.use("numpy")
        found = again(run).verify()

        assert found.same
        assert not found.environment
        assert backend.active() == "numpy"
    finally:
        backend.use(before)


# --- runs that did not end as planned -----------------------------------------------------------


def test_an_interrupted_run_is_compared_as_far_as_it_came(small, options):
    run = train_recipe(small, replace(options, callbacks=[StopInEpoch(3)]))

    found = again(run).verify()

    assert run.was_interrupted
    assert found.same
    assert found.epochs == 2
    assert found.compared["scores"] == 0


def test_a_killed_run_is_compared_as_far_as_it_came(run):
    history = run.folder.history_file.read_text().splitlines()
    run.folder.history_file.write_text("\n".join(history[:3]) + "\n")

    found = changed_facts(run, status="running", results={}).verify()

    assert found.same
    assert found.epochs == 2


def test_a_resumed_run_has_the_bits_of_one_that_was_not(small, options):
    run = train_recipe(small, replace(options, callbacks=[StopInEpoch(3)]))
    resume(run.folder, options)

    assert again(run).verify().same


def test_a_run_that_continued_for_more_epochs_reports_it(small, options):
    run = train_recipe(small.changed({"training.schedule": "cosine"}), options)
    resume(run.folder, options, epochs=6)

    found = again(run).verify()

    assert found.parting is not None
    assert found.parting.epoch == 1
    assert [one["changed"] for one in found.resumed] == [{"epochs": [4, 6]}]


DIVERGING = {
    "training.optimizer": "sgd",
    "training.epochs": 2,
    "network.loss": "squared_error",
}


def test_a_run_that_diverged_at_once_has_nothing_to_compare(small, options):
    with pytest.raises(DivergedError):
        train_recipe(small.changed({**DIVERGING, "training.learning_rate": 1e30}), options)

    with pytest.raises(ArgumentError, match="has finished no epoch"):
        byhand.Run("small-1").verify()


def test_a_search_with_a_trial_that_diverges(small, options):
    recipe = small.changed({**DIVERGING, "search": {"learning_rate": [1e30, 0.1]}})

    found = again(train_recipe(recipe, options)).verify()

    assert found.same
    assert found.epochs == 2


def test_a_run_that_diverged_and_does_not_again(run):
    found = changed_facts(run, status="failed", diverged=True).verify()

    assert found.parting == Parting("results", ("diverged",))


def test_a_run_that_is_being_trained_is_refused(run):
    with (
        locked(run.path),
        pytest.raises(ArgumentError, match="is being trained"),
    ):
        again(run).verify()


def test_other_data_are_refused(run):
    dataset = {**run.facts.as_dict()["dataset"], "sha256": "0" * 64}

    with pytest.raises(DataError, match="are not those"):
        changed_facts(run, dataset=dataset).verify()


# --- searches -----------------------------------------------------------------------------------


@pytest.fixture
def search(small, options):
    """A search with two trials."""
    recipe = small.changed({"training.epochs": 2, "search": {"learning_rate": [0.0001, 0.01]}})
    return train_recipe(recipe, options)


def test_all_trials_of_a_search_are_trained_again(search):
    found = again(search).verify()

    assert found.same
    assert found.epochs == 4
    assert found.path == search.path


def test_a_trial_that_differs_is_named(search):
    trial = RunFolder(search.path / "learning_rate=0.0001")
    rows = read_checksums(trial.checksums_file)
    rows[0]["W1"] = "00000000"
    write_checksums(trial.checksums_file, rows)

    found = again(search).verify()

    assert found.parting is not None
    assert found.path == trial.path


def test_a_trial_outside_the_folder_is_refused(search):
    rows = [{**row, "folder": f"../{row['folder']}"} for row in search.facts.search]

    with pytest.raises(FormatError, match="expected the name of a trial's folder"):
        changed_facts(search, search=rows).verify()


def test_a_folder_for_reading_only_can_be_verified(run):
    (run.path / "report.html").write_text("")
    shutil.rmtree(run.path / ".lock", ignore_errors=True)
    run.path.chmod(0o555)
    try:
        assert again(run).verify().same
    finally:
        run.path.chmod(0o755)
