from __future__ import annotations

import numpy as np
import pytest

from byhand.data import load_dataset
from byhand.lazy_rows import is_lazy
from byhand.model_file import read_tensors
from byhand.runs.folder import RunFolder
from byhand.runs.split_dataset import DataSources, load_split


@pytest.fixture
def folder(tmp_path):
    """Return a folder of digits in two shards, with a test part."""
    path, digits = tmp_path / "shards", load_dataset("digits")
    path.mkdir()
    images, labels = digits.train.images[:400], digits.train.labels[:400]
    for number, rows in enumerate((slice(0, 150), slice(150, 400))):
        np.save(path / f"x_train-{number}.npy", images[rows])
        np.save(path / f"y_train-{number}.npy", labels[rows])
    np.save(path / "x_test.npy", digits.test.images[:200])
    np.save(path / "y_test.npy", digits.test.labels[:200])
    return path


def weights(run):
    return {
        name: array.tobytes() for name, array in read_tensors(run / "last.safetensors")[0].items()
    }


def test_a_mapped_training_ends_with_the_same_bits_and_remembers_the_map(byhand, folder, tmp_path):
    recipe = tmp_path / "blocks.toml"
    recipe.write_text(
        'title = "Blocks"\n[data]\ndataset = "digits"\nvalidation = 0.1\n'
        '[training]\nepochs = 3\noptimizer = "adam"\nshuffle = "blocks"\n'
        '[network]\nlayers = [{ units = 8, fn = "relu" }, { units = "classes", fn = "softmax" }]\n'
    )
    common = ("train", recipe, "--dataset", folder, "--no-report", "--quiet")
    assert byhand(*common, "--out", tmp_path / "in-memory").code == 0
    assert byhand(*common, "--memory-map", "--out", tmp_path / "mapped").code == 0

    assert weights(tmp_path / "in-memory") == weights(tmp_path / "mapped")
    data = load_split(RunFolder(tmp_path / "mapped"), DataSources(), print)
    assert is_lazy(data.train.images)
    assert data.validation is not None
    assert is_lazy(data.validation.images)


def test_a_mapped_run_continues_and_writes_its_report(byhand, folder, tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    options = ("--dataset", folder, "--memory-map", "--layers", "8", "--schedule", "constant")
    assert byhand("train", *options, "-q", "--no-report", "--epochs", "3", "--out", whole).code == 0
    assert byhand("train", *options, "-q", "--no-report", "--epochs", "2", "--out", parts).code == 0
    assert byhand("train", "--resume", parts, "--epochs", "3", "--quiet").code == 0

    assert weights(whole) == weights(parts)
    assert (parts / "report.html").is_file()
    assert byhand("evaluate", parts).code == 0


def test_data_that_cannot_be_mapped_are_refused_with_advice(byhand, tmp_path):
    result = byhand("train", "--dataset", "digits", "--memory-map")

    assert result.code == 2
    assert "digits cannot be memory-mapped" in result.err
    assert "np.save('x_train.npy', images)" in result.err
