"""`byhand twin`: a run beside PyTorch and scikit-learn."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

pytest.importorskip("torch")


def test_the_latest_run_makes_the_steps_of_torch(byhand, trained, tmp_path):
    pytest.importorskip("matplotlib")
    before = sorted((path.name, path.stat().st_mtime_ns) for path in trained.iterdir())

    said = byhand("twin", "--steps", 25, "--figure", "twin.svg", "--script", "port.py")

    assert said.code == 0
    assert said.out.startswith("byhand and torch ")
    assert re.search(r"after 25 steps: \d\.\de-1\d, the same up to rounding", said.out)
    assert re.findall(r"^ *(\d+)  \d", said.out, re.MULTILINE) == ["1", "2", "5", "10", "20", "25"]
    assert (tmp_path / "twin.svg").is_file()
    assert {"port.py", "port.npz"} <= {path.name for path in tmp_path.iterdir()}
    assert sorted((path.name, path.stat().st_mtime_ns) for path in trained.iterdir()) == before


def test_scikit_learn_and_json(byhand, trained):
    pytest.importorskip("sklearn")

    said = byhand("twin", "basic-1", "--with", "sklearn", "--steps", 5, "--json")

    assert said.code == 0
    assert said.json["passed"] is True
    assert len(said.json["losses"]) == 5
    assert said.json["library"].startswith("scikit-learn")


def test_a_library_that_differs_is_reported(byhand, trained, monkeypatch):
    from byhand.interop.twin.torch_rival import TorchRival

    real = TorchRival.step
    monkeypatch.setattr(
        TorchRival, "step", lambda self, batch: real(self, replace(batch, learning_rate=1e-2))
    )

    said = byhand("twin", "--steps", 3)

    assert said.code == 1
    assert "more than rounding explains" in said.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--with", "keras"), "unknown library 'keras'"),
        (("--dtype", "float16"), "unknown dtype 'float16'"),
        (("--script", "port.txt"), "--script names a Python file"),
    ],
)
def test_what_cannot_be_done_is_reported(byhand, trained, arguments, message):
    said = byhand("twin", *arguments)

    assert said.code == 2
    assert message in said.err
