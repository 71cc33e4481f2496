"""Starts real MPI jobs; the tests that use it are skipped where Open MPI or mpi4py is missing."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

needs_mpi = pytest.mark.skipif(
    shutil.which("mpirun") is None or importlib.util.find_spec("mpi4py") is None,
    reason="needs Open MPI's mpirun, and mpi4py",
)

SECONDS = 900

PATIENCE = 8
"""Seconds that ranks get to end by themselves after a signal; a busy machine may pause them."""


def start(
    ranks: int, words: Sequence[str], folder: Path, patience: int = 1
) -> subprocess.Popen[str]:
    """Start Python with these arguments on several ranks, in a folder.

    Args:
        ranks: number of ranks.
        words: the arguments.
        folder: the folder.
        patience: seconds after which Open MPI kills ranks that it has told to end.
    """
    return subprocess.Popen(
        [
            *mpirun(ranks),
            *("--mca", "odls_base_sigkill_timeout", str(patience)),
            sys.executable,
            *words,
        ],
        cwd=folder,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "BYHAND_THREADS": "1", "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(ranks: int, words: Sequence[str], folder: Path) -> tuple[int, str, str]:
    """Run Python on several ranks; return the exit code, standard output and standard error."""
    job = start(ranks, words, folder)
    out, err = job.communicate(timeout=SECONDS)
    return job.returncode, out, err


def mpirun(ranks: int) -> list[str]:
    root = ["--allow-run-as-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return ["mpirun", "--oversubscribe", "--bind-to", "none", *root, "-n", str(ranks)]
