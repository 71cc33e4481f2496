"""`byhand evaluate`: the right run, the right part, and consistent numbers."""

from __future__ import annotations

import re

import numpy as np
import pytest

from byhand import (
    DenseLayer,
    InputLayer,
    MultiLayerPerceptron,
    load_dataset,
    save_npz,
)
from byhand.readable import percent
from byhand.runs.folder import RunFolder


def test_the_latest_run_is_evaluated_on_its_test_images(byhand, trained):
    said = byhand("evaluate")
    facts = RunFolder(trained).facts.results["test"]

    assert said.code == 0
    assert percent(facts["accuracy"], 2) in said.out
    assert re.search(r"test\s+[\d.]+ %\s+[\d.]+ to [\d.]+ %\s+\d+\s+360\s+\d\.\d+", said.out)
    assert "labels in rows, predictions in columns" in said.out
    assert re.search(r"most often: \d as \d \(\d+\)", said.out)


@pytest.mark.parametrize("words", [("basic-1",), ("latest",), ("--dataset", "digits")])
def test_a_run_is_named_in_several_ways(byhand, trained, words):
    assert byhand("evaluate", *words).out == byhand("evaluate", trained).out


def test_fun_mnists_flags_show_single_predictions(byhand, trained):
    said = byhand("eval", "-dataset", "digits", "-predictions", 3)
    table = said.out.partition("image  label")[2].splitlines()

    assert said.code == 0
    assert len(table) == 4
    assert "%" in table[1]


def test_json_agrees_with_the_run_and_with_itself(byhand, trained):
    found = byhand("evaluate", trained, "--json", "--predictions", 2).json
    matrix = np.array(found["confusion_matrix"])
    right = int(np.trace(matrix))

    assert found["accuracy"] == RunFolder(trained).facts.results["test"]["accuracy"]
    assert matrix.sum() == found["examples"] == 360
    assert found["wrong"] == 360 - right
    low, high = found["interval_95"]
    assert low < right / 360 < high
    assert [entry["images"] for entry in found["classes"]] == matrix.sum(axis=1).tolist()
    assert found["classes"][3]["recall"] == pytest.approx(matrix[3, 3] / matrix[3].sum())
    assert len(found["predictions"]) == 2


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_every_part_of_a_run_can_be_evaluated(byhand, trained, part):
    found = byhand("evaluate", trained, "--part", part, "--json").json

    assert found["loss"] == RunFolder(trained).facts.results[part]["loss"]


def test_a_model_file_holds_the_name_of_its_data(byhand, trained):
    found = byhand("evaluate", trained / "best.safetensors", "--json").json

    assert found["dataset"] == "digits"
    assert found["accuracy"] == RunFolder(trained).facts.results["test"]["accuracy"]


def test_a_plain_npz_is_evaluated_on_the_named_data(byhand, trained, tmp_path):
    save_npz(MultiLayerPerceptron.load(trained / "best.safetensors"), tmp_path / "model.npz")

    found = byhand("evaluate", "model.npz", "--dataset", "digits", "--json").json

    assert found["accuracy"] == RunFolder(trained).facts.results["test"]["accuracy"]


def test_long_class_names_head_only_rows(byhand, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    names = [f"a rather long name {k}" for k in range(10)]
    net = MultiLayerPerceptron(
        [InputLayer(64, "pixels"), DenseLayer(10, "softmax")], seed=0, class_names=names
    )
    net.save(tmp_path / "net.safetensors")

    said = byhand("evaluate", "net.safetensors", "--dataset", "digits")

    assert "3 a rather long name 3" in said.out
    assert "as a rather long name" in said.out


def test_without_test_labels_the_validation_part_is_evaluated_and_traced(byhand, tmp_path):
    """Kaggle's test images have no labels."""
    rows = [f"{k % 5},{k % 3},{k % 2}" for k in range(60)]
    (tmp_path / "a.csv").write_text("\n".join(["x,y,label", *rows]))
    assert byhand("train", "--dataset", "a.csv", "--epochs", 1, "--no-report").code == 0

    assert "\nvalidation  " in byhand("evaluate").out
    assert "validation examples of a" in byhand("trace").err
    assert "a has no test part with labels here" in byhand("evaluate", "--part", "test").err


# --- mistakes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("gone",), 1, "there is no run gone"),
        (("--dataset", "kmnist"), 1, "there is no run on kmnist"),
        (("gone.safetensors",), 1, "there is no model file gone.safetensors"),
        (("gone.npz",), 1, "there is no model file gone.npz"),
        (("--part", "tset"), 2, "unknown part 'tset'. Did you mean 'test'?"),
        (("--predictions", "-1"), 2, "'--predictions'"),
    ],
)
def test_mistakes_get_a_message(byhand, trained, words, code, message):
    said = byhand("evaluate", *words)

    assert said.code == code
    assert message in said.err
    assert said.out == ""


def test_no_run_at_all(byhand):
    said = byhand("evaluate")

    assert said.code == 1
    assert "there is no run in runs yet. Make one: byhand train" in said.err


@pytest.mark.parametrize(
    "content", [b"", b"not a model", b"\x08\x00\x00\x00\x00\x00\x00\x00{}    "]
)
def test_a_damaged_model_file(byhand, tmp_path, content):
    (tmp_path / "bad.safetensors").write_bytes(content)
    said = byhand("evaluate", "bad.safetensors", "--dataset", "digits")

    assert said.code == 1
    assert "bad.safetensors is" in said.err


def test_a_truncated_model_file(byhand, trained, tmp_path):
    whole = (trained / "best.safetensors").read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(whole[: len(whole) // 2])

    said = byhand("evaluate", "cut.safetensors", "--dataset", "digits")

    assert said.code == 1
    assert "truncated or corrupted" in said.err


def test_data_of_another_size(byhand, trained, tmp_path):
    digits = load_dataset("digits")
    np.savez(
        tmp_path / "wide.npz",
        x_train=np.repeat(digits.train.images, 2, axis=2),
        y_train=digits.train.labels,
        x_test=np.repeat(digits.test.images, 2, axis=2),
        y_test=digits.test.labels,
    )

    said = byhand("evaluate", trained, "--dataset", "wide.npz")

    assert said.code == 2
    assert "the network has 64 inputs" in said.err
    assert "(360, 8, 16)" in said.err


def test_labels_that_the_network_does_not_know(byhand, trained, tmp_path):
    digits = load_dataset("digits")
    np.savez(
        tmp_path / "more.npz",
        x_train=digits.train.images,
        y_train=digits.train.labels,
        x_test=digits.test.images,
        y_test=digits.test.labels + 3,
    )

    said = byhand("evaluate", trained, "--dataset", "more.npz")

    assert said.code == 1
    assert "labels must be integers from 0 to 9, one class for each output" in said.err
    assert said.out == ""


def test_a_model_file_without_the_name_of_its_data(byhand, tmp_path):
    net = MultiLayerPerceptron([InputLayer(64), DenseLayer(10, "softmax")], seed=0)
    net.save(tmp_path / "net.safetensors")

    said = byhand("evaluate", "net.safetensors")

    assert said.code == 2
    assert "name the data with --dataset" in said.err
