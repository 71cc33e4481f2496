"""The harness that kills trainings works; long runs are separate commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

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
    assert figures["kills"] >= 6
    assert figures["runs that differ"] == 0
    assert figures["details"] == []
