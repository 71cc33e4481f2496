"""`byhand.Run`: everything a run folder holds, by name, loaded when it is used."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import byhand
from byhand.errors import ArgumentError, DataError, FileError, FormatError
from byhand.evaluation.doctor import Finding
from byhand.runs import split_dataset
from byhand.runs.folder import RunFolder
from byhand.runs.resume import resume
from byhand.runs.train import train_recipe
from byhand.training import Callback

LAZY = ("net", "history", "data", "recipe")


@pytest.mark.parametrize("name", ["small-1", "latest", None, "runs/small-1", Path("runs/small-1")])
def test_a_run_is_named_in_several_ways(run, name, monkeypatch):
    monkeypatch.delenv("BYHAND_RUNS")

    assert byhand.Run(name).path.resolve() == run.path


def test_nothing_is_loaded_before_it_is_used_and_nothing_twice(run):
    again = byhand.Run("small-1")
    before = set(vars(again))

    assert not before & set(LAZY)
    for name in LAZY:
        assert getattr(again, name) is getattr(again, name)


def test_a_run_holds_what_training_made(run):
    again = byhand.Run("small-1")

    assert (again.net.parameters.vector == run.net.parameters.vector).all()
    assert again.history.columns == run.history.columns
    assert again.history.best_epoch == run.history.best_epoch
    assert again.recipe.spec == run.recipe.spec
    assert again.results == run.results
    assert [len(again.data.part(name)) for name in ("train", "validation", "test")] == [
        1150, 287, 360,
    ]  # fmt: skip


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_every_part_can_be_evaluated(run, part):
    assert byhand.Run("small-1").evaluate(part) == run.results[part]


def test_an_unknown_part(run):
    with pytest.raises(ArgumentError, match=r"unknown part 'tset'\. Did you mean 'test'"):
        run.evaluate("tset")


def test_an_unknown_run():
    with pytest.raises(FileError, match="there is no run gone"):
        byhand.Run("gone")


def test_the_report_is_written_beside_the_run_or_elsewhere(run, tmp_path):
    assert run.report() == run.path / "report.html"
    assert run.report(tmp_path / "page.html").exists()


def test_figures_are_drawn_into_the_run_or_elsewhere(run, tmp_path):
    pytest.importorskip("matplotlib")

    drawn = run.figures(only=["training_curves"])
    run.figures(tmp_path / "pictures", only=["training_curves"], format="svg")

    assert drawn.written == {"training_curves": run.path / "figures" / "training_curves.png"}
    assert (tmp_path / "pictures" / "training_curves.svg").exists()


def test_the_doctor_returns_findings(run):
    assert all(isinstance(finding, Finding) for finding in run.doctor())


def test_training_and_report_load_the_data_once(small, options, monkeypatch):
    loads, load = [], split_dataset.load_dataset

    def counted(*arguments, **named):
        loads.append(arguments)
        return load(*arguments, **named)

    monkeypatch.setattr(split_dataset, "load_dataset", counted)
    run = train_recipe(small, options)
    run.report()
    run.doctor()

    assert len(loads) == 1


def test_a_run_prints_what_it_is(run):
    assert repr(run) == f"<Run {run.path}: 64-12-10 on digits, finished>"


# --- byhand.train -------------------------------------------------------------------------------


def test_a_recipe_is_trained_from_python():
    run = byhand.train(
        "basic", changes={"data.dataset": "digits", "training.epochs": 1}, seed=3, verbose=0
    )

    assert run.facts.seed == 3
    assert run.path.name == "basic-1"
    assert run.history.epochs >= 1


def test_a_recipe_of_your_own_and_a_folder_of_your_choice(small, tmp_path):
    (tmp_path / "mine.toml").write_text(small.to_toml())

    by_path = byhand.train(tmp_path / "mine.toml", out=tmp_path / "a", verbose=0, say=lambda _: 0)
    by_value = byhand.train(small, out=tmp_path / "b", verbose=0, say=lambda _: 0)

    assert (by_path.net.parameters.vector == by_value.net.parameters.vector).all()
    assert by_path.path == tmp_path / "a"


# --- data without labels to evaluate with -------------------------------------------------------


@pytest.fixture
def kaggle(tmp_path):
    """A folder as Kaggle has it: train.csv with labels, test.csv without."""
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 256, (60, 785))
    rows[:, 0] = np.arange(60) % 10
    names = ",".join(f"pixel{k}" for k in range(784))
    folder = tmp_path / "kaggle"
    folder.mkdir()
    np.savetxt(folder / "train.csv", rows, "%d", ",", header=f"label,{names}", comments="")
    np.savetxt(folder / "test.csv", rows[:9, 1:], "%d", ",", header=names, comments="")
    return folder


@pytest.mark.parametrize(("validation", "shown"), [(0.2, 12), (0, 60)])
def test_figures_of_data_without_test_labels(small, options, said, kaggle, validation, shown):
    pytest.importorskip("matplotlib")
    recipe = small.changed({"data.dataset": str(kaggle), "data.validation": validation})
    run = train_recipe(recipe, options)

    drawn = run.figures(only=["random_predictions", "confusion_matrix"])

    assert list(drawn.written) == ["random_predictions", "confusion_matrix"]
    assert len(run.subject.test) == shown
    assert ("figures show training data" in said[-1]) == (validation == 0)


def test_a_report_needs_data_that_were_not_learnt_from(small, options, kaggle):
    recipe = small.changed({"data.dataset": str(kaggle), "data.validation": 0})

    with pytest.raises(DataError, match="neither test nor validation data with labels"):
        train_recipe(recipe, options).report()


# --- run.json -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("seed", "one", "seed: Input should be a valid integer"),
        ("seed", -1, "seed: Input should be greater than or equal to 0"),
        ("model", "../../secret.safetensors", "model: Value error, expected the name of a file"),
        ("dataset", "digits", "dataset: Input should be"),
        ("dataset", {}, "dataset.name: Field required"),
        ("status", "sleeping", "status: Input should be"),
        ("results", 3, "results: Input should be"),
    ],
)
def test_a_damaged_field_is_named(run, field, value, message):
    facts = json.loads(run.folder.facts_file.read_text())
    run.folder.facts_file.write_text(json.dumps({**facts, field: value}))

    with pytest.raises(FormatError) as caught:
        _ = RunFolder(run.path).facts

    assert message in str(caught.value)
    assert "run.json is not the run.json of a run" in str(caught.value)


def test_nan_survives(run):
    facts = run.facts.model_copy(deep=True)
    facts.results = {"test": {"loss": float("nan")}}
    run.folder.write_facts(facts)

    assert np.isnan(RunFolder(run.path).facts.results["test"]["loss"])


class Explode(Callback):
    """Ends training with an error of its own."""

    def on_epoch_end(self, run):
        raise KeyboardInterrupt


def test_a_run_that_ctrl_c_cut_off_outside_a_step_can_be_resumed(small, options):
    with pytest.raises(KeyboardInterrupt):
        train_recipe(small, replace(options, callbacks=[Explode()]))
    broken = byhand.Run("small-1")

    assert broken.was_interrupted
    assert resume(broken.folder, options).facts.status == "finished"


# --- folders of byhand 0.1.0 --------------------------------------------------------------------

OLD = Path(__file__).parent / "old_run"


@pytest.fixture
def old(tmp_path):
    """A copy of a run folder that byhand 0.1.0 wrote, on digits."""
    return Path(shutil.copytree(OLD, tmp_path / "runs" / "old-1"))


def test_a_folder_of_an_older_version_is_read(old):
    run = byhand.Run("old-1")

    assert run.facts.dataset.name == "digits"
    assert run.history.epochs == run.facts.epochs
    assert run.recipe.spec.training.epochs == run.facts.epochs
    assert run.evaluate("test")["accuracy"] == pytest.approx(run.results["test"]["accuracy"])
    assert not run.facts.did_diverge
    assert run.report().exists()


def test_a_run_of_an_older_version_can_be_trained_further(old, options):
    longer = resume(byhand.Run("old-1").folder, options, epochs=5)

    assert longer.history.epochs == 5
    assert longer.facts.status == "finished"


def test_a_run_of_an_older_version_that_diverged_is_recognised(old):
    facts = json.loads((old / "run.json").read_text())
    facts |= {"status": "failed", "stopped": "training left the finite numbers in epoch 1 ..."}
    (old / "run.json").write_text(json.dumps(facts))

    assert byhand.Run("old-1").facts.did_diverge


def test_figures_are_not_drawn_in_a_folder_elsewhere(run, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (run.path / "figures").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(FileError, match="leads out of its folder"):
        run.figures(only=["training_curves"])

    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_figure_replaces_a_link_and_not_the_file_behind_it(run, tmp_path):
    (tmp_path / "precious").write_text("mine")
    (run.path / "figures").mkdir()
    (run.path / "figures" / "training_curves.png").symlink_to(tmp_path / "precious")

    run.figures(only=["training_curves"])

    assert (tmp_path / "precious").read_text() == "mine"
