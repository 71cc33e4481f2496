"""Without an optional package, the tests that need it are skipped, even if they are named alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import NEEDED

ALONE = """
import sys, pytest
for name in sys.argv[2:]:
    sys.modules[name] = None  # as if it were not installed
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", sys.argv[1]]))
"""


@pytest.mark.parametrize("folder", NEEDED)
def test_a_folder_that_is_named_alone_is_skipped_with_the_reason(folder):
    place = Path(__file__).parent / folder

    done = subprocess.run(
        [sys.executable, "-c", ALONE, place, *NEEDED[folder]],
        cwd=place.parents[1], capture_output=True, text=True, timeout=300,
    )  # fmt: skip

    assert done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED, done.stdout + done.stderr
    assert f"not installed: {', '.join(NEEDED[folder])}" in done.stdout
    assert f"{len(list(place.glob('test_*.py')))} skipped" in done.stdout
