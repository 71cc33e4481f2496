"""Searching: one run for every combination of values, the best by the rows held out is chosen."""

from __future__ import annotations

import csv
import itertools
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from byhand.atomic import replacing
from byhand.recipes.folders import RunFolder, new_run_folder
from byhand.recipes.recipe import Recipe
from byhand.recipes.runner import Options, Outcome, Trial, run_recipe

TRIAL_COLUMNS = ("validation accuracy", "loss gap", "train accuracy", "test accuracy", "seconds")


def run(recipe: Recipe, options: Options | None = None) -> Outcome:
    """Run a recipe: its one training, or its search."""
    options = options or Options()
    return run_search(recipe, options) if recipe.spec.search else run_recipe(recipe, options)


def run_search(recipe: Recipe, options: Options) -> Outcome:
    """Train every combination in a folder of its own, and put the best one's files above them.

    Ctrl-C ends the search; the best of what there is until then is chosen.
    """
    folder = new_run_folder(recipe.name, options.out)
    outcomes: list[tuple[Mapping[str, Any], Outcome]] = []
    for values in combinations(recipe.spec.search):
        options.say(f"search: {describe(values)}")
        changes = {f"training.{name}": value for name, value in values.items()}
        trial = recipe.changed({**changes, "search": None})
        out = folder.path / describe(values).replace(" ", "")
        outcomes.append((values, run_recipe(trial, replace(options, out=out))))
        if outcomes[-1][1].was_interrupted:
            break
    trials = [Trial(values, outcome.folder, outcome.results) for values, outcome in outcomes]
    chosen, best = max(outcomes, key=lambda found: _held_out_accuracy(found[1].results))
    _lift(best.folder, folder, trials, chosen)
    interrupted = outcomes[-1][1].was_interrupted
    history = outcomes[-1][1].history if interrupted else best.history
    return replace(best, folder=folder, trials=trials, history=history)


def combinations(search: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """Every combination of the values of a search."""
    for values in itertools.product(*search.values()):
        yield dict(zip(search, values, strict=True))


def describe(values: Mapping[str, Any]) -> str:
    """A combination in words: "l2 = 0.001"."""
    return ", ".join(f"{name} = {value}" for name, value in values.items())


def trial_row(results: Mapping[str, Any]) -> list[float | None]:
    """The numbers of a trial, in the order of `TRIAL_COLUMNS`."""
    accuracies = [
        (results.get(part) or {}).get("accuracy") for part in ("validation", "train", "test")
    ]
    held_out, seen, test = accuracies
    return [held_out, results.get("loss_gap"), seen, test, results.get("seconds")]


def _held_out_accuracy(results: Mapping[str, Any]) -> float:
    return float(results["validation"].get("accuracy", -results["validation"]["loss"]))


def _lift(
    chosen: RunFolder, folder: RunFolder, trials: Sequence[Trial], values: Mapping[str, Any]
) -> None:
    """The chosen run's files in the search's folder, with the table of all trials."""
    for file in chosen.path.iterdir():
        if file.is_file() and file != chosen.facts_file:
            shutil.copy2(file, folder.path / file.name)
    searched = [
        {
            **trial.values,
            "folder": trial.folder.path.name,
            **dict(zip(TRIAL_COLUMNS, trial_row(trial.results), strict=True)),
        }
        for trial in trials
    ]
    folder.write_facts({**chosen.facts, "search": searched, "chosen": dict(values)})
    with replacing(folder.path / "search.csv") as path, path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(searched[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(searched)
