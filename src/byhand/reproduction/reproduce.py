"""Reproduces published figures: trains recipes with several seeds and compares the results."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from byhand.atomic import replacing
from byhand.errors import DataError, FileError
from byhand.recipes.from_options import in_fractions
from byhand.recipes.recipe import Recipe
from byhand.reproduction.measures import MEASURES
from byhand.reproduction.prediction_interval import prediction_interval, rank
from byhand.runs import Run, TrainOptions
from byhand.runs.folder import RunFolder, new_run_folder
from byhand.runs.train import train_recipe

QUICK = 20
"""A quick run uses one seed and divides the epochs by this number."""

VERDICTS = ("reproduced", "beaten", "missed")
"""Whether a published figure lies inside the prediction interval, below it or above it."""

ROUNDING = 1e-12
"""Distance from the end of an interval that counts as inside."""


@dataclass(frozen=True)
class Comparison:
    """A published figure beside the measured values.

    Args:
        recipe: name of the recipe.
        network: units of each dense layer, as in "784-300-10".
        measure: an entry of `MEASURES`.
        published: the figure of the source; None if it gives none.
        values: the measured value for each seed.
        comparable: whether these are complete runs on the data that the recipe names.
    """

    recipe: str
    network: str
    measure: str
    published: float | None
    values: Sequence[float]
    comparable: bool = True

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return statistics.fmean(self.values)

    @property
    def spread(self) -> float | None:
        """Sample standard deviation over the seeds; None for a single one."""
        return statistics.stdev(self.values) if len(self.values) > 1 else None

    @property
    def difference(self) -> float | None:
        """Measured mean minus published figure."""
        return None if self.published is None else self.mean - self.published

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % prediction interval for one more run; None for fewer than three seeds."""
        return prediction_interval(self.values)

    @property
    def rank(self) -> float | None:
        """Fraction of our runs that the published one exceeds; None without a verdict."""
        if self.published is None or self.verdict not in VERDICTS:
            return None
        return rank(self.values, self.published)

    @property
    def verdict(self) -> str:
        """The place of the published run among ours: "reproduced", "beaten" or "missed".

        "reproduced" is inside the prediction interval; "beaten" is below it, so ours are better
        than chance explains; "missed" is above it. Without a figure it is "no figure". Without
        complete runs on the recipe's data, and for times, which depend on the machine, it is "not
        compared".
        """
        if self.published is None:
            return "no figure"
        if not self.comparable or not MEASURES[self.measure].is_comparable:
            return "not compared"
        if self.interval is None:
            return "too few seeds"
        low, high = self.interval
        if low - ROUNDING <= self.published <= high + ROUNDING:
            return "reproduced"
        return "beaten" if self.published < low else "missed"

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "recipe": self.recipe,
            "network": self.network,
            "measure": self.measure,
            "published": self.published,
            "measured": self.mean,
            "spread": self.spread,
            "difference": self.difference,
            "interval": self.interval,
            "rank": self.rank,
            "verdict": self.verdict,
            "values": list(self.values),
        }


@dataclass
class Reproduction:
    """Runs of recipes, compared with published figures.

    Args:
        folder: folder of all the runs.
        seeds: seeds of the runs of each recipe.
        quick: whether training was cut short.
        comparisons: a comparison for each measure of each recipe.
        seconds: mean training time by recipe.
        searches: for recipes that search: a list of trials for each seed.
        notes: remarks about the data, by recipe.
        failures: why a recipe could not be run, by recipe.
        training: settings of the last run, such as kernels, BLAS and threads.
        interrupted: whether Ctrl-C ended it early.
    """

    folder: RunFolder
    seeds: Sequence[int]
    quick: bool = False
    comparisons: list[Comparison] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    searches: dict[str, list[list[dict[str, Any]]]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    interrupted: bool = False

    @property
    def misses(self) -> list[Comparison]:
        """The comparisons whose published figure lies above the interval of our runs."""
        return [line for line in self.comparisons if line.verdict == "missed"]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "folder": str(self.folder.path),
            "seeds": list(self.seeds),
            "quick": self.quick,
            "interrupted": self.interrupted,
            "comparisons": [line.as_dict() for line in self.comparisons],
            "seconds": self.seconds,
            "searches": self.searches,
            "notes": self.notes,
            "failures": self.failures,
            "training": self.training,
        }


Watch = Callable[[Recipe, int, Run | None], None]


def reproduce(
    recipes: Sequence[Recipe],
    seeds: Sequence[int],
    options: TrainOptions,
    *,
    quick: bool = False,
    dataset: str | None = None,
    watch: Watch | None = None,
) -> Reproduction:
    """Train recipes with several seeds, each in its own folder inside one folder.

    A recipe whose data are missing is recorded as failed, and the others continue. results.json in
    the folder is rewritten after every run, so that nothing is lost.

    Args:
        recipes: the recipes.
        seeds: seeds of the runs of each recipe.
        options: options of each run; its seed and folder are set here.
        quick: use a twentieth of the epochs, and compare nothing.
        dataset: other data for all recipes; nothing is compared then.
        watch: called before and after each run.
    """
    folder = new_run_folder("reproduce", options.out)
    done = Reproduction(folder, seeds, quick)
    for recipe in recipes:
        prepared = _prepared(recipe, quick, dataset)
        runs: list[Run] = []
        try:
            for seed in seeds:
                runs.append(_run_one(prepared, seed, options, folder, watch))
                _compare(done, prepared, runs, comparable=not (quick or dataset))
                _write(done)
                if runs[-1].was_interrupted:
                    done.interrupted = True
                    return done
        except (DataError, FileError) as error:
            done.failures[recipe.name] = str(error)
            _write(done)
    return done


def _prepared(recipe: Recipe, quick: bool, dataset: str | None) -> Recipe:
    changes: dict[str, Any] = {}
    if quick:
        changes["training.epochs"] = max(1, recipe.spec.training.epochs // QUICK)
        changes["training.least_steps"] = None
    if dataset is not None:
        changes |= {**in_fractions(recipe.spec.data), "data.dataset": dataset}
    return recipe.changed(changes) if changes else recipe


def _run_one(
    recipe: Recipe, seed: int, options: TrainOptions, folder: RunFolder, watch: Watch | None
) -> Run:
    watch = watch or _ignore
    watch(recipe, seed, None)
    out = folder.path / f"{recipe.name}-seed-{seed}"
    run = train_recipe(recipe, replace(options, seed=seed, out=out))
    watch(recipe, seed, run)
    return run


def _ignore(recipe: Recipe, seed: int, run: Run | None) -> None:
    """Ignore everything."""


def _compare(done: Reproduction, recipe: Recipe, runs: Sequence[Run], comparable: bool) -> None:
    """Compare the recipe again, by all its runs so far that were not interrupted."""
    whole = [run for run in runs if not run.was_interrupted]
    if not whole:
        return
    network = whole[0].facts.network
    done.comparisons = [line for line in done.comparisons if line.recipe != recipe.name]
    for name in recipe.spec.shown:
        found = [MEASURES[name].of(run.results) for run in whole]
        values = [value for value in found if value is not None]
        if values:
            published = recipe.spec.published.get(name)
            line = Comparison(recipe.name, network, name, published, values, comparable)
            done.comparisons.append(line)
    done.seconds[recipe.name] = statistics.fmean(run.seconds for run in whole)
    done.training = dict(whole[-1].facts.training)
    if whole[0].trials:
        done.searches[recipe.name] = [run.trials for run in whole]
    data = whole[0].data
    if data.is_fallback:
        done.notes[recipe.name] = (
            f"{data.asked} was not found; the first {len(data.y):,} training images of "
            f"{data.dataset.name} were used instead."
        )


def _write(done: Reproduction) -> None:
    with replacing(done.folder.path / "results.json") as path:
        path.write_text(json.dumps(done.as_dict(), indent=2) + "\n", "utf-8")
