"""Train record recipes and write down the results.

    python -m benchmarks.records train simard-800-elastic --seeds 0 1 2 3 4
    python -m benchmarks.records fastest fastest-98 --seeds 0 1 2
    python -m benchmarks.records committee runs/records/ciresan-... runs/records/simard-...
    python -m benchmarks.records table

`train` trains each seed that has no result with the recipe's present settings, and stores the
result in results.json as soon as it is finished. An interrupted seed is continued. The test set is
read once for each seed, after the last epoch. `fastest` times the whole command of each seed beside
a script for PyTorch. `committee` scores the average of finished runs. `table` writes the tables of
docs/records.md.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import Any

from benchmarks.records.committee import score_committee
from benchmarks.records.fastest import time_commands
from benchmarks.records.results import current, keep, read_results, settings_of
from benchmarks.records.table import write_tables
from byhand.recipes.recipe import Recipe, read_recipe
from byhand.runs.folder import RunFolder
from byhand.runs.resume import resume
from byhand.runs.run import Run
from byhand.runs.train import train_recipe
from byhand.runs.train_options import TrainOptions


def main() -> None:
    """Parse the command line and run it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.records", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    train = verbs.add_parser("train")
    train.add_argument("recipe")
    train.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    train.add_argument("--runs", type=Path, default=Path("runs/records"))
    fastest = verbs.add_parser("fastest")
    fastest.add_argument("recipe")
    fastest.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    committee = verbs.add_parser("committee")
    committee.add_argument("folders", type=Path, nargs="+", help="finished runs")
    verbs.add_parser("table")
    arguments = parser.parse_args()
    if arguments.verb == "table":
        write_tables()
        return
    if arguments.verb == "committee":
        score_committee(arguments.folders)
        return
    if arguments.verb == "fastest":
        time_commands(arguments.recipe, arguments.seeds)
        return
    for seed in arguments.seeds:
        train_seed(arguments.recipe, seed, arguments.runs)


def train_seed(name: str, seed: int, runs: Path) -> None:
    """Train one seed, unless it has a result, and store the result."""
    if any(one["seed"] == seed for one in current(read_results(), name)):
        return
    recipe = read_recipe(name)
    out = runs / f"{name}-{settings_of(recipe)}-seed-{seed}"
    options = TrainOptions(seed=seed, out=out, verbose=0, snapshots=0)
    began, worked = time.perf_counter(), time.process_time()
    is_begun = (out / "last.safetensors").exists()
    if is_begun and RunFolder(out).facts.status == "finished":
        run = Run(RunFolder(out))
    elif is_begun:
        run = resume(RunFolder(out), options)
    else:
        run = train_recipe(recipe, options)
    if run.was_interrupted:
        raise SystemExit(130)
    seconds = time.perf_counter() - began, time.process_time() - worked
    keep(result_of(run, recipe, seed, seconds, is_begun))


def result_of(
    run: Run, recipe: Recipe, seed: int, seconds: tuple[float, float], is_begun: bool
) -> dict[str, Any]:
    """Return the stored figures of a finished run."""
    test = run.facts.results["test"]
    return {
        "recipe": recipe.name,
        "settings": settings_of(recipe),
        "seed": seed,
        "test_error": round(1 - test["accuracy"], 6),
        "epochs": run.facts.epochs,
        "parameters": int(run.net.parameters.vector.size),
        "seconds": round(run.facts.results["seconds"], 1),
        "processor_seconds": None if is_begun else round(seconds[1], 1),
        "load": round(os.getloadavg()[2], 1),
        "cores": os.cpu_count(),
        "date": time.strftime("%Y-%m-%d"),
    }


if __name__ == "__main__":
    main()
