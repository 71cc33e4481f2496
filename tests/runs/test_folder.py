"""Runs are found by path, by name, and the latest by its data; damage is named."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from byhand import load_dataset
from byhand.data.formats.npz import write_npz
from byhand.errors import FileError, FormatError
from byhand.recipes.recipe import parse_recipe
from byhand.runs.checksums import read_checksums
from byhand.runs.folder import RunFolder, all_runs, find_run, new_run_folder, runs_folder
from byhand.runs.resume import resume
from byhand.runs.train import train_recipe


def test_runs_go_to_runs_here_or_to_the_folder_of_the_variable(monkeypatch, tmp_path):
    assert runs_folder() == tmp_path / "runs"
    monkeypatch.delenv("BYHAND_RUNS")
    assert str(runs_folder()) == "runs"


def test_every_new_run_gets_the_next_number():
    names = [new_run_folder("a").path.name for _ in range(3)]

    assert names == ["a-1", "a-2", "a-3"]
    assert new_run_folder("b").path.name == "b-1"


@pytest.mark.parametrize("name", ["small-1", None, "latest"])
def test_a_run_is_found_by_its_name_or_as_the_latest(run, name):
    assert find_run(name).path == run.path


def test_a_run_is_found_by_its_path(run):
    assert find_run(run.path).path == run.path


def test_the_latest_run_on_given_data(small, options, tmp_path):
    write_npz(tmp_path / "mine.npz", load_dataset("digits"))
    first = train_recipe(small, options)
    other = train_recipe(small.changed({"data.dataset": "mine.npz"}), options)

    assert [run.path.name for run in all_runs()] == ["small-2", "small-1"]
    assert find_run(None, "digits").path == first.folder.path
    assert find_run(None, "uci-digits").path == first.folder.path
    assert find_run(None).path == other.folder.path
    assert find_run(None, "mine").path == other.folder.path
    assert find_run(None, "mine.npz").path == other.folder.path


def test_a_run_on_fallback_data_is_not_a_run_on_the_named_data(small, options):
    train_recipe(small.changed({"data.dataset": "mnist", "data.instead": "digits"}), options)

    assert find_run(None, "digits").dataset == "digits"
    with pytest.raises(FileError, match="there is no run on mnist"):
        find_run(None, "mnist")


def test_no_run_yet():
    with pytest.raises(
        FileError, match=r"there is no run on mnist in .* byhand train --dataset mn"
    ):
        find_run(None, "mnist")
    with pytest.raises(FileError, match=r"there is no run in .*Make one: byhand train$"):
        find_run()


def test_an_unknown_run_is_an_error_that_lists_the_runs(run):
    with pytest.raises(
        FileError, match=r"there is no run smal-1 .*Did you mean 'small-1'\? Runs in .*: small-1\."
    ):
        find_run("smal-1")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}"])
def test_a_damaged_run_json_is_named_and_hides_no_other_run(run, content):
    bad = run.path.parent / "bad-1"
    bad.mkdir()
    (bad / "run.json").write_text(content)

    with pytest.raises(FormatError, match=r"bad-1.run\.json is"):
        _ = RunFolder(bad).facts
    assert [run.path.name for run in all_runs()] == ["small-1"]


def test_a_damaged_split_is_named(run):
    run.folder.split_file.write_bytes(b"PK nothing")

    with pytest.raises(FormatError, match=r"split\.npz: not a readable NPZ archive"):
        run.folder.split()


WRONG_FACTS = {
    "seconds": {"results": {"seconds": "long"}},
    "scores": {"results": {"test": {"accuracy": []}}},
    "no scores": {"results": {"test": 5}},
    "trial": {"search": [{"folder": "..", "seconds": 1}]},
    "no folder": {"search": [{"seconds": 1}]},
    "time of a trial": {"search": [{"folder": "a", "seconds": "x"}]},
    "model": {"model": "../best.safetensors"},
    "a long name": {"model": "x" * 300},
    "threads": {"training": {"threads": "all"}},
    "many threads": {"training": {"threads": 10**9}},
    "threads asked for": {"asked": {"threads": 0}},
    "many wrong versions": {"versions": dict.fromkeys(map(str, range(100_000)), 0)},
    "many wrong trials": {"search": [0] * 500_000},
    "no numbers of rows": {"dataset": {"name": "a", "rows": {"train": "all"}}},
}


@pytest.mark.parametrize("wrong", WRONG_FACTS)
def test_facts_of_wrong_types_are_refused(run, wrong):
    facts = json.loads(run.folder.facts_file.read_text())
    run.folder.facts_file.write_text(json.dumps(facts | WRONG_FACTS[wrong]))

    with pytest.raises(FormatError, match=r"run\.json is not the run\.json of a run"):
        _ = RunFolder(run.path).facts


@pytest.mark.parametrize("name", ["best.safetensors", "run.json", "history.csv", "split.npz"])
def test_a_link_out_of_the_folder_is_not_followed(run, name, tmp_path):
    (run.path / name).rename(tmp_path / name)
    (run.path / name).symlink_to(tmp_path / name)

    with pytest.raises(FileError, match="leads out of its folder"):
        RunFolder(run.path).file(name)


def test_a_link_within_the_folder_is_followed(run):
    run.folder.best.rename(run.path / "other")
    run.folder.best.symlink_to("other")

    assert run.folder.best.exists()


CHECKSUMS = {
    "ragged": "epoch,step,W1\n1,1\n",
    "longer": "epoch,step,W1\n1,1,2,3\n",
    "no number": "epoch,step,W1\nx,1,2\n",
    "no step": "epoch,W1\n1,2\n",
    "empty": "",
    "huge cell": "epoch,step,W1\n1,1," + "a" * 200_000 + "\n",
    "digits": "epoch,step\n" + "1" * 5000 + ",1\n",
    "a row twice": "epoch,step,W1\n1,1,00000000\n1,1,00000000\n",
    "a step back": "epoch,step,W1\n2,1,00000000\n1,9,00000000\n",
    "one long line": "epoch,step,W1\n" + "1," * 5_000_000,
    "many rows": "epoch,step\n" + "".join(f"1,{step}\n" for step in range(200_000)),
}


@pytest.mark.parametrize("damage", CHECKSUMS)
def test_damaged_checksums_are_named(damage, tmp_path):
    (tmp_path / "checksums.csv").write_text(CHECKSUMS[damage])

    with pytest.raises(FormatError, match=r"checksums\.csv is not a valid checksum file"):
        read_checksums(tmp_path / "checksums.csv")


def test_a_hundred_thousand_rows_of_checksums_are_read_in_no_time(tmp_path):
    rows = "".join(f"1,{step}\n" for step in range(100_000))
    (tmp_path / "checksums.csv").write_text(f"epoch,step\n{rows}")
    began = time.process_time()

    assert len(read_checksums(tmp_path / "checksums.csv")) == 100_000
    assert time.process_time() - began < 2


def test_a_test_scores_of_a_million_lines_is_not_counted(run):
    run.folder.test_scores_file.write_bytes(b"\n" * 2_000_000)

    assert run.folder.times_tested() == 1


def test_missing_files_of_a_run_are_named(run):
    run.folder.split_file.unlink()
    run.folder.recipe_file.unlink()

    with pytest.raises(FileError, match=r"split\.npz cannot be read"):
        run.folder.split()
    with pytest.raises(FileError, match=r"recipe\.toml cannot be read"):
        run.folder.recipe()


def test_a_run_in_another_folder_is_found_by_its_path(small, options, tmp_path):
    out = tmp_path / "elsewhere"
    train_recipe(small, replace(options, out=out))

    assert all_runs() == []
    assert find_run(out).path == out


def test_a_recipe_beside_its_data_can_be_resumed_from_anywhere(options, tmp_path, monkeypatch):
    folder = tmp_path / "project"
    folder.mkdir()
    write_npz(folder / "mine.npz", load_dataset("digits"))
    text = (
        'title = "Mine"\n[data]\ndataset = "mine.npz"\n[network]\n'
        'layers = [{ units = "classes", fn = "softmax" }]\n'
        '[training]\nepochs = 1\noptimizer = "sgd"\n'
    )
    run = train_recipe(parse_recipe(text, "mine", folder / "mine.toml"), options)
    monkeypatch.chdir("/")

    resumed = resume(run.folder, options, epochs=2)

    assert resumed.history.epochs == 2
    assert run.folder.recipe().spec.data.dataset == str(folder / "mine.npz")
