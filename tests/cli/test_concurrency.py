"""Several processes at once: each run has its folder, and a folder has one training."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# Processes are started by fork. Libraries that other tests have loaded warn of that.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork", "ignore:Exception ignored in")

TRAIN = ("train", "--dataset", "digits", "--quiet", "--no-report")


@pytest.fixture(autouse=True)
def _quick_to_start(monkeypatch):
    """Importing Numba takes longer than these trainings."""
    monkeypatch.setenv("BYHAND_KERNELS", "numpy")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")


def start(*words):
    return subprocess.Popen(
        [sys.executable, "-m", "byhand", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_ten_starts_at_once_make_ten_runs_of_the_same_bits(tmp_path):
    processes = [start(*TRAIN, "--epochs", 2) for _ in range(10)]
    said = [process.communicate() for process in processes]

    assert [process.returncode for process in processes] == [0] * 10, said
    runs = sorted((tmp_path / "runs").iterdir())
    assert {run.name for run in runs} == {f"basic-{number}" for number in range(1, 11)}
    assert len({(run / "checksums.csv").read_bytes() for run in runs}) == 1


def test_of_trainings_into_one_folder_one_is_done_and_the_others_get_an_error(tmp_path):
    processes = [start(*TRAIN, "--epochs", 300, "--out", tmp_path / "one") for _ in range(4)]
    said = [process.communicate()[1] for process in processes]

    codes = sorted(process.returncode for process in processes)
    refusals = [text for text in said if "Error" in text]
    assert codes == [0, 2, 2, 2], said
    assert all("is training in" in text or "is not empty" in text for text in refusals)
    assert json.loads((tmp_path / "one/run.json").read_text())["status"] == "finished"
    assert not [file.name for file in (tmp_path / "one").iterdir() if file.name.startswith(".")]
