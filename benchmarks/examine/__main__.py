"""`python -m benchmarks.examine`: count planted mistakes that are named, and false accusations."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.examine.planting import (
    LATER_SCRIPTS,
    SCRIPTS,
    TUNED,
    UNSEEN,
    Plant,
    plants_of,
    source_of,
)
from byhand.examine.examine import better, examine_file, is_doubtful, result_of
from byhand.examine.result import RIGHT, Result
from byhand.examine.script.worker import examine_script
from byhand.examine.worker import examine_module
from byhand.learner.process import Ended


def main() -> None:
    """Examine every implementation, correct and with each mistake, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.examine", description=__doc__)
    parser.add_argument(
        "--only", action="append", help="implementation; may be given several times"
    )
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--fork", action="store_true", help="fork instead of starting Python anew")
    arguments = parser.parse_args()
    groups = {
        "used while the examiner was written": TUNED,
        "unseen": UNSEEN,
        "scripts": SCRIPTS,
        "later scripts": LATER_SCRIPTS,
    }
    for title, names in groups.items():
        chosen = [name for name in names if arguments.only is None or name in arguments.only]
        if chosen:
            _report(title, chosen, arguments.jobs, arguments.fork)


def _report(title: str, implementations: Sequence[str], jobs: int, fork: bool) -> None:
    print(f"{title}: {len(implementations)} implementations", flush=True)
    right = [Plant(name, (), source_of(name), "") for name in implementations]
    planted = [plant for name in implementations for plant in plants_of(name)]
    accused = adapters = named = judged = 0
    for plant, result in _results([*right, *planted], jobs, fork):
        hit = bool(result.causes) and result.causes[0].name in plant.names
        named += hit
        accused += not plant.names and bool(result.causes)
        adapters += not plant.names and result.error is not None
        judged += not plant.names and result.passed and _is_compared(result)
        if not (hit if plant.names else result.passed):
            _print_miss(plant, result)
    share = f"{named} of {len(planted)} = {named / max(len(planted), 1):.1%}"
    kinds = {name for plant in planted for name in plant.names}
    print(f"  mistakes whose cause is named first  {share}")
    print(f"  kinds of mistakes                    {len(kinds)}")
    print(f"  correct implementations judged       {judged} of {len(right)}")
    print(f"  correct implementations accused      {accused} of {len(right)}")
    print(f"  implementations that need an adapter {adapters} of {len(right)}", flush=True)


def _is_compared(result: Result) -> bool:
    """Return whether the outputs and all gradients, or the steps that they make, were compared."""
    right = {check.name for check in result.checks if check.status == RIGHT}
    layers = range(1, result.layers + 1)
    gradients = all({f"dW{layer}", f"new W{layer}"} & right for layer in layers)
    return f"A{result.layers}" in right and gradients


def _results(plants: Sequence[Plant], jobs: int, fork: bool) -> Iterator[tuple[Plant, Result]]:
    """Yield each plant with what the examiner found."""
    if fork:
        with multiprocessing.get_context("fork").Pool(jobs, maxtasksperchild=1) as forks:
            yield from zip(plants, forks.imap(_examined_here, plants), strict=True)
    else:
        with ThreadPoolExecutor(jobs) as pool:
            yield from zip(plants, pool.map(_examined, plants), strict=True)


def _print_miss(plant: Plant, result: Result) -> None:
    print(f"  {plant.implementation}, {'|'.join(plant.names) or 'correct'}: {_told(result)}")
    if plant.changed:
        print(f"      {plant.changed!r}", flush=True)


def _examined(plant: Plant) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{plant.implementation}.py")
        path.write_text(plant.source, "utf-8")
        return examine_file(path)


def _examined_here(plant: Plant) -> Result:
    """Examine in this process, which is a fork made for one plant."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{plant.implementation}.py")
        path.write_text(plant.source, "utf-8")
        called = result_of(path, Ended(json.loads(json.dumps(examine_module(path, None)))))
        if not is_doubtful(called):
            return called
        return better(called, path, Ended(json.loads(json.dumps(examine_script(path)))))


def _told(result: Result) -> str:
    if result.error is not None:
        return f"error: {result.error}"
    return (
        "; ".join(f"{cause.name} ({cause.shows_in})" for cause in result.causes)
        or "no mistake found"
    )


if __name__ == "__main__":
    main()
