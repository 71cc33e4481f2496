"""No kernel reads or writes outside its arrays: they lie between pages that nobody may touch.

Each test runs in a process of its own, which a wrong access ends by SIGSEGV.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("numba", reason="Numba is not installed")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the pages are those of POSIX")

ROOT = Path(__file__).parents[2]

PLANTED = """
import sys
import numpy as np
from numba import njit, types
from tests.kernels.guard_pages import guard

place, access, shift = sys.argv[1], sys.argv[2], int(sys.argv[3])
compiled = njit(error_model="numpy")

@compiled
def read(x, shift):
    total = 0.0
    for i in range(len(x)):
        total += x.ravel()[np.uint64(np.int64(i) + shift)]
    return total

@compiled
def write(x, shift):
    flat = x.ravel()
    for i in range(len(flat)):
        flat[np.uint64(np.int64(i) + shift)] = 1

kernel = {"read": read, "write": write}[access]
kernel(np.zeros(3), 0)
guard(place)
kernel(np.zeros(1000), shift)
print("survived")
"""


def run(*command: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    environment["OPENBLAS_NUM_THREADS"] = "1"
    return subprocess.run(
        [sys.executable, *map(str, command)],
        env=environment, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("place", "parts"), [("after", 1), ("after", 3), ("before", 3)])
def test_every_kernel_stays_within_its_arrays(place, parts):
    done = run("-m", "tests.kernels.every_kernel", "--guard", place, "--parts", parts)

    assert done.returncode == 0, (done.stdout[-500:], done.stderr)
    assert done.stdout.splitlines()[-1] == "every kernel was called"


@pytest.mark.parametrize("access", ["read", "write"])
@pytest.mark.parametrize(("place", "shift"), [("after", 1), ("before", -1)])
def test_a_planted_step_outside_an_array_is_found(access, place, shift):
    found, harmless = (run("-c", PLANTED, place, access, step) for step in (shift, 0))

    assert found.returncode == -signal.SIGSEGV, found.stderr
    assert harmless.stdout.strip() == "survived", harmless.stderr
