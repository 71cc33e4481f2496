"""The race against scikit-learn fits both to the same weights, and prints a line for each table."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from benchmarks import sklearn_tables


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_race_prints_times_and_how_far_the_weights_differ(capsys):
    iris = next(table for table in sklearn_tables.ONE_EPOCH if "iris" in table.name)

    sklearn_tables.report([iris], rounds=2)

    heading, line = capsys.readouterr().out.splitlines()
    assert heading.replace(" ms", "").split() == [
        "table", "epochs", "theirs", "ours", "ratio", "quartiles", "weights",
    ]  # fmt: skip
    epochs, theirs, ours, ratio, *quartiles, difference = (
        line.split(", one epoch")[1].replace("-", " ", 1).split()
    )
    assert epochs == "1"
    assert 0 < float(quartiles[0]) <= float(ratio) <= float(quartiles[1])
    assert min(float(theirs), float(ours)) > 0
    assert float(difference) < 1e-12


@pytest.mark.slow  # imports scikit-learn twice more
@pytest.mark.parametrize("home", sklearn_tables.HOMES)
def test_a_fit_in_a_process_of_its_own_takes_some_time(home):
    iris = next(table for table in sklearn_tables.ONE_EPOCH if "iris" in table.name)

    assert 0 < sklearn_tables.fit_apart(iris, home, 1, sklearn_tables.Clock(cpu=True)) < 10


def test_every_table_has_its_own_name():
    names = [table.name for table in sklearn_tables.TABLES]

    assert len(names) == len(set(names)) > 14
    assert sum("MNIST" not in name and "epoch" not in name for name in names) == 10
    assert not any(re.search(r"\s{2}", name) for name in names)
