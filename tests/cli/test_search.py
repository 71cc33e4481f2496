"""`byhand search`: grids and drawn values, from the command line."""

from __future__ import annotations

import csv
import importlib.util

import pytest

from byhand.runs.folder import RunFolder

NEEDS_OPTUNA = pytest.mark.skipif(
    importlib.util.find_spec("optuna") is None, reason="values are drawn with Optuna"
)

SMALL = ("--dataset", "digits", "--epochs", 2, "--jobs", 1, "--no-figures")


def test_a_grid_prints_validation_accuracy_and_the_gaps(byhand, tmp_path):
    said = byhand("search", *SMALL, "--grid", "l2=0.1,0.0001", "--grid", "units=8,16")

    assert said.code == 0, said.err
    heading, *rows = said.out.splitlines()[:5]
    assert heading.split("  ")[0] == "l2"
    assert [row.split()[:2] for row in rows] == [
        ["0.1", "8"], ["0.1", "16"], ["0.0001", "8"], ["0.0001", "16"],
    ]  # fmt: skip
    for column in ("validation %", "loss gap %", "accuracy gap %"):
        assert column in heading
    assert said.out.count("best") >= 1
    assert "searched 4 trainings" in said.out
    assert "finished after 2 epochs" in said.err
    folder = RunFolder(tmp_path / "runs" / "basic-search-1")
    with (folder.path / "search.csv").open() as file:
        table = list(csv.DictReader(file))
    best = max(table, key=lambda row: float(row["validation accuracy"]))
    assert str(folder.facts.chosen["l2"]) == best["l2"]


def test_the_winner_is_a_recipe_that_trains(byhand, tmp_path):
    found = byhand("search", *SMALL, "--grid", "units=4,16", "--json").json

    said = byhand("train", f"{found['folder']}/winner.toml", "--no-report", "--quiet", "--json")

    assert said.code == 0, said.err
    assert said.json["results"]["test"] == found["results"]["test"]
    assert said.json["results"]["validation"] == found["results"]["validation"]


def test_seeds_give_mean_and_spread_and_what_cannot_be_told_apart(byhand):
    said = byhand("search", *SMALL, "--grid", "l2=0.0001,0.00011", "--seeds", 2)

    assert said.code == 0, said.err
    assert " ± " in said.out
    assert "not distinguishable from the best" in said.out
    assert "1 of 1 others cannot be told apart from the best (2 seeds; Welch's t, 5 %)." in said.out
    assert "searched 4 trainings" in said.out


def test_after_one_seed_the_effect_of_chance_is_explained(byhand):
    said = byhand("search", *SMALL, "--grid", "l2=0.0001,0.00011")

    assert "The best has a 95 % interval from" in said.out
    assert "--seeds 3" in said.out


@NEEDS_OPTUNA
def test_values_are_drawn(byhand):
    said = byhand(
        "search", *SMALL, "--over", "learning_rate=1e-3..1e-1 log", "--over", "depth=0..2",
        "--trials", 3, "--sampler", "random", "--json",
    )  # fmt: skip

    assert said.code == 0, said.err
    rows = said.json["search"]
    assert [row["folder"] for row in rows] == ["trial-000", "trial-001", "trial-002"]
    assert all(0.001 <= row["learning_rate"] <= 0.1 and row["depth"] in (0, 1, 2) for row in rows)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to search. Name settings and their values, such as --grid l2=0.001,0.0001"),
        (["--grid", "l2"], "--grid takes NAME=VALUES"),
        (["--grid", "l3=1"], "unknown setting to search 'l3'. Did you mean 'l"),
        (["--grid", "l2=-1"], "training.l2: input should be greater than or equal to 0"),
        (["--grid", "l2=0..1"], "--grid takes a list of values, and l2 has a range"),
        (["--grid", "l2=1", "--grid", "l2=2"], "--grid names l2 twice"),
        (["--grid", "l2=1", "--over", "l1=1"], "give --grid or --over, not both"),
        (["--grid", "l2=1", "--trials", 3], "--trials is for drawn values"),
        (["--grid", "data.rows=5"], "no field of data can be searched"),
        (["--over", "l2=1,2", "--sampler", "tpee"], "unknown sampler 'tpee'. Did you mean 'tpe'"),
        (["--resume", "nothing"], "there is no run nothing"),
        (["--resume", "x", "--grid", "l2=1"], "--resume continues a search with its original"),
        (["l2-search", "--validation", 0], "a search needs a validation part to choose by"),
    ],
)
def test_invalid_arguments_get_one_message(byhand, arguments, message):
    said = byhand("search", *arguments)

    assert said.code in (1, 2)
    assert message in said.err
    assert said.err.count("Error:") == 1
    assert not said.out


def test_a_study_needs_its_database(byhand):
    pytest.importorskip("optuna", reason="Optuna is not installed")

    said = byhand("search", "--over", "l2=1,2", "--study", "x")

    assert said.code == 2
    assert "Name that, too, with --storage" in said.err


def test_a_run_that_is_not_a_search_is_not_resumed_as_one(byhand, trained):
    said = byhand("search", "--resume", trained)

    assert said.code == 2
    assert "has finished" in said.err


@NEEDS_OPTUNA
@pytest.mark.parametrize(
    ("url", "code", "message"),
    [
        ("nonsense", 2, "'nonsense' is not the address of a database"),
        ("postgresql://u:secret@localhost:1/x", 1, "postgresql://u@localhost:1/x cannot be used"),
        ("mysql://u:secret@localhost/x", 1, "mysql://u@localhost/x"),
    ],
)
def test_a_database_that_cannot_be_reached_is_named_without_its_password(
    byhand, url, code, message, monkeypatch
):
    monkeypatch.setenv("BYHAND_STORAGE", "")  # given back afterwards

    said = byhand("search", *SMALL, "--over", "l2=1,2", "--storage", url)

    assert said.code == code, said.err
    assert message in said.err
    assert "secret" not in said.err
