"""After a power cut at any moment of a save a reader finds the whole old file or the whole new."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from itertools import count

import numpy as np
import pytest
from tests.power_cut import last_states, rebuild, recorded, states
from tests.runs.small_runs import SMALL

from byhand import DenseLayer, InputLayer, MultiLayerPerceptron
from byhand.atomic import flush_folder, replacing, write_whole
from byhand.model_file import read_tensors
from byhand.recipes.recipe import parse_recipe
from byhand.runs import checkpoint_callback
from byhand.runs.folder import RunFolder
from byhand.runs.resume import resume
from byhand.runs.run_json import DatasetFacts, RunFacts, read_facts, write_facts
from byhand.runs.train import train_recipe
from byhand.runs.train_options import TrainOptions
from byhand.training import Callback, History
from byhand.training.checkpoint import save_checkpoint

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be flushed there")


def network(seed=0):
    return MultiLayerPerceptron(
        [InputLayer(2, "none"), DenseLayer(1, "linear")], loss="mse", seed=seed
    )


class SaveAtTheEnd(Callback):
    def __init__(self, path):
        self.path = path

    def on_train_end(self, run):
        save_checkpoint(run, self.path)


def save_state(path, version):
    x, y = np.eye(2), np.ones((2, 1))
    network().fit(x, y, epochs=1 + version, verbose=0, callbacks=[SaveAtTheEnd(path)])


def read_arrays_and_text(path):
    tensors, metadata = read_tensors(path)
    metadata.pop("facts", None)
    return {name: array.tobytes() for name, array in tensors.items()}, metadata


SAVES = {
    "model": lambda path, version: network(seed=version).save(path),
    "checkpoint": save_state,
    "run.json": lambda path, version: write_facts(
        path, RunFacts(dataset=DatasetFacts(name="digits"), epochs=version)
    ),
    "history": lambda path, version: History({"loss": [0.5] * (1 + version)}).to_csv(path),
}

READERS = {
    "model": lambda path: MultiLayerPerceptron.load(path).parameters.vector.tobytes(),
    "checkpoint": read_arrays_and_text,
    "run.json": lambda path: read_facts(path).as_dict(),
    "history": lambda path: History.from_csv(path).columns,
}


@pytest.mark.parametrize("kind", SAVES)
def test_a_reader_finds_the_whole_old_file_or_the_whole_new_one(kind, tmp_path):
    save, read = SAVES[kind], READERS[kind]
    path = tmp_path / "disk" / "file"
    save(path, 0)
    old = read(path)
    with recorded(path.parent) as steps:
        save(path, 1)
    new = read(path)
    assert old != new
    made = count()

    def found(state):
        return read(rebuild(state, tmp_path / f"again-{next(made)}") / "file")

    possible = [found(state) for state in states(steps)]

    assert old in possible
    assert all(content in (old, new) for content in possible)
    assert all(found(state) == new for state in last_states(steps))


def test_a_first_save_into_new_folders_is_kept_with_its_folders(tmp_path):
    with recorded(tmp_path) as steps:
        write_whole(tmp_path / "runs" / "first" / "model", b"whole")

    assert {state.get("runs/first/model") for state in states(steps)} == {None, b"whole"}
    assert {state.get("runs/first/model") for state in last_states(steps)} == {b"whole"}


def test_the_next_save_removes_what_a_power_cut_left(tmp_path):
    (tmp_path / "disk").mkdir()
    with recorded(tmp_path / "disk") as steps:
        write_whole(tmp_path / "disk" / "model", b"first")
    left = [state for state in states(steps) if any(name.endswith("-model") for name in state)]
    assert left

    for number, state in enumerate(left):
        folder = rebuild(state, tmp_path / f"again-{number}")
        write_whole(folder / "model", b"second")
        assert [path.name for path in folder.iterdir()] == ["model"]


# --- planted faults -----------------------------------------------------------------------------


def in_place(path):
    with path.open("wb") as file:
        file.write(b"the new content")
        file.flush()
        os.fsync(file.fileno())


def content_not_flushed(path):
    temporary = path.with_name("temporary")
    temporary.write_bytes(b"the new content")
    os.replace(temporary, path)
    flush_folder(path.parent)


def flushed_before_the_last_write(path):
    temporary = path.with_name("temporary")
    with temporary.open("wb") as file:
        file.write(b"the new ")
        file.flush()
        os.fsync(file.fileno())
        file.write(b"content")
    os.replace(temporary, path)
    flush_folder(path.parent)


def old_file_removed_first(path):
    temporary = path.with_name("temporary")
    in_place(temporary)
    path.unlink()
    temporary.rename(path)
    flush_folder(path.parent)


def folder_not_flushed(path):
    temporary = path.with_name("temporary")
    in_place(temporary)
    os.replace(temporary, path)


def not_durable(path):
    with replacing(path, durable=False) as temporary:
        temporary.write_bytes(b"the new content")


@pytest.mark.parametrize(
    "save",
    [in_place, content_not_flushed, flushed_before_the_last_write, old_file_removed_first,
     folder_not_flushed, not_durable],
)  # fmt: skip
def test_a_planted_fault_is_found(save, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"the old content")
    with recorded(tmp_path) as steps:
        save(path)

    contents = {state.get("file") for state in states(steps)}
    last = {state.get("file") for state in last_states(steps)}

    assert contents != {b"the old content", b"the new content"} or last != {b"the new content"}


# --- whole runs ---------------------------------------------------------------------------------


def result(run):
    tensors, _ = read_tensors(run.path / "best.safetensors")
    columns = {name: values for name, values in run.history.columns.items() if name != "seconds"}
    return {name: array.tobytes() for name, array in tensors.items()}, columns


def is_readable(folder):
    """Check the files that exist; return whether the run had begun."""
    for file in (folder.best, folder.last):
        if file.exists():
            MultiLayerPerceptron.load(file)
    if folder.history_file.exists():
        History.from_csv(folder.history_file)
    return folder.facts_file.exists() and bool(read_facts(folder.facts_file).dataset.name)


def test_a_run_is_readable_after_every_power_cut_and_resumes_to_the_same_bits(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(checkpoint_callback, "SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr(checkpoint_callback, "TIMES_AS_LONG", 0)
    options = TrainOptions(threads=1, verbose=0, seed=3, snapshots=0, say=lambda _: None)
    recipe = parse_recipe(SMALL, "small").changed({"training.epochs": 3, "data.rows": 300})
    (tmp_path / "disk").mkdir()
    with recorded(tmp_path / "disk") as steps:
        whole = train_recipe(recipe, replace(options, out=tmp_path / "disk" / "run"))

    begun = []
    for number, state in enumerate(states(steps)):
        folder = RunFolder(rebuild(state, tmp_path / f"again-{number}") / "run")
        if is_readable(folder) and folder.facts.status != "finished":
            begun.append(folder)
    resumed = [resume(folder, options) for folder in begun[:: max(len(begun) // 12, 1)]]

    assert len(resumed) >= 12
    assert all(result(run) == result(whole) for run in resumed)
