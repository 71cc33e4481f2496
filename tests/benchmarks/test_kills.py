"""The harness that kills trainings works; long runs are separate commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from benchmarks.kills.settings import settings, write_data

from byhand.recipes.recipe import read_recipe
from byhand.runs.build import build_network
from byhand.runs.train import TrainOptions, with_data

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
