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
    assert heading.split() == ["table", "epochs", "theirs", "ms", "ours", "ms", "ratio", "weights"]
    epochs, theirs, ours, ratio, difference = line.split(", one epoch")[1].split()
    assert epochs == "1"
    assert min(float(theirs), float(ours), float(ratio)) > 0
    assert float(difference) < 1e-12


def test_every_table_has_its_own_name():
    names = [table.name for table in sklearn_tables.TABLES]

    assert len(names) == len(set(names)) > 14
    assert sum("MNIST" not in name and "epoch" not in name for name in names) == 10
    assert not any(re.search(r"\s{2}", name) for name in names)
