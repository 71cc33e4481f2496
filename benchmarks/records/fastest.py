"""Time whole commands from the shell to the result: byhand and PyTorch in turns, same recipe.

    python -m benchmarks.records fastest fastest-98 --seeds 0 1 2

Time counts from the start of the process to its end, with imports, reading the files, training and
the test. Each side sees only the packages of its own installation, as in `benchmarks.speed`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.records.results import Result, keep, read_results, settings_of
from benchmarks.speed.environment import environment_of
from benchmarks.speed.install_size import INSTALLS
from byhand.data import find_dataset
from byhand.recipes.recipe import read_recipe

TIMES = Path(__file__).with_name("fastest.json")
ROOT = Path(__file__).parents[2]
WITHOUT = ("--no-report", "--no-doubt", "--snapshots", "0")
"""Options that leave out what has nothing to do with the accuracy."""


def byhand_command(recipe: str, seed: int, folder: Path) -> list[str]:
    """Return the command of byhand; it prints its results as JSON."""
    with tempfile.TemporaryDirectory() as place:
        run = Path(place) / "run"
    where = ["--data-dir", str(folder.parent), "--out", str(run)]
    return ["-m", "byhand", "train", recipe, *WITHOUT, "--json", "--seed", str(seed), *where]


def pytorch_command(recipe: str, seed: int, folder: Path) -> list[str]:
    """Return the command of PyTorch; it prints the accuracy."""
    script = ["-m", "benchmarks.records.with_pytorch"]
    return [*script, recipe, str(folder), "--seed", str(seed)]


Side = tuple[str, Callable[[str, int, Path], list[str]], Callable[[str], float]]
SIDES: dict[str, Side] = {
    "byhand": ("byhand[fast]", byhand_command, lambda text: _tested(json.loads(text))),
    "PyTorch": ("torch + numpy", pytorch_command, float),
}


def _tested(run: dict[str, Any]) -> float:
    accuracy: float = run["results"]["test"]["accuracy"]
    return accuracy


def time_commands(recipe: str, seeds: Sequence[int]) -> None:
    """Run both commands in turns, one turn for each seed, and store times and accuracies."""
    folder = find_dataset("mnist")
    if folder is None:
        raise SystemExit("MNIST is not on this machine.")
    settings = settings_of(read_recipe(recipe))
    done = {
        (one["by"], one["seed"])
        for one in read_results(TIMES)
        if (one["recipe"], one["settings"]) == (recipe, settings)
    }
    for seed in seeds:
        for by in SIDES:
            if (by, seed) not in done:
                fixed = {"recipe": recipe, "settings": settings, "by": by, "seed": seed}
                keep({**fixed, **time_command(by, recipe, seed, folder)}, TIMES)


def time_command(by: str, recipe: str, seed: int, folder: Path) -> Result:
    """Run one command; return its error, its seconds and its processor seconds."""
    install, command, read = SIDES[by]
    with environment_of(INSTALLS[install]) as packages, tempfile.TemporaryFile("w+") as complaints:
        path = os.pathsep.join([str(ROOT / "src"), str(ROOT), str(packages)])
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-S", *command(recipe, seed, folder)],
            stdout=subprocess.PIPE, stderr=complaints, text=True,
            env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip
        assert process.stdout is not None
        text = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            complaints.seek(0)
            raise RuntimeError(f"{by} failed: {complaints.read()}")
    return {
        "test_error": round(1 - read(text), 6),
        "seconds": round(seconds, 2),
        "processor_seconds": round(used.ru_utime + used.ru_stime, 2),
        "load": round(os.getloadavg()[0], 1),
        "date": time.strftime("%Y-%m-%d"),
    }
