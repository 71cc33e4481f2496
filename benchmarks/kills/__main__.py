"""`python -m benchmarks.kills`: kill trainings, resume them, compare every file."""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.kills.jobs import MODES, Job, Outcome, killed, left_alone, remove
from benchmarks.kills.settings import settings

FIT = "fit with callbacks"


def main() -> None:
    """Kill the requested number of trainings; exit with 1 if a file differed."""
    arguments = _arguments()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="byhand-kills-", dir=arguments.folder) as place:
        os.environ["BYHAND_OFFLINE"] = "1"
        os.environ["BYHAND_RUNS"] = place
        outcomes = list(_outcomes(arguments, Path(place)))
    faults = [outcome for outcome in outcomes if outcome.faults]
    figures = {**_figures(outcomes), "seconds": round(time.perf_counter() - began)}
    print("\n".join(f"{name:<42}{value}" for name, value in figures.items()))
    if arguments.json:
        details = [{"setting": one.job.name, "faults": one.faults} for one in faults]
        arguments.json.write_text(json.dumps({**figures, "details": details}, indent=1) + "\n")
    sys.exit(1 if faults else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=300, help="number of kills (300)")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after this time")
    parser.add_argument("--each", type=int, default=3, help="largest number of kills of a run (3)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", help="settings whose name holds this text")
    parser.add_argument(
        "--fork", action="store_true", help="fork the trainings: many times as many kills an hour"
    )
    parser.add_argument(
        "--folder", help="where the runs are made; the system's own place unless given"
    )
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    return parser.parse_args()


def _outcomes(arguments: argparse.Namespace, place: Path) -> Iterator[Outcome]:
    """Kill one training after the other, going through all settings repeatedly."""
    if arguments.fork:
        _load_modules()
    recipes: dict[str, Path | None] = {FIT: None}
    for number, (name, recipe) in enumerate(settings().items()):
        recipes[name] = place / f"{number}.toml"
        recipes[name].write_text(recipe.to_toml(name))
    names = [name for name in recipes if (arguments.only or "") in name]
    rng, kills, jobs = random.Random(arguments.seed), 0, dict[str, Job]()  # noqa: S311
    ends = time.monotonic() + 60 * arguments.minutes
    while True:
        for number, name in enumerate(names):
            if kills >= arguments.kills or time.monotonic() > ends:
                return
            if name not in jobs:
                jobs[name] = left_alone(
                    name, recipes[name], place / f"whole-{number}", arguments.fork
                )
            folder = place / "killed"
            count = rng.randint(1, arguments.each)
            outcome = killed(jobs[name], folder, count, rng, arguments.fork)
            kills += sum(outcome.kills.values())
            for fault in outcome.faults:
                print(f"FAULT {name}: {fault} {outcome.kills}", flush=True)
            remove(folder)
            yield outcome
        print(f"{kills} kills", file=sys.stderr, flush=True)


def _load_modules() -> None:
    """Load the modules that a training needs, so that forked processes have them."""
    import byhand.evaluation.predictions
    import byhand.runs.train  # noqa: F401
    from byhand import backend
    from byhand.cli import train  # noqa: F401

    backend.active()


def _figures(outcomes: list[Outcome]) -> dict[str, int]:
    kills = Counter[str]()
    for outcome in outcomes:
        kills.update(outcome.kills)
    return {
        "settings": len({outcome.job.name for outcome in outcomes}),
        "kills": kills.total(),
        **{f"kills at a random {mode}": kills[mode] for mode in MODES},
        "kills that left a temporary file": sum(one.unfinished for one in outcomes),
        "kills before the run had begun": sum(one.unbegun for one in outcomes),
        "kills between training and results": sum(one.after_training for one in outcomes),
        "runs compared": len(outcomes),
        "runs that differ": sum(bool(one.faults) for one in outcomes),
    }


if __name__ == "__main__":
    main()
