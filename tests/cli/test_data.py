"""`byhand data`: lists, describes, verifies and fetches data sets."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from byhand import load_dataset
from byhand.data.formats.idx import encode_idx


@pytest.mark.parametrize("words", [("data",), ("data", "list")])
def test_data_are_listed_with_where_they_are(byhand, words):
    said = byhand(*words)

    assert said.code == 0
    assert "not downloaded, 11.6 MB" in said.out
    assert "(package)" in said.out


def test_data_as_json(byhand):
    found = {entry["name"]: entry for entry in byhand("data", "list", "--json").json}

    assert found["digits"]["found"]
    assert not found["mnist"]["found"]
    assert found["mnist"]["train"] == 60_000


def test_info_tells_sizes_classes_and_credit(byhand):
    said = byhand("data", "info", "digits")
    found = byhand("data", "info", "digits", "--json").json

    assert "CC BY 4.0" in said.out
    assert found["train"] == 1437
    assert found["sha256"] == load_dataset("digits").sha256


def test_info_of_your_own_files(byhand, tmp_path):
    np.savetxt(
        tmp_path / "mine.csv", [[0, 1, 2], [1, 3, 4]], "%d", ",", header="y,a,b", comments=""
    )

    found = byhand("data", "info", "mine.csv", "--json").json

    assert (found["train"], found["image_shape"]) == (2, [2])


def test_digits_are_verified(byhand):
    said = byhand("data", "verify", "digits")

    assert said.code == 0
    assert "sound" in said.out


def test_files_that_differ_are_listed_with_exit_code_1(byhand, tmp_path):
    folder = tmp_path / "data" / "mnist"
    folder.mkdir(parents=True)
    for part, count in (("train", 60_000), ("t10k", 10_000)):
        images = np.zeros((count, 28, 28), np.uint8)
        with gzip.open(folder / f"{part}-images-idx3-ubyte.gz", "wb", 0) as file:
            file.write(encode_idx(images))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(b"broken")

    said = byhand("data", "verify", "mnist", "--data-dir", tmp_path / "data", "--json")

    assert said.code == 1
    assert [entry["status"] for entry in said.json] == ["different", "broken"] * 2


def test_a_table_for_regression_is_described_by_its_targets(byhand):
    Path("houses.csv").write_text("area,colour,price\n80,red,1.5\n95,blue,2.5\n")

    said = byhand("data", "info", "houses.csv", "--label", "price")
    found = byhand("data", "info", "houses.csv", "--label", "2", "--json").json

    assert "read as a regression target" in said.err
    assert "area, colour=blue, colour=red" in said.out
    assert "colour (2 values)" in said.out
    assert said.out.splitlines()[-1].split() == ["train", "1.5", "2.5"]
    assert found["task"] == "regression"
    assert found["encoding"] == {"colour": ["blue", "red"]}


def test_the_task_of_a_table_can_be_given(byhand):
    Path("houses.csv").write_text("area,price\n80,1.5\n95,2.5\n")

    words = ("data", "info", "houses.csv", "--label", "-1", "--task")
    found = byhand(*words, "classification", "--json").json

    assert found["class_names"] == ["1.5", "2.5"]
    assert "unknown task 'klass'" in byhand(*words, "klass").err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("fetch", "mnist"), 1, "downloads are switched off"),
        (("fetch", "mnits"), 2, "unknown data set 'mnits'. Did you mean 'mnist'?"),
        (("verify", "mnist"), 1, "MNIST, handwritten digits was not found"),
        (("info", "gone.csv"), 1, "there is no file or folder gone.csv"),
        (("info", "mnist", "--data-dir", "gone"), 1, "which is not a folder"),
        (("lits",), 2, "unknown command 'lits'. Did you mean 'list'?"),
        (("fetch",), 2, "Missing argument"),
    ],
)
def test_mistakes_with_data_get_a_message(byhand, words, code, message):
    said = byhand("data", *words)

    assert said.code == code
    assert message in said.err


def test_fetching_data_of_the_package_prints_their_folder(byhand):
    assert "digits is in" in byhand("data", "fetch", "digits").out
