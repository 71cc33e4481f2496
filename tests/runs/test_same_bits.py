"""Same seed, same bits: every recipe in short form, twice, in another process, and resumed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from byhand.model_file import read_tensors
from byhand.recipes.from_options import in_fractions
from byhand.recipes.recipe import read_recipe
from byhand.runs.resume import resume
from byhand.runs.train import train_recipe
from byhand.runs.train_options import TrainOptions
from byhand.training import Callback
from byhand.training.interrupt import REASONS

RECIPES = sorted(
    path.stem for path in (Path(__file__).parents[2] / "src/byhand/recipes").glob("*.toml")
)

EPOCHS = 4


class StopInEpoch(Callback):
    """Ends the first training in its third epoch, as Ctrl-C does."""

    def __init__(self):
        self.has_stopped = False

    def on_batch_end(self, run):
        if run.epoch == 3 and not self.has_stopped:
            self.has_stopped = True
            run.stop(REASONS[signal.SIGINT])


def short(name):
    """A recipe with its network and training, on a few rows for a few epochs."""
    recipe = read_recipe(name)
    changes = {
        **in_fractions(recipe.spec.data),
        "data.dataset": "digits",
        "data.instead": None,
        "data.rows": 300,
        "data.pool": None,
        "training.epochs": EPOCHS,
        "training.least_steps": None,
    }
    return recipe.changed(changes)


def content(run):
    """The weights, history and scores of a run, without times."""
    weights = {
        file.relative_to(run.path).as_posix(): {
            name: array.tobytes() for name, array in read_tensors(file)[0].items()
        }
        for file in sorted(run.path.rglob("best.safetensors"))
    }
    history = {name: values for name, values in run.history.columns.items() if name != "seconds"}
    results = {name: value for name, value in run.results.items() if name != "seconds"}
    return weights, history, results, (run.path / "checksums.csv").read_bytes()


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_trained_twice_and_resumed_has_the_same_bits(name, tmp_path):
    options = TrainOptions(seed=3, threads=1, verbose=0, say=lambda _: None, snapshots=0)
    first = train_recipe(short(name), replace(options, out=tmp_path / "first"))
    second = train_recipe(short(name), replace(options, out=tmp_path / "second"))
    cut = train_recipe(
        short(name), replace(options, out=tmp_path / "cut", callbacks=[StopInEpoch()])
    )
    was_interrupted = cut.was_interrupted
    resumed = resume(cut.folder, options)

    assert first.history.epochs == EPOCHS
    assert was_interrupted
    assert content(second) == content(first)
    assert content(resumed) == content(first)


def test_another_process_has_the_same_bits(tmp_path):
    """One process runs all recipes, with another seed of Python's hashes."""
    options = TrainOptions(seed=3, threads=1, verbose=0, say=lambda _: None, snapshots=0)
    lines = [
        "from byhand.runs.train import train_recipe",
        "from byhand.runs.train_options import TrainOptions",
        "from byhand.recipes.recipe import read_recipe",
    ]
    for name in RECIPES:
        file = tmp_path / f"{name}.toml"
        file.write_text(short(name).to_toml())
        out = tmp_path / "there" / name
        lines.append(
            f"train_recipe(read_recipe({str(file)!r}), TrainOptions(seed=3, threads=1, verbose=0, "
            f"say=lambda _: None, snapshots=0, out={str(out)!r}))"
        )
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True, env=environment)

    from byhand import Run

    for name in RECIPES:
        here = train_recipe(short(name), replace(options, out=tmp_path / "here" / name))
        assert content(Run(tmp_path / "there" / name)) == content(here), name
