"""Train record recipes and write down the results.

    python -m benchmarks.records train simard-800-elastic --seeds 0 1 2 3 4
    python -m benchmarks.records table

`train` trains each seed that has no result yet, and stores the result in results.json as soon as it
is finished. An interrupted seed is continued. The test set is read once for each seed, after the
last epoch. `table` writes the tables of docs/records.md.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

from benchmarks.records.table import write_table
from byhand.recipes.recipe import read_recipe
from byhand.runs.folder import RunFolder
from byhand.runs.resume import resume
from byhand.runs.run import Run
from byhand.runs.train import train_recipe
from byhand.runs.train_options import TrainOptions

RESULTS = Path(__file__).with_name("results.json")


def main() -> None:
    """Parse the command line and run it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.records", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    train = verbs.add_parser("train")
    train.add_argument("recipe")
    train.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    train.add_argument("--runs", type=Path, default=Path("runs/records"))
    verbs.add_parser("table")
    arguments = parser.parse_args()
    if arguments.verb == "table":
        write_table(read_results())
        return
    for seed in arguments.seeds:
        train_seed(arguments.recipe, seed, arguments.runs)


def train_seed(name: str, seed: int, runs: Path) -> None:
    """Train one seed, unless it has a result, and store the result."""
    if any(one["recipe"] == name and one["seed"] == seed for one in read_results()):
        return
    out = runs / f"{name}-seed-{seed}"
    options = TrainOptions(seed=seed, out=out, verbose=0, snapshots=0)
    began, worked = time.perf_counter(), time.process_time()
    is_begun = (out / "last.safetensors").exists()
    if is_begun and RunFolder(out).facts.status == "finished":
        run = Run(RunFolder(out))
    elif is_begun:
        run = resume(RunFolder(out), options)
    else:
        run = train_recipe(read_recipe(name), options)
    if run.was_interrupted:
        raise SystemExit(130)
    seconds = time.perf_counter() - began, time.process_time() - worked
    keep(result_of(run, name, seed, seconds, is_begun))


def result_of(
    run: Run, name: str, seed: int, seconds: tuple[float, float], is_begun: bool
) -> dict[str, Any]:
    """Return the stored figures of a finished run."""
    test = run.facts.results["test"]
    return {
        "recipe": name,
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


def read_results() -> list[dict[str, Any]]:
    """Return the results so far."""
    return json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else []


def keep(result: dict[str, Any]) -> None:
    """Add a result to the file."""
    results = [*read_results(), result]
    text = ",\n".join(json.dumps(one) for one in results)
    RESULTS.write_text(f"[\n{text}\n]\n", "utf-8")
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
