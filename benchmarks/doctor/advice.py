"""Measure whether the doctor's advice helps: train faulty runs as recipes, apply it, train again.

    python -m benchmarks.doctor.advice

For each faulty run that a recipe can express, the most severe finding's advice is tried as
`byhand doctor --try` does, and the change that ranks first is trained in full. It helps if the test
accuracy rises by more than two standard errors (r2: by 0.01), or if it stays and the test loss
falls by a tenth. "First named" follows the advice without trying it.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, is_dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.doctor.data import POOLS
from benchmarks.doctor.faulty import EXPECTED, FAULTS, draw_both, is_possible
from byhand import Run, register
from byhand.errors import DivergedError
from byhand.evaluation.doctor import Change, Finding
from byhand.evaluation.doctor.faults import Case
from byhand.network.initializers import INITIALIZERS
from byhand.recipes.recipe import Recipe, parse_recipe
from byhand.runs.advised_recipe import changed_recipe, with_values
from byhand.runs.remedies import Outcome, Remedy, compare, diverged, judged, try_advice
from byhand.runs.train import TrainOptions, train_recipe

IN_RECIPES = {"l1", "l2", "clip_norm", "clip_value", "schedule", "class_weight"}
"""Options of `fit` that a recipe has under the same name."""

VALIDATION = 0.2

DRAWN = 100
"""Number of runs drawn to find some with few examples; a pool may have none for a fault."""

HELPED = ("helps", "lower loss")


@dataclass(frozen=True)
class Treated:
    """A faulty run after treatment; gains are on its test part.

    Args:
        kind: the fault.
        advised: whether the doctor advised a change that a recipe can express.
        best: verdict on the change that ranked first; "" if there is none.
        first: verdict on the change that was named first.
        change: the change that ranked first.
    """

    kind: str
    advised: bool
    best: str = ""
    first: str = ""
    change: str = ""


def recipe_of(case: Case, folder: Path) -> Recipe | None:
    """Write the data of a case and return its recipe; None if a recipe cannot express it."""
    if not IN_RECIPES.issuperset(case.options):
        return None
    folder.mkdir(exist_ok=True)
    file = folder / "data.npz"
    np.savez(file, x_train=case.x, y_train=case.y, x_test=case.x_held, y_test=case.y_held)
    units, fn = ("classes", "softmax") if case.data.classes else (1, "identity")
    last = {"units": units, "fn": case.output or fn}
    if case.output_init is not None:
        last["weight_init"] = _named(case.output_init)
    extra = "batch norm" if case.layers else case.extra
    training: dict[str, Any] = {
        "epochs": case.epochs,
        "batch_size": case.batch,
        "optimizer": case.optimizer.config(),
        "drop_last": extra == "batch norm",  # which needs two examples in a batch
        **{name: _described(value) for name, value in case.options.items()},
    }
    if case.patience:
        training["early_stopping"] = {"patience": case.patience}
        training["keep"] = "best"
    changes: dict[str, Any] = {
        "data.dataset": str(file),
        "data.validation": VALIDATION,
        "network.layers": [*_hidden(case, extra), last],
        "network.normalisation": case.normalisation,
        "network.weight_init": _named(case.weight_init),
        "network.bias_init": _named(case.bias_init),
        **({"network.loss": _described(case.loss)} if case.loss else {}),
        **{f"training.{name}": value for name, value in training.items()},
    }
    return parse_recipe(SKELETON, "case").changed(changes)


def _hidden(case: Case, extra: str) -> list[dict[str, Any]]:
    after = {
        "": ({"fn": case.activation}, []),
        "dropout": ({"fn": case.activation}, [{"kind": "dropout", "rate": 0.15}]),
        "batch norm": ({}, [{"kind": "batch_norm", "fn": case.activation}]),
    }
    fn, more = after[extra]
    return [layer for units in case.widths for layer in ({"units": units, **fn}, *more)]


def _named(initializer: Any) -> str:
    """Return an initialiser's name; a function gets one by which recipes find it."""
    if isinstance(initializer, str):
        return initializer
    name = f"faulty_{len(INITIALIZERS)}"
    register(initializer, name=name, kind="initialiser")
    return name


def _described(value: Any) -> Any:
    """Return an object with a name and options, such as a schedule, as a recipe has it."""
    return {"name": value.name, **asdict(value)} if is_dataclass(value) else value


SKELETON = """
title = "a faulty run"
data = { dataset = "digits" }
network = { layers = [{ units = 2 }] }
training = { epochs = 1, optimizer = "adam" }
"""


def treat(kind: str, base: Case, case: Case, folder: Path) -> Treated | None:
    """Train a case, follow the doctor's advice, and train again; None if it cannot be compared.

    Args:
        kind: the fault.
        base: the run without the fault, which must reach the bar of its data.
        case: the run with the fault.
        folder: folder of the runs.
    """
    recipe = recipe_of(case, folder)
    if recipe is None:
        return None
    run = _trained(recipe, case.seed, folder / "as-it-is")
    score = _outcome(run).score
    if FAULTS[kind].harms and score >= case.data.bar:
        return None  # easy data are learned despite the fault
    finding = _first_with_changes(run)
    if finding is None:
        return Treated(kind, advised=False)
    healthy = recipe_of(base, folder / "base")
    if healthy is None or not _is_healthy(_trained(healthy, base.seed, folder / "healthy"), base):
        return None
    tried = try_advice(run, [finding], seconds=20)
    if not tried.remedies:
        return Treated(kind, advised=False)
    best = tried.remedies[0].change
    named = next(iter(with_values(run.recipe, finding.advice.changes[0])), None)
    followed: dict[str, Remedy | None] = {}
    for name, change in (("best", best), ("first", named)):
        is_known = name == "first" and change == best
        followed[name] = (
            followed["best"]
            if is_known
            else _treatment(run, finding.check, change, case.seed, folder / name)
        )
    verdicts = {name: remedy.verdict if remedy else "" for name, remedy in followed.items()}
    came = followed["best"]
    print(
        f"{kind} [{case.describe()}] {score:.3f}; {finding.check}: {best.option}={best.value}: "
        f"{came.verdict if came else '-'}, {came.score if came else 0:.3f}",
        flush=True,
    )
    return Treated(kind, True, verdicts["best"], verdicts["first"], f"{best.option}={best.value}")


def _trained(recipe: Recipe, seed: int, folder: Path) -> Run:
    options = TrainOptions(seed=seed, out=folder, threads=1, verbose=0, say=lambda _: None)
    try:
        return train_recipe(recipe, options)
    except DivergedError:
        return Run(folder)


def _first_with_changes(run: Run) -> Finding | None:
    return next((one for one in run.doctor() if one.severe and one.advice.changes), None)


def _treatment(
    run: Run, check: str, change: Change | None, seed: int, folder: Path
) -> Remedy | None:
    """Train with a change and compare on the test part."""
    changed = None if change is None else changed_recipe(run.recipe, change)
    if change is None or changed is None:
        return None
    return compare(check, change, _outcome(run), _outcome(_trained(changed, seed, folder)))


def _outcome(run: Run) -> Outcome:
    """Return the scores of a run on its test part; zeros if training diverged."""
    test = run.data.test
    assert test is not None
    is_regression = run.data.is_regression
    if run.facts.did_diverge:
        failed = diverged(test.labels, is_regression=is_regression)
        return replace(failed, correct=np.zeros_like(failed.correct))
    outcome = judged(run.net, test.images, test.labels, is_regression=is_regression)
    return replace(outcome, correct=np.maximum(outcome.correct, 0))


def _is_healthy(run: Run, base: Case) -> bool:
    return _outcome(run).score >= base.data.bar


def treated(
    pool: str, seeds: int, first: int, only: list[str] | None, rows: int
) -> Iterator[Treated]:
    """Treat runs of every fault that recipes can express."""
    for kind in only or FAULTS:
        if not is_possible(kind, pool):
            continue
        drawn = (draw_both(kind, pool, number) for number in range(first, first + DRAWN))
        for base, case in islice((both for both in drawn if len(both[0].x) <= rows), seeds):
            with tempfile.TemporaryDirectory() as folder:
                one = treat(kind, base, case, Path(folder))
            if one is not None:
                yield one


def main() -> None:
    """Print how often the advice helps, by fault."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.doctor.advice", description=__doc__)
    parser.add_argument("--pool", choices=list(POOLS), default="unseen")
    parser.add_argument("--seeds", type=int, default=4, help="runs of each fault")
    parser.add_argument("--first", type=int, default=5000, help="number of the first run")
    parser.add_argument("--rows", type=int, default=100_000, help="largest number of examples")
    parser.add_argument("--only", action="append", help="fault; may be given several times")
    arguments = parser.parse_args()
    runs = list(
        treated(arguments.pool, arguments.seeds, arguments.first, arguments.only, arguments.rows)
    )
    print("| fault | check | advised | best tried helps | first named helps | changes |")
    print("|---|---|---|---|---|---|")
    for kind in dict.fromkeys(run.kind for run in runs):
        of_kind = [run for run in runs if run.kind == kind]
        _print_row(f"{kind} | `{EXPECTED[kind]}`", of_kind)
    _print_row("all |", runs)


def _print_row(title: str, runs: list[Treated]) -> None:
    advised = [run for run in runs if run.advised]
    best, first = (
        sum(getattr(run, name) in HELPED for run in advised) for name in ("best", "first")
    )
    harm = sum(run.best == "harms" for run in advised)
    changes = ", ".join(dict.fromkeys(run.change for run in advised))
    n = len(advised)
    harms = f", {harm} harm" if harm else ""
    print(
        f"| {title} | {n} of {len(runs)} | {best} of {n}{harms} | {first} of {n} | {changes} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
