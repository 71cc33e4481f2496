"""Every row of docs/sources.md is run: a command, or a line of Python, in a fast form."""

from __future__ import annotations

import importlib
import re
import shlex
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import byhand
from byhand.cli.app import run
from byhand.recipes.recipe import shipped_recipes

PAGE = Path(__file__).parents[2] / "docs" / "sources.md"
ROWS = re.findall(r"^\| (.+?) \| `(.+)` \|$", PAGE.read_text("utf-8"), re.MULTILINE)
FIGURES = {"visualize"}

SLOW = {"-i": "3", "--iterations": "3"}
"""Options whose values are made small."""


def fast(command: str) -> list[str]:
    """Return the words of a command for the small digits and few epochs."""
    words = shlex.split(command)[1:]
    words = ["digits" if word in {"mnist", "fashion-mnist"} else word for word in words]
    for option, value in SLOW.items():
        if option in words:
            words[words.index(option) + 1] = value
    is_recipe = len(words) > 1 and words[1] in shipped_recipes()
    if words[0] == "train":
        iterated = set(SLOW) & set(words)
        words += [] if iterated else ["--epochs", "1"]
        words += ["--dataset", "digits"] if is_recipe else []
        words += ["--quiet", "--no-report"]
    if words[0] == "reproduce":
        words += ["--quick", "--seeds", "0", "--dataset", "digits"]
    return words


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a run on digits, a file of parameters and Kaggle's test images."""
    folder = tmp_path_factory.mktemp("sources")
    digits = byhand.load_dataset("digits")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("BYHAND_OFFLINE", "1")
        patch.setenv("BYHAND_RUNS", str(folder / "runs"))
        patch.delenv("BYHAND_DATA", raising=False)
        assert run(["train", "--dataset", "digits", "--epochs", "3", "--quiet", "--no-report"]) == 0
        net = byhand.MultiLayerPerceptron(
            [byhand.InputLayer(64), byhand.DenseLayer(10, "relu"), byhand.DenseLayer(10, "softmax")]
        )
        net.fit(digits.train.images, digits.train.labels, epochs=1, verbose=0)
        byhand.save_npz(net, folder / "nn_parameters.npz")
        pixels = digits.test.images[:5].reshape(5, -1)
        header = ",".join(f"pixel{i}" for i in range(64))
        np.savetxt("test.csv", pixels, "%d", delimiter=",", header=header, comments="")
        labelled = np.column_stack([digits.train.labels, digits.train.images.reshape(-1, 64)])
        header = f"label,{header}"
        np.savetxt("labelled.csv", labelled[:400], "%d", delimiter=",", header=header, comments="")
    return folder


@pytest.fixture(scope="module")
def names():
    """The names that the lines of Python use."""
    digits = byhand.load_dataset("digits")
    x, y = digits.train.images[:300].reshape(300, -1), digits.train.labels[:300]
    layers = [
        byhand.InputLayer(64),
        byhand.DenseLayer(12, "relu"),
        byhand.DenseLayer(10, "softmax"),
    ]
    net = byhand.MultiLayerPerceptron(layers, seed=0)
    history = net.fit(x, y, epochs=11, validation_split=0.2, verbose=0)
    used = set(re.findall(r"\w+", " ".join(does for _, does in ROWS)))
    public = {name: getattr(byhand, name) for name in used & set(byhand.__all__)}
    curves = {}
    if find_spec("matplotlib"):
        curves["training_curves"] = importlib.import_module("byhand.figures").training_curves
    return {**public, **curves, "np": np, "net": net, "x": x, "y": y, "history": history}


@pytest.mark.parametrize(("says", "does"), ROWS, ids=lambda text: text[:60])
def test_what_the_source_says_can_be_done(says, does, folder, names, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("BYHAND_OFFLINE", "1")
    monkeypatch.setenv("BYHAND_RUNS", str(folder / "runs"))
    monkeypatch.delenv("BYHAND_DATA", raising=False)
    if "training_curves" in does:
        pytest.importorskip("matplotlib", reason="Matplotlib is not installed")
    if "to_torch" in does:
        pytest.importorskip("torch", reason="PyTorch is not installed")
    if not does.startswith("byhand "):
        assert eval(does, dict(names)) is not None  # noqa: S307 - from our own page
        return
    words = fast(does)
    if words[0] in FIGURES:
        pytest.importorskip("matplotlib", reason="Matplotlib is not installed")

    code = run(words)

    said = capsys.readouterr()
    assert code == 0, said.err
    assert "skipped" not in said.out
    assert said.out + said.err


def test_every_row_of_the_page_is_run():
    text = PAGE.read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and "---" not in line]
    headings = [line for line in rows if line.startswith("| the source says")]

    assert len(headings) == 5
    assert len(ROWS) == len(rows) - len(headings)
