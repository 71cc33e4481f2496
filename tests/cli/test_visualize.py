"""`byhand visualize`, on a run of the digits that come with byhand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from byhand import load_dataset
from byhand.cli.app import run
from byhand.evaluation import Statistics
from byhand.recipes.recipe import read_recipe
from byhand.runs import Run
from byhand.runs.split_dataset import DataSources
from byhand.runs.train import train_recipe
from byhand.runs.train_options import TrainOptions


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder of runs with one run in it, which recorded statistics."""
    folder = tmp_path_factory.mktemp("runs")
    recipe = read_recipe("basic").changed({"data.dataset": "digits", "training.epochs": 2})
    options = TrainOptions(
        out=folder / "first",
        sources=DataSources(offline=True),
        verbose=0,
        say=lambda _: None,
        callbacks=[Statistics(folder / "statistics.npz")],
    )
    train_recipe(recipe, options)
    (folder / "statistics.npz").rename(folder / "first" / "statistics.npz")
    return folder


@pytest.fixture(autouse=True)
def _in_runs(runs, monkeypatch):
    monkeypatch.setenv("BYHAND_RUNS", str(runs))
    monkeypatch.setenv("BYHAND_OFFLINE", "1")


@pytest.mark.parametrize("which", [["first"], [], ["-dataset", "digits"], ["latest"]])
def test_draws_into_the_runs_folder(which, runs, capsys):
    """A run is named, or is the latest of all, or the latest on some data."""
    code = run(["visualize", *which, "--only", "calibration"])

    written = runs / "first" / "figures" / "calibration.png"
    assert code == 0
    assert capsys.readouterr().out.split() == [str(written)]
    assert written.exists()


def test_what_was_recorded_is_drawn(tmp_path, capsys):
    """The data come from statistics.npz in the run's folder, the best epoch from run.json."""
    code = run(["visualize", "--only", "training_curves,update_ratios", "--out", str(tmp_path)])

    assert code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "training_curves.png",
        "update_ratios.png",
    ]


def test_format_folder_and_json(tmp_path, capsys):
    """SVG files go to the given folder, and JSON lists them."""
    words = ["--only", "calibration", "--only", "class_scores", "--format", "svg", "--json"]

    code = run(["visualize", *words, "--out", str(tmp_path)])

    written = json.loads(capsys.readouterr().out)["written"]
    assert code == 0
    assert written == {
        "calibration": str(tmp_path / "calibration.svg"),
        "class_scores": str(tmp_path / "class_scores.svg"),
    }
    assert (tmp_path / "calibration.svg").exists()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--only", "curves"], 2, "unknown figure"),
        (["--format", "jpeg"], 2, "unknown format"),
        (["second"], 1, "no run second"),
        (["-dataset", "kmnist"], 1, "no run on kmnist"),
        (["-dataset", "fasion"], 2, "unknown data set 'fasion'. Did you mean 'fashion-mnist'"),
        (["--only", ""], 2, "--only names no figure"),
        (["--out", __file__], 1, "is a file, but a folder is expected"),
    ],
)
def test_mistakes_get_one_clear_line(words, code, message, capsys):
    """The exit code is 2 for wrong usage and 1 for failure."""
    assert run(["visualize", *words]) == code
    assert message in capsys.readouterr().err


def test_a_run_without_statistics_skips_what_needs_them(runs, capsys):
    """The reason is printed. It is an error if nothing is left to draw."""
    record = runs / "first" / "statistics.npz"
    record.rename(runs / "kept.npz")
    try:
        code = run(["visualize", "--only", "update_ratios,class_scores"])
        alone = run(["visualize", "--only", "update_ratios"])
    finally:
        (runs / "kept.npz").rename(record)

    assert (code, alone) == (0, 1)
    assert "skipped update_ratios: nothing was recorded" in capsys.readouterr().err


@pytest.fixture
def copied(runs, tmp_path):
    """A copy of the run that may be changed."""
    return Path(shutil.copytree(runs / "first", tmp_path / "copied"))


def test_a_run_without_history_skips_only_what_needs_it(copied, capsys):
    """The reason is printed only if the history is needed."""
    (copied / "history.csv").unlink()

    alone = run(["visualize", str(copied), "--only", "calibration"])
    silent = capsys.readouterr().err
    both = run(["visualize", str(copied), "--only", "training_curves,calibration"])

    assert (alone, silent, both) == (0, "", 0)
    assert "skipped training_curves: the run has no history.csv" in capsys.readouterr().err


def test_a_damaged_record_is_skipped_with_the_reason(copied, capsys):
    """This holds for the history and for the statistics."""
    (copied / "history.csv").write_text("nonsense")
    (copied / "statistics.npz").write_bytes(b"nonsense")

    code = run(["visualize", str(copied), "--only", "training_curves,update_ratios,calibration"])

    said = " ".join(capsys.readouterr().err.split())
    assert code == 0
    assert "skipped training_curves:" in said
    assert "is not a valid history" in said
    assert "skipped update_ratios:" in said
    assert "damaged" in said


@pytest.mark.parametrize(("gone", "code"), [("history.csv", 0), ("*.safetensors", 1)])
def test_a_run_that_diverged_tells_why_it_stopped(copied, gone, code, capsys):
    """The message gives the reason from run.json, not that a file is missing."""
    facts = json.loads((copied / "run.json").read_text("utf-8"))
    facts |= {"status": "failed", "stopped": "training left the finite numbers in epoch 1"}
    (copied / "run.json").write_text(json.dumps(facts), "utf-8")
    for file in copied.glob(gone):
        file.unlink()

    assert run(["visualize", str(copied), "--only", "training_curves,calibration"]) == code
    assert "training left the finite numbers in epoch 1" in capsys.readouterr().err


def test_columns_of_a_table_have_the_names_of_its_file(tmp_path):
    """The names come from the first line of the file."""
    rows = [f"{k % 7},{k * 3 % 11},{'yes' if k % 7 > 3 else 'no'}" for k in range(80)]
    (tmp_path / "a.csv").write_text("\n".join(["length,depth,label", *rows]))
    recipe = read_recipe("basic").changed(
        {"data.dataset": str(tmp_path / "a.csv"), "training.epochs": 1}
    )
    sources = DataSources(offline=True)
    options = TrainOptions(out=tmp_path / "run", sources=sources, verbose=0, say=lambda _: None)
    train_recipe(recipe, options)

    subject = Run(tmp_path / "run", sources=sources).subject

    assert subject.column_names == ("length", "depth")


def test_the_test_images_of_a_kaggle_folder_are_drawn_without_labels(tmp_path, runs, monkeypatch):
    """Kaggle's test.csv has no labels, so its images are shown with predictions."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BYHAND_RUNS", str(tmp_path / "runs"))
    pixels = load_dataset("digits").train.images.reshape(-1, 64)
    labels = load_dataset("digits").train.labels
    names = ",".join(f"pixel{k}" for k in range(64))
    (tmp_path / "kaggle").mkdir()
    for name, heading, rows in (
        ("train.csv", f"label,{names}", np.column_stack([labels, pixels])[:300]),
        ("test.csv", names, pixels[300:350]),
    ):
        np.savetxt(tmp_path / "kaggle" / name, rows, "%d", ",", header=heading, comments="")
    assert run(["train", "--dataset", "kaggle", "--epochs", "1", "--quiet", "--no-report"]) == 0

    code = run(["visualize", "--only", "unlabelled_predictions", "--out", str(tmp_path)])

    assert code == 0
    assert (tmp_path / "unlabelled_predictions.png").exists()
