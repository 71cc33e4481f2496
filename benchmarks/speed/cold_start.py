"""Time whole processes from the shell to a trained model: imports, loading and training.

The scripts in `cold/` are written as a user would write them; they follow one recipe and print the
accuracy that they reach. Each runs in an environment with only the packages of its own
`pip install`. Time is the wall clock from the start of the process to its end; memory is the peak
resident size that the operating system reports.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.speed import cases
from benchmarks.speed.environment import environment_of
from benchmarks.speed.install_size import INSTALLS
from benchmarks.speed.measure import REST, Result
from benchmarks.speed.peers import PEERS
from byhand.data import find_dataset

SCRIPTS = Path(__file__).parent / "cold"
ACCURACY = 0.98
"""Test accuracy that every script must reach."""


@dataclass(frozen=True)
class Script:
    """A script of `cold/` and the installation in `INSTALLS` that it runs with."""

    file: str
    install: str


STARTS = {
    cases.OURS: Script("with_byhand.py", "byhand[fast]"),
    cases.OURS_PLAIN: Script("with_byhand.py", "byhand"),
    cases.TORCH: Script("with_pytorch.py", "torch + numpy"),
    cases.JAX: Script("with_jax.py", "jax"),
}


def cold_starts(rounds: int, epochs: int | None, say: Callable[[str], None]) -> Result | None:
    """Run all scripts in turns, after one round that fills the caches of files and kernels."""
    if find_dataset("mnist") is None:
        return None
    names = [name for name in STARTS if PEERS[name].installed]
    peers: dict[str, Result] = {
        name: {"facts": {}, "seconds": [], "megabytes": [], "accuracy": []} for name in names
    }
    for number in range(rounds + 1):
        say(f"cold start: round {number} of {rounds}")
        for name in names:
            if "error" not in peers[name]:
                _take_turn(STARTS[name], peers[name], epochs, counts=number > 0)
    return {"work": {"name": "cold start", "accuracy": ACCURACY}, "peers": peers}


def _take_turn(script: Script, result: Result, epochs: int | None, counts: bool) -> None:
    time.sleep(REST)
    try:
        seconds, megabytes, accuracy = start(script, epochs)
    except RuntimeError as error:
        result["error"] = str(error)
        return
    if counts:
        result["seconds"].append(seconds)
        result["megabytes"].append(megabytes)
        result["accuracy"].append(accuracy)


def start(script: Script, epochs: int | None = None) -> tuple[float, float, float]:
    """Run a script; return its seconds, its peak megabytes and the accuracy that it printed."""
    command = [sys.executable, "-S", str(SCRIPTS / script.file), str(mnist_folder())]
    command += [str(epochs)] if epochs else []
    with environment_of(INSTALLS[script.install]) as packages:
        environment = {**os.environ, "PYTHONPATH": str(packages)}
        began = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        with process.stdout:
            printed = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{script.file} ended with status {process.returncode}")
    return seconds, usage.ru_maxrss * 1024 / 1e6, float(printed.split()[-1])


def mnist_folder() -> Path:
    """Return the folder of MNIST's IDX files."""
    found = find_dataset("mnist")
    assert found is not None
    return next(iter(found.files.values())).parent
