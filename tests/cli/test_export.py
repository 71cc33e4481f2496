"""`byhand export`: files for other programs, verified there."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from byhand import MultiLayerPerceptron


def test_the_ending_chooses_the_target_and_verify_runs_it(byhand, trained, tmp_path):
    said = byhand("export", "basic-1", "--out", "digits.py")

    assert (said.code, said.err) == (
        0,
        "Compare it with byhand: byhand export --verify digits.py\n",
    )
    assert said.out.startswith("digits.py: a readable NumPy file, ")
    verified = byhand("export", "--verify", "digits.py")
    assert verified.code == 0
    assert verified.out.startswith("digits.py: 16 test vectors by python, largest difference ")
    assert verified.out.endswith(": the same up to rounding\n")


def test_the_latest_run_gives_the_npz_of_fun_mnist(byhand, trained, tmp_path):
    said = byhand("export", "--to", "npz")

    assert said.code == 0
    net = MultiLayerPerceptron.load(trained / "best.safetensors")
    with np.load(tmp_path / "nn_parameters.npz") as file:
        np.testing.assert_array_equal(file["W1"], net.parameters["W1"].T)
    assert byhand("export", "basic-1", "--verify", "nn_parameters.npz").code == 0
    assert byhand("evaluate", "nn_parameters.npz", "--dataset", "digits").code == 0
    refused = byhand("export", "--verify", "nn_parameters.npz")
    assert refused.code == 2
    assert "Name the network" in refused.err


def test_without_a_file_the_name_is_that_of_the_run(byhand, trained, tmp_path):
    said = byhand("export", "--to", "js", "--json")

    assert said.json["file"] == "basic_1.js"
    assert said.json["target"] == "js"
    assert (tmp_path / "basic_1.js").stat().st_size == said.json["bytes"]


def test_8_bits_come_with_their_cost(byhand, trained):
    said = byhand("export", "--out", "digits.c", "--int8", "--json").json

    assert said["examples"] == 360
    assert abs(said["accuracy"] - said["accuracy_int8"]) < 0.02
    assert "with 8 bits, " in byhand("export", "--out", "digits.c", "--int8").out
    if shutil.which("cc"):
        assert byhand("export", "--verify", "digits.c", "--json").json["passed"] is True


def test_the_cost_of_8_bits_needs_data(byhand, trained):
    model = trained / "best.safetensors"

    said = byhand("export", model, "--out", "digits.c", "--int8")

    assert said.code == 0
    assert "The cost of 8-bit weights was not measured" in said.err


def test_a_file_can_compute_in_float64(byhand, trained, tmp_path):
    assert byhand("export", "--out", "digits.py", "--dtype", "float64").code == 0
    assert "float64" in (tmp_path / "digits.py").read_text()
    assert byhand("export", "--verify", "digits.py", "--json").json["difference"] < 1e-14

    said = byhand("export", "--out", "digits.py", "--dtype", "float16")
    assert said.code == 2
    assert "float32, float64" in said.err
    assert byhand("export", "--out", "digits.c", "--int8", "--dtype", "float64").code == 2


def test_a_file_whose_outputs_differ_fails(byhand, trained, tmp_path):
    byhand("export", "--out", "digits.py")
    path = tmp_path / "digits.py"
    path.write_text(path.read_text().replace("A = softmax(", "A = 2 * softmax("))

    said = byhand("export", "--verify", "digits.py")

    assert said.code == 1
    assert said.out.endswith(": more than 1e-05\n")
    assert byhand("export", "--verify", "digits.py", "--tolerance", "2").code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name the file with --out, as in --out digits.py, or the target with --to: numpy"),
        (("--to", "pascal"), "unknown export target 'pascal'"),
        (("--out", "digits.txt"), "digits.txt has no extension of a known target"),
        (("--out", "digits.js", "--int8"), "int8 is only for C"),
        (("--verify", "a.c", "--tolerance", "-1"), "there is no file a.c"),
    ],
)
def test_what_cannot_be_done_is_reported(byhand, trained, arguments, message):
    said = byhand("export", *arguments)

    assert said.code in (1, 2)
    assert message in said.err


def test_a_network_is_not_written_over_itself(byhand, trained):
    model = trained / "best.safetensors"
    before = model.read_bytes()

    said = byhand("export", model, "--out", model)

    assert said.code == 2
    assert "is the network itself" in said.err
    assert model.read_bytes() == before


def test_an_onnx_file_takes_the_place_of_a_run(byhand, trained):
    pytest.importorskip("onnx")
    byhand("export", "--out", "digits.onnx")

    theirs = byhand("evaluate", "digits.onnx", "--dataset", "digits", "--json").json
    ours = byhand("evaluate", "basic-1", "--json").json

    assert theirs["accuracy"] == ours["accuracy"]
    assert theirs["loss"] == pytest.approx(ours["loss"], rel=1e-5)


@pytest.mark.parametrize("name", ["digits.keras", "digits.weights.h5"])
def test_a_file_of_keras_takes_the_place_of_a_run(byhand, trained, name):
    pytest.importorskip("h5py")
    byhand("export", "--out", name)

    theirs = byhand("evaluate", name, "--dataset", "digits", "--json").json
    ours = byhand("evaluate", "basic-1", "--json").json

    assert theirs["accuracy"] == ours["accuracy"]
    assert theirs["loss"] == pytest.approx(ours["loss"], rel=1e-5)


def test_a_damaged_file_of_keras_is_refused_in_a_line(byhand, tmp_path):
    pytest.importorskip("h5py")
    (tmp_path / "net.keras").write_bytes(b"PK\x03\x04 and no more")

    said = byhand("evaluate", str(tmp_path / "net.keras"), "--dataset", "digits")

    assert said.code == 1
    assert "the archive is damaged" in said.err
