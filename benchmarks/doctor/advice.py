"""Does the doctor's advice help? Faulty runs are trained as recipes, treated, and trained again.

    python -m benchmarks.doctor.advice

For each faulty run that a recipe can express, the most severe finding's advice is tried as
`byhand doctor --try` does, and the change that ranks first is trained in full. It helps if the test
accuracy rises by more than two standard errors (r2: by 0.01), or if it stays and the test loss
falls by a tenth. "First named" follows the advice without trying it.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.doctor.data import POOLS
from benchmarks.doctor.faulty import EXPECTED, FAULTS, draw
from byhand import Run
from byhand.errors import DivergedError
from byhand.evaluation.doctor import Change, Finding
from byhand.evaluation.doctor.faults import Case
from byhand.recipes.recipe import Recipe, parse_recipe
from byhand.runs.advised_recipe import changed_recipe, with_value
from byhand.runs.remedies import Outcome, Remedy, compare, try_advice
from byhand.runs.train import TrainOptions, train_recipe

IN_RECIPES = {"l1", "l2", "clip_norm", "clip_value", "schedule", "class_weight"}
"""Options of `fit` that a recipe has under the same name."""

VALIDATION = 0.2

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
    named = (case.weight_init, case.bias_init)
    if not all(isinstance(name, str) for name in named) or case.layers or case.output_init:
        return None
    if not IN_RECIPES.issuperset(case.options) or not isinstance(case.loss, str | None):
        return None
    if not isinstance(case.options.get("schedule", ""), str):
        return None
    file = folder / "data.npz"
    np.savez(file, x_train=case.x, y_train=case.y, x_test=case.x_held, y_test=case.y_held)
    extra = {
        "": lambda units: [{"units": units, "fn": case.activation}],
        "dropout": lambda units: [
            {"units": units, "fn": case.activation},
            {"kind": "dropout", "rate": 0.15},
        ],
        "batch norm": lambda units: [
            {"units": units},
            {"kind": "batch_norm", "fn": case.activation},
        ],
    }[case.extra]
    hidden = [layer for units in case.widths for layer in extra(units)]
    units, fn = ("classes", "softmax") if case.data.classes else (1, "identity")
    settings = case.optimizer.config()
    training: dict[str, Any] = {
        "epochs": case.epochs,
        "batch_size": case.batch,
        "optimizer": settings,
        "drop_last": case.extra == "batch norm",  # which needs two examples in a batch
        **case.options,
    }
    if case.patience:
        training["early_stopping"] = {"patience": case.patience}
        training["keep"] = "best"
    text = parse_recipe(SKELETON, "case")
    changes: dict[str, Any] = {
        "data.dataset": str(file),
        "data.validation": VALIDATION,
        "network.layers": [*hidden, {"units": units, "fn": case.output or fn}],
        "network.normalisation": case.normalisation,
        "network.weight_init": case.weight_init,
        "network.bias_init": case.bias_init,
        **({"network.loss": case.loss} if case.loss else {}),
        **{f"training.{name}": value for name, value in training.items()},
    }
    return text.changed(changes)


SKELETON = """
title = "a faulty run"
data = { dataset = "digits" }
network = { layers = [{ units = 2 }] }
training = { epochs = 1, optimizer = "adam" }
"""


def treat(kind: str, case: Case, folder: Path) -> Treated | None:
    """Train a case, follow the doctor's advice, and train again; None if it cannot be compared."""
    recipe = recipe_of(case, folder)
    if recipe is None:
        return None
    run = _trained(recipe, case.seed, folder / "as-it-is")
    score = _outcome(run).score
    if FAULTS[kind].harms and score >= case.data.bar:
        return None  # easy data, which are learnt despite the fault
    finding = _first_with_changes(run)
    if finding is None:
        return Treated(kind, advised=False)
    tried = try_advice(run, [finding], seconds=20)
    if not tried.remedies:
        return Treated(kind, advised=False)
    best = tried.remedies[0].change
    named = with_value(run.recipe, finding.advice.changes[0])
    followed: dict[str, Remedy | None] = {}
    for name, change in (("best", best), ("first", named)):
        is_known = name == "first" and change == best
        followed[name] = (
            followed["best"] if is_known else _treatment(run, change, case.seed, folder / name)
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


def _treatment(run: Run, change: Change | None, seed: int, folder: Path) -> Remedy | None:
    """Train with a change and compare on the test part."""
    changed = None if change is None else changed_recipe(run.recipe, change)
    if change is None or changed is None:
        return None
    return compare("", change, _outcome(run), _outcome(_trained(changed, seed, folder)))


def _outcome(run: Run) -> Outcome:
    """Return how a run does on its test part; zeros if training diverged."""
    test = run.data.test
    assert test is not None
    if run.facts.did_diverge:
        return Outcome(np.zeros(1 if run.data.is_regression else len(test)), math.inf)
    scores = run.evaluate("test")
    if run.data.is_regression:
        return Outcome(np.array([max(scores["r2"], 0.0)]), scores["loss"])
    return Outcome(np.asarray(run.net.predict(test.images) == test.labels, float), scores["loss"])


def treated(pool: str, seeds: int, first: int, only: list[str] | None) -> Iterator[Treated]:
    """Treat runs of every fault that recipes can express."""
    for kind in only or FAULTS:
        for number in range(first, first + seeds):
            with tempfile.TemporaryDirectory() as folder:
                one = treat(kind, draw(kind, pool, number), Path(folder))
            if one is not None:
                yield one


def main() -> None:
    """Print how often the advice helps, by fault."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.doctor.advice", description=__doc__)
    parser.add_argument("--pool", choices=list(POOLS), default="unseen")
    parser.add_argument("--seeds", type=int, default=4, help="runs of each fault")
    parser.add_argument("--first", type=int, default=5000, help="number of the first run")
    parser.add_argument("--only", action="append", help="fault; may be given several times")
    arguments = parser.parse_args()
    runs = list(treated(arguments.pool, arguments.seeds, arguments.first, arguments.only))
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
