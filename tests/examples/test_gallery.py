"""The worked examples of other problems run, and reach the expected results."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

GALLERY = Path(__file__).parents[2] / "examples" / "gallery"

LEAST = {  # a pattern of the output, and the smallest number that it may catch
    "plot_7_regression": (r"network +r2 ([\d.]+)", 0.25),
    "plot_7_yes_or_no": (r"accuracy ([\d.]+)%", 95),
    "plot_8_several_labels": (r"all five +([\d.]+)%", 80),
    "plot_9_table": (r"standardise +(\d+) of 178", 165),
}


@pytest.mark.parametrize("name", LEAST)
def test_a_worked_example_reaches_what_it_should(name, capsys, monkeypatch):
    plt = pytest.importorskip("matplotlib.pyplot", reason="Matplotlib is not installed")
    if "several" not in name:
        pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    plt.switch_backend("Agg")
    monkeypatch.setattr(plt, "show", lambda: None)
    pattern, least = LEAST[name]

    runpy.run_path(str(GALLERY / f"{name}.py"))  # it trains: a second or two

    plt.close("all")
    found = re.search(pattern, capsys.readouterr().out)
    assert found
    assert float(found[1]) >= least
