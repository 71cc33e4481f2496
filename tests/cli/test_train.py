"""`byhand train`: recipes, options, fun-MNIST's flags, resuming, and the output."""

from __future__ import annotations

import json
import os
import re
import signal

import numpy as np
import pytest

from byhand import MultiLayerPerceptron
from byhand.data.formats.idx import write_idx
from byhand.errors import FileError
from byhand.recipes.from_options import parse_units, recipe_from_options
from byhand.runs.folder import RunFolder
from byhand.training import History
from byhand.training.trainer import Trainer

OWN = """
title = "Mine"
[data]
dataset = "digits"
[network]
layers = [{ units = "classes", fn = "softmax" }]
[training]
epochs = 2
optimizer = "sgd"
"""


def facts_of(path):
    return json.loads((path / "run.json").read_text())


def interrupt_at(monkeypatch, epoch):
    """Press Ctrl-C in the middle of an epoch of the next training."""
    step = Trainer._step

    def pressed(self, *arguments):
        if self.run.epoch == epoch and not self.run.stop_reason:
            os.kill(os.getpid(), signal.SIGINT)
        return step(self, *arguments)

    monkeypatch.setattr(Trainer, "_step", pressed)


# --- what is trained ----------------------------------------------------------------------------


def test_without_options_digits_replace_a_missing_mnist_with_a_message(byhand):
    said = byhand("train", "--epochs", 2)

    assert said.code == 0
    assert said.out.startswith(
        "mnist was not found and cannot be downloaded; using digits instead."
    )
    assert "data: digits, 1,293 train, 144 validation, 360 test" in said.out
    assert "network: 64-300-10, 22,510 parameters" in said.out
    assert "epoch 2/2  loss" in said.out
    assert "run      runs/basic-1" in said.out


def test_a_missing_mnist_that_was_named_is_an_error_that_explains_how_to_get_it(byhand):
    said = byhand("train", "--dataset", "mnist")

    assert said.code == 1
    assert "MNIST, handwritten digits was not found" in said.err
    assert "byhand data fetch mnist" in said.err
    assert "--data-dir" in said.err
    assert "Traceback" not in said.err


def test_few_digits_get_more_epochs(byhand, tmp_path):
    said = byhand("train", "--quiet", "--no-report")

    facts = facts_of(tmp_path / "runs/basic-1")
    assert facts["epochs"] > 100
    assert f"epochs: {facts['epochs']} instead of 20, because 1,293 training" in said.err
    assert f"{facts['epochs']} epochs, best {facts['best_epoch']} by validation loss," in said.out
    assert facts["results"]["test"]["accuracy"] > 0.9


def test_the_page_is_written_unless_switched_off(byhand, tmp_path):
    byhand("train", "--epochs", 1, "--quiet")
    byhand("train", "--epochs", 1, "--quiet", "--no-report")

    assert (tmp_path / "runs/basic-1/report.html").exists()
    assert not (tmp_path / "runs/basic-2/report.html").exists()


def test_options_describe_a_network_and_its_training(byhand, tmp_path):
    said = byhand(
        "train", "--dataset", "digits", "--layers", "20,12", "--activation", "tanh", "--epochs", 3,
        "--batch-size", 50, "--optimizer", "momentum", "--learning-rate", 0.02, "--schedule",
        "constant", "--l2", 0.001, "--validation", 0.2, "--seed", 7, "--threads", 1, "--no-report",
        "--out", tmp_path / "here", "--json",
    )  # fmt: skip
    facts = said.json

    assert said.code == 0
    assert facts["network"] == "64-20-12-10"
    assert facts["folder"] == str(tmp_path / "here")
    assert facts["seed"] == 7
    assert facts["epochs"] == 3
    assert facts["training"]["batch_size"] == 50
    assert facts["training"]["optimizer"]["name"] == "momentum"
    assert facts["training"]["optimizer"]["learning_rate"] == 0.02
    assert facts["dataset"]["rows"] == {"train": 1150, "validation": 287}
    recipe = RunFolder(tmp_path / "here").recipe().spec
    assert [layer.options["fn"] for layer in recipe.network.layers] == ["tanh", "tanh", "softmax"]
    assert recipe.training.l2 == 0.001


def test_a_recipe_of_your_own(byhand, tmp_path):
    (tmp_path / "mine.toml").write_text(OWN)

    assert byhand("recipes", "check", "mine.toml").code == 0
    said = byhand("train", "mine.toml", "--no-report")

    assert said.code == 0
    assert facts_of(tmp_path / "runs/mine-1")["network"] == "64-10"


@pytest.mark.parametrize(
    "words",
    [
        ("-dataset", "digits", "-lr", "0.1", "-i", "50"),
        ("--dataset", "digits", "--learning_rate", "0.1", "--iterations", "50"),
        ("--dataset", "digits", "--lr", "0.1", "-i", "50"),
    ],
)
def test_the_flags_of_fun_mnist_train_its_network_in_full_batches(byhand, words):
    said = byhand("train", *words, "--no-report", "--json")
    facts = said.json

    assert said.code == 0
    assert facts["network"] == "64-10-10"
    assert facts["epochs"] == 50
    assert facts["training"]["batch_size"] == 1293
    assert facts["training"]["optimizer"]["name"] == "sgd"
    assert facts["training"]["optimizer"]["learning_rate"] == 0.1


def test_the_flags_of_fun_mnist_on_mnist_are_its_recipe():
    recipe = recipe_from_options(dataset="mnist", learning_rate=0.1, iterations=1000)

    assert recipe.name == "full-batch"
    assert recipe.spec.published == {"train_accuracy": 0.881056, "validation_accuracy": 0.8805}


@pytest.mark.parametrize(
    "options",
    [{"dataset": "digits"}, {"epochs": 3}, {"layers": "20"}, {"learning_rate": 0.3}],
)
def test_a_changed_recipe_has_no_published_figures(options):
    assert recipe_from_options("full-batch", **options).spec.published == {}


def test_a_given_value_is_no_longer_searched():
    assert recipe_from_options("l2-search").spec.search
    assert recipe_from_options("l2-search", l2=0.1).spec.search == {}


def test_another_optimizer_takes_its_own_learning_rate():
    assert recipe_from_options(optimizer="sgd").spec.training.learning_rate is None
    assert (
        recipe_from_options(optimizer="sgd", learning_rate=0.3).spec.training.learning_rate == 0.3
    )


@pytest.mark.parametrize(
    ("text", "units"),
    [("300", [300]), ("128,64", [128, 64]), ("128, 64", [128, 64]), ("20-10", [20, 10]),
     ("none", []), ("8x4", [8, 4])],
)  # fmt: skip
def test_units_of_layers(text, units):
    assert parse_units(text) == units


def test_every_prints_a_line_after_so_many_epochs(byhand):
    words = ("train", "-dataset", "digits", "-i", 25, "--no-report")

    lines = byhand(*words, "--every", 10).out.splitlines()
    quiet = byhand(*words, "--every", 10, "--quiet").out

    shown = [line.split()[1] for line in lines if line.startswith("epoch")]
    assert shown == ["1/25", "10/25", "20/25", "25/25"]
    assert "epoch " not in quiet


@pytest.mark.parametrize(("activation", "rows"), [("leaky_relu", 2), ("relu", 2), ("tanh", 0)])
def test_the_share_of_active_units_is_printed_for_each_layer(byhand, activation, rows):
    words = ("--dataset", "digits", "--layers", "12,8", "--activation", activation)

    said = byhand("train", *words, "--epochs", 2, "--no-report", "--quiet").out

    pattern = rf"^active   layer (\d), \d+ {activation}: (\d+) % of the units$"
    found = re.findall(pattern, said, re.MULTILINE)
    assert [number for number, _ in found] == ["1", "2"][:rows]
    assert all(20 < int(share) < 90 for _, share in found)


def test_published_figures_are_beside_the_result(byhand, tmp_path):
    (tmp_path / "mine.toml").write_text(OWN + "[published]\ntest_accuracy = 0.5\n")

    assert "published test 50.00 %, here " in byhand("train", "mine.toml", "--no-report").out


def test_a_search_shows_its_table(byhand, tmp_path):
    text = OWN.replace('"digits"', '"digits"\nvalidation = 0.1') + "[search]\nl2 = [0.1, 0.001]\n"
    (tmp_path / "mine.toml").write_text(text)

    said = byhand("train", "mine.toml", "--no-report", "--quiet")

    assert said.code == 0
    assert "tried" in said.out
    assert "l2 = 0.001" in said.out
    assert "search: l2 = 0.1" in said.err


# --- ends and resumptions -----------------------------------------------------------------------


def test_a_training_resumed_after_ctrl_c_ends_as_if_it_had_not_been_interrupted(
    byhand, tmp_path, monkeypatch
):
    words = ("train", "--dataset", "digits", "--epochs", 6, "--no-report", "--seed", 3)
    monkeypatch.setattr("byhand.runs.checkpoint_callback.SECONDS_BETWEEN", 0.0)
    byhand(*words)
    with monkeypatch.context() as patch:
        interrupt_at(patch, 4)
        said = byhand(*words)

    assert said.code == 130
    assert "interrupted (Ctrl-C)" in said.out
    assert "resume   byhand train --resume runs/basic-2" in said.out
    assert "doubt    not learnt: until the run is finished" in said.out
    assert facts_of(tmp_path / "runs/basic-2")["epochs"] == 3
    assert byhand("evaluate", "basic-2").code == 0

    resumed = byhand("train", "--resume", "basic-2", "--no-report")

    assert resumed.code == 0
    runs = [RunFolder(tmp_path / f"runs/basic-{number}") for number in (1, 2)]
    whole, gone_on = [
        {k: v for k, v in History.from_csv(run.history_file).items() if k != "seconds"}
        for run in runs
    ]
    assert whole == gone_on
    first, second = (MultiLayerPerceptron.load(run.best).parameters.vector for run in runs)
    assert (first == second).all()


def test_resuming_takes_no_other_description(byhand, trained):
    said = byhand("train", "--resume", trained, "--optimizer", "sgd")

    assert said.code == 2
    assert (
        "--resume continues a run with its original settings, so it takes no optimizer" in said.err
    )


def test_a_finished_run_cannot_be_resumed(byhand, trained):
    said = byhand("train", "--resume", trained)

    assert said.code == 2
    assert "has finished" in said.err
    assert "--epochs" in said.err


def test_json_alone_goes_to_standard_output(byhand):
    said = byhand("train", "--epochs", 1, "--json", "--no-report")

    assert said.json["status"] == "finished"
    assert said.json["dataset"]["fallback"] is True
    assert "mnist was not found" in said.err


def test_a_page_that_cannot_be_written_does_not_spoil_the_training(byhand, monkeypatch):
    def fail(*arguments, **options):
        raise FileError("no page today.")

    monkeypatch.setattr("byhand.runs.report.write_report", fail)
    said = byhand("train", "--epochs", 1)

    assert said.code == 0
    assert "no report was written: no page today." in said.err


def test_a_run_finds_its_data_again(byhand, tmp_path, monkeypatch):
    """A run records the folder that BYHAND_DATA named, and refuses other data in its place."""
    folder = tmp_path / "data" / "mnist"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for prefix, n in (("train", 60), ("t10k", 20)):
        images, labels = rng.integers(0, 256, (n, 28, 28), np.uint8), np.arange(n, dtype=np.uint8)
        write_idx(folder / f"{prefix}-images-idx3-ubyte", images)
        write_idx(folder / f"{prefix}-labels-idx1-ubyte", labels % 10)
    monkeypatch.setenv("BYHAND_DATA", str(tmp_path / "data"))
    trained = byhand("train", "-dataset", "mnist", "--epochs", 1, "--no-report", "-q")
    monkeypatch.delenv("BYHAND_DATA")

    assert trained.code == 0
    assert byhand("evaluate").code == 0

    write_idx(folder / "t10k-labels-idx1-ubyte", np.arange(1, 21, dtype=np.uint8) % 10)
    said = byhand("doctor")
    assert said.code == 1
    assert "are not those that" in said.err
