"""A run keeps everything, overwrites nothing, and resumes as if never interrupted."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from byhand import MultiLayerPerceptron, load_dataset
from byhand.errors import ArgumentError, DataError, DivergedError, FileError
from byhand.recipes.recipe import parse_recipe, read_recipe
from byhand.runs.folder import RunFolder, find_run, runs_folder
from byhand.runs.resume import resume
from byhand.runs.train import train_recipe
from byhand.training import Callback, History

FILES = {
    "recipe.toml",
    "run.json",
    "split.npz",
    "history.csv",
    "best.safetensors",
    "last.safetensors",
    "statistics.npz",
    "checksums.csv",
    "snapshots.safetensors",
    "test_scores.csv",
}


class InterruptAt(Callback):
    """Presses Ctrl-C in the middle of an epoch."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_batch_end(self, run):
        if run.epoch == self.epoch and not run.stop_reason:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def every_epoch(monkeypatch):
    """Write a checkpoint after every epoch, however short."""
    monkeypatch.setattr("byhand.runs.checkpoint_callback.SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr("byhand.runs.checkpoint_callback.TIMES_AS_LONG", 0)


def facts_of(folder):
    return json.loads((folder.path / "run.json").read_text())


# --- what a run leaves --------------------------------------------------------------------------


def test_a_run_is_a_folder_with_everything_in_it(run):
    assert {file.name for file in run.path.iterdir()} == FILES
    assert run.path.name == "small-1"


def test_run_json_tells_where_everything_came_from(run, small):
    facts = facts_of(run.folder)

    assert facts["status"] == "finished"
    assert facts["seed"] == 0
    assert facts["network"] == "64-12-10"
    assert facts["dataset"]["sha256"] == load_dataset("digits").sha256
    assert facts["dataset"]["fallback"] is False
    assert {"byhand", "python", "numpy"} <= set(facts["versions"])
    assert {"threads", "blas", "kernels"} <= set(facts["training"])
    assert facts["epochs"] == small.spec.training.epochs
    assert facts["results"] == run.results
    assert facts["seconds"] >= facts["results"]["seconds"] > 0


def test_the_results_are_those_of_the_weights_that_are_kept(run):
    digits = load_dataset("digits")
    net = MultiLayerPerceptron.load(run.folder.model)

    assert run.folder.model.name == "best.safetensors"
    scores = net.evaluate(digits.test.images, digits.test.labels)
    assert scores == run.results["test"]
    assert net.facts["dataset"] == "digits"
    assert net.facts["recipe"] == "small"


def test_keeping_the_last_weights(small, options):
    run = train_recipe(small.changed({"training.keep": "last"}), options)

    assert run.folder.model.name == "last.safetensors"
    net = MultiLayerPerceptron.load(run.folder.last)
    assert (net.parameters.vector == run.net.parameters.vector).all()


def test_the_history_is_readable_and_whole(run):
    history = History.from_csv(run.folder.history_file)

    assert history.columns == run.history.columns
    assert run.folder.history().columns == history.columns


def test_the_split_is_written_down(run):
    split = run.folder.split()

    assert set(split) == {"train", "validation"}
    assert all((split[name] == run.data.rows[name]).all() for name in split)


def test_the_recipe_in_the_folder_gives_the_same_run_again(run, options):
    recipe = parse_recipe(run.folder.recipe_file.read_text(), "again")

    again = train_recipe(recipe, options)

    assert (again.net.parameters.vector == run.net.parameters.vector).all()


def test_an_older_run_is_never_overwritten(run, small, options):
    before = {file: file.read_bytes() for file in run.path.iterdir()}

    second = train_recipe(small, replace(options, seed=1))

    assert second.folder.path.name == "small-2"
    assert all(file.read_bytes() == content for file, content in before.items())
    with pytest.raises(ArgumentError, match=r"small-1 is not empty; a run is never written over"):
        train_recipe(small, replace(options, out=run.path))


def test_fallback_data_are_recorded_with_the_data_of_the_recipe(small, options, said):
    recipe = small.changed({"data.dataset": "mnist", "data.instead": "digits"})

    facts = facts_of(train_recipe(recipe, options).folder)

    assert said[0].startswith("mnist was not found")
    assert (facts["dataset"]["asked"], facts["dataset"]["name"]) == ("mnist", "digits")
    assert facts["dataset"]["fallback"] is True


def test_the_split_and_the_network_are_printed(run, said):
    assert said == [
        "data: digits, 1,150 train, 287 validation, 360 test (seed 0)",
        "network: 64-12-10, 910 parameters",
    ]


def test_few_images_get_more_epochs(small, options):
    recipe = small.changed({"training.least_steps": 300, "training.batch_size": 100})

    run = train_recipe(recipe, options)

    assert run.history.epochs == 25  # 12 steps an epoch
    settled = run.folder.recipe().spec.training
    assert (settled.epochs, settled.least_steps) == (25, 0)


def test_measures_of_a_run(run):
    results, history = run.results, run.history

    assert results["mean_epoch_accuracy"] == pytest.approx(np.mean(history["accuracy"]))
    seen, held_out = results["train"]["loss"], results["validation"]["loss"]
    assert results["loss_gap"] == pytest.approx((held_out - seen) / seen)


def test_the_loss_gap_counts_the_penalty(small, options):
    run = train_recipe(small.changed({"training.l2": 0.1}), options)
    weights = [run.net.parameters[name].astype(float) for name in ("W1", "W2")]
    penalty = 0.05 * sum(float((W**2).sum()) for W in weights)
    seen, held_out = (run.results[part]["loss"] for part in ("train", "validation"))

    assert run.results["loss_gap"] == pytest.approx((held_out - seen) / (seen + penalty))


@pytest.mark.parametrize(
    "changes",
    [
        {"training.augmentation": {"shift": 1.0, "rotate": 10.0, "scale": 0.1}},
        {"training.batch_size": "all", "training.optimizer": "sgd", "training.learning_rate": 0.5},
        {"training.drop_last": True, "training.schedule": {"name": "exponential", "decay": 0.5}},
        {"training.schedule": "reduce_on_plateau", "training.class_weight": "balanced"},
        {"training.early_stopping": {"patience": 1}, "training.monitor": "val_accuracy"},
        {"network.loss": {"name": "cross_entropy", "label_smoothing": 0.1}},
        {"network.normalisation": "standardise", "training.clip_norm": 1.0},
    ],
)
def test_everything_a_recipe_can_say_trains(small, options, changes):
    run = train_recipe(small.changed(changes), options)

    assert run.results["test"]["loss"] < 2.3


def test_a_shipped_recipe_learns_digits(options):
    recipe = read_recipe("full-batch").changed(
        {"data.dataset": "digits", "training.epochs": 200, "training.learning_rate": 0.5}
    )

    run = train_recipe(recipe, options)

    assert run.results["test"]["accuracy"] > 0.8


# --- interruptions ------------------------------------------------------------------------------

RESUMED = {
    "adam": {},
    "momentum and a falling rate": {
        "training.optimizer": "momentum",
        "training.learning_rate": 0.05,
        "training.schedule": "cosine",
    },
    "augmentation and dropout": {
        "training.augmentation": {"shift": 1.0},
        "network.layers": [
            {"units": 12, "fn": "relu"},
            {"kind": "dropout", "rate": 0.2},
            {"units": 10, "fn": "softmax"},
        ],
    },
    "early stopping": {"training.early_stopping": {"patience": 3}, "training.learning_rate": 0.1},
}


@pytest.mark.usefixtures("every_epoch")
@pytest.mark.parametrize("changes", RESUMED.values(), ids=RESUMED)
def test_a_resumed_run_ends_as_if_it_had_not_been_interrupted(small, options, changes):
    recipe = small.changed({"training.epochs": 8, **changes})
    whole = train_recipe(recipe, options)

    broken = train_recipe(recipe, replace(options, callbacks=[InterruptAt(5)]))
    assert broken.was_interrupted
    assert facts_of(broken.folder)["status"] == "interrupted"
    resumed = resume(broken.folder, options)

    assert (resumed.net.parameters.vector == whole.net.parameters.vector).all()
    for name, column in whole.history.columns.items():
        if name != "seconds":
            assert resumed.history[name] == column
    assert facts_of(resumed.folder)["status"] == "finished"
    assert resumed.results["test"] == whole.results["test"]


def test_an_interrupted_run_can_be_used(small, options):
    run = train_recipe(small, replace(options, callbacks=[InterruptAt(3)]))

    assert run.history.epochs == 2
    assert run.folder.model.name == "best.safetensors"
    assert {file.name for file in run.path.iterdir()} == FILES
    assert run.results["test"]["accuracy"] > 0.5


def test_a_run_without_a_whole_epoch_is_kept_and_resumed_from_the_start(small, options):
    whole = train_recipe(small, options)
    broken = train_recipe(small, replace(options, callbacks=[InterruptAt(1)]))

    assert broken.folder.best.exists()
    assert not broken.folder.last.exists()
    resumed = resume(broken.folder, options)
    assert (resumed.net.parameters.vector == whole.net.parameters.vector).all()


def test_a_finished_run_is_resumed_only_for_more_epochs(small, options):
    recipe = small.changed({"training.keep": "last"})
    run, longer = (
        train_recipe(recipe.changed({"training.epochs": epochs}), options) for epochs in (4, 6)
    )

    with pytest.raises(ArgumentError, match=r"small-1 has finished .*there is nothing to resume"):
        resume(run.folder, options)
    resumed = resume(run.folder, options, epochs=6)

    assert (resumed.net.parameters.vector == longer.net.parameters.vector).all()
    assert resumed.folder.recipe().spec.training.epochs == 6


def test_settings_edited_before_a_run_is_resumed_are_told_and_recorded(small, options):
    said = []
    options = replace(options, say=said.append)
    run = train_recipe(small, replace(options, callbacks=[InterruptAt(3)]))
    assert "training.epochs" in facts_of(run.folder)["settings"]
    file = run.path / "recipe.toml"
    batch = small.spec.training.batch_size
    file.write_text(
        run.recipe.changed({"training.batch_size": batch + 1}).to_toml(), encoding="utf-8"
    )

    resumed = resume(RunFolder(run.path), options)

    assert (
        f"recipe.toml has been edited: training.batch_size was {batch} and is {batch + 1} from "
        "here on." in said
    )
    facts = facts_of(resumed.folder)
    assert facts["resumed"][-1]["changed"]["training.batch_size"] == [batch, batch + 1]
    assert facts["settings"]["training.batch_size"] == batch + 1


def test_resuming_on_other_data_is_refused(run, options):
    facts = run.facts.model_copy(deep=True)
    facts.dataset.sha256 = "0" * 64
    run.folder.write_facts(facts)

    with pytest.raises(DataError, match=r"are not those that .*small-1 was trained on"):
        resume(RunFolder(run.path), options, epochs=9)


@pytest.mark.parametrize("keep", ["best", "last"])
def test_a_run_that_was_killed_before_its_results_gets_them_when_it_is_resumed(
    small, options, monkeypatch, keep
):
    recipe = small.changed({"training.keep": keep, "training.learning_rate": 0.3})
    whole = train_recipe(recipe, options)
    with monkeypatch.context() as patch:
        patch.setattr("byhand.runs.single.evaluate_parts", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            train_recipe(recipe, options)
    killed = find_run("small-2")
    known = facts_of(whole.folder)
    before = {name: known[name] for name in ("recipe", "seed", "dataset", "model", "versions")}
    killed.facts_file.write_text(json.dumps({**before, "status": "running"}))
    (killed.path / ".0123abcd-last.safetensors").write_text("left over")

    resumed = resume(find_run("small-2"), options)

    assert resumed.facts.status == "finished"
    assert resumed.facts.best_epoch == whole.facts.best_epoch
    assert resumed.results["test"] == whole.results["test"]
    assert not list(killed.path.glob(".*"))


def test_a_kill_between_the_test_scores_and_run_json_does_not_count_them_twice(
    small, options, every_epoch, monkeypatch
):
    folder = train_recipe(small, options).folder
    with monkeypatch.context() as patch:
        patch.setattr("byhand.runs.run_json.now", lambda: 1 / 0)  # the last thing before run.json
        with pytest.raises(ZeroDivisionError):
            resume(RunFolder(folder.path), options, epochs=6)
    assert facts_of(folder)["status"] == "running"

    resume(RunFolder(folder.path), options)

    lines = folder.test_scores_file.read_text().splitlines()
    assert [line.split(",")[1] for line in lines] == ["train", "train"]


def test_a_run_that_another_process_is_training_is_not_resumed(run, options):
    code = (
        "import sys, time; from pathlib import Path; from byhand.runs.lock import locked\n"
        f"with locked(Path({str(run.path)!r})): print('locked', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(ArgumentError, match="another process is training in"):
            resume(run.folder, options, epochs=9)
        other.kill()

    assert resume(run.folder, options, epochs=9).history.epochs == 9
    assert not (run.path / ".lock").exists()


# --- failures -----------------------------------------------------------------------------------


def test_a_diverged_training_leaves_its_files_and_the_reason(small, options):
    recipe = small.changed(
        {
            "training.optimizer": "sgd",
            "training.learning_rate": 1e30,
            "network.loss": "squared_error",
        }
    )

    with pytest.raises(DivergedError):
        train_recipe(recipe, options)

    (path,) = runs_folder().iterdir()
    assert RunFolder(path).facts.status == "failed"
    assert RunFolder(path).facts.did_diverge
    assert "learning rate" in RunFolder(path).facts.stopped
    assert RunFolder(path).recipe().spec == recipe.spec


@pytest.mark.usefixtures("every_epoch")
def test_a_full_disk_loses_nothing_that_was_saved(small, options, monkeypatch):
    real, written = os.replace, []

    def full_after_a_while(source, target):
        written.append(str(target))
        if len(written) > 11:
            raise OSError(errno.ENOSPC, "No space left on device", str(target))
        real(source, target)

    monkeypatch.setattr(os, "replace", full_after_a_while)
    with pytest.raises(FileError, match="No space left on device"):
        train_recipe(small, options)
    monkeypatch.undo()

    folder = RunFolder(Path(written[0]).parent)
    net = MultiLayerPerceptron.load(folder.best)
    assert net.widths_of_dense() == [64, 12, 10]
    assert History.from_csv(folder.history_file).epochs >= 1
    assert not [file for file in folder.path.iterdir() if file.name.startswith(".")]


def test_a_folder_that_cannot_be_made(small, options, tmp_path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(FileError, match=r"the run's folder .*cannot be created: .*--out"):
        train_recipe(small, replace(options, out=tmp_path / "file" / "run"))
