"""How much code lies between `net.fit` and the first update."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_way_to_the_first_update_stays_short() -> None:
    """A separate process counts, because the tests in this one may have imported other code."""
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.size"],
        cwd=ROOT, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip

    assert run.returncode == 0, run.stdout + run.stderr
    assert "in 10 files (wanted: at most 1,200 in 10)" in run.stdout
