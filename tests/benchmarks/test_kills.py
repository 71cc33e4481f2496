"""The harness that kills trainings works; long runs are separate commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from benchmarks.kills.compare import differences
from benchmarks.kills.settings import settings, write_data

from byhand.model_file import write_tensors
from byhand.recipes.recipe import read_recipe
from byhand.runs.build_network import build_network
from byhand.runs.train import with_data
from byhand.runs.train_options import TrainOptions

if sys.platform == "win32":
    pytest.skip("the harness forks and sends SIGKILL", allow_module_level=True)


@pytest.mark.filterwarnings("ignore:.*fork")
def test_a_few_kills_leave_no_difference(tmp_path):
    words = ["--kills", "6", "--only", "optimizer sgd", "--fork", "--json", tmp_path / "done.json"]
    environment = {**os.environ, "BYHAND_KERNELS": "numpy"}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.kills", *map(str, words)],
        check=False, capture_output=True, text=True, env=environment,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads((tmp_path / "done.json").read_text())
    assert figures["total"]["kills"] >= 6
    assert figures["total"]["runs that differ"] == 0
    assert figures["pieces"][0]["details"] == []


@pytest.mark.parametrize("name", settings())
def test_every_setting_can_be_trained(name, tmp_path):
    write_data(tmp_path)
    path = tmp_path / "setting.toml"
    path.write_text(settings()[name].to_toml(name))

    recipe, data = with_data(read_recipe(path), TrainOptions(say=lambda _: None))

    assert build_network(recipe, data.dataset, seed=0).parameters.vector.size


# --- what counts as a difference ------------------------------------------------------------------


@pytest.fixture
def pair(tmp_path):
    """Two folders of the same run, whose files differ in times only."""
    for name, seconds in (("whole", 1.0), ("resumed", 2.0)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "history.csv").write_text(f"epoch,loss,seconds\n1,0.5,{seconds}\n")
        (folder / "run.json").write_text(json.dumps({"seed": 0, "results": {"seconds": seconds}}))
        (folder / "test_scores.csv").write_text(f"2026-01-0{int(seconds)},train\n")
        write_tensors(folder / "best.safetensors", {"W1": np.ones(2, np.float32)}, {})
    return tmp_path / "whole", tmp_path / "resumed"


def test_other_times_are_not_a_difference(pair):
    assert list(differences(*pair)) == []


def one_bit_less(folder):
    ones = np.ones(2, np.float32)
    write_tensors(folder / "best.safetensors", {"W1": np.nextafter(ones, np.float32(0))}, {})


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (one_bit_less, "best.safetensors differs"),
        (lambda folder: (folder / ".0123abcd-run.json").touch(), ".0123abcd-run.json is left over"),
        (lambda folder: (folder / "best.safetensors").unlink(), "best.safetensors is missing"),
        (
            lambda folder: (folder / "history.csv").write_text("epoch,loss,seconds\n1,0.6,1\n"),
            "history.csv differs",
        ),
        (lambda folder: (folder / "run.json").write_text('{"seed": 1}'), "run.json differs"),
        (
            lambda folder: (folder / "test_scores.csv").write_text("a,train\nb,train\n"),
            "test_scores.csv differs",
        ),
    ],
)
def test_every_other_difference_is_found(pair, change, found):
    whole, resumed = pair
    change(resumed)

    assert list(differences(whole, resumed)) == [found]
