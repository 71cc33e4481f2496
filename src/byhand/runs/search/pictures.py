"""Figures of a search, drawn into the folder of its run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byhand.errors import ByhandError
from byhand.figures.canvas import FigureError, save
from byhand.figures.search import (
    TrialPoint,
    importances,
    parallel_coordinates,
    slices,
    trial_curves,
)
from byhand.runs.run import Run
from byhand.runs.search.optuna_package import import_optuna
from byhand.runs.search.outcome import Trials
from byhand.runs.search.plan import Plan, read_plan
from byhand.runs.search.ranking import best_of, candidates
from byhand.runs.search.trial import Trial

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FOLDER = "figures"


def draw_search(run: Run) -> dict[str, Path]:
    """Draw the trials of a search; return the file of each figure by name.

    Raises:
        MissingPackageError: Matplotlib is not installed.
    """
    plan = read_plan(run.folder)
    trials = Trials(plan, run.folder).ended()
    points = points_of(trials)
    about = f"{plan.recipe.name}: {len(points)} trials"
    figures: dict[str, Callable[[], Figure]] = {
        "search_parallel": lambda: parallel_coordinates(points, about),
        "search_slices": lambda: slices(points, f"{about}, by each setting"),
        "search_curves": lambda: trial_curves(points, f"{about}, by epoch"),
        "search_importance": lambda: importances(
            importance(plan, points), f"{about}, importance of each setting"
        ),
    }
    folder = run.folder.file(FOLDER)
    folder.mkdir(exist_ok=True)
    drawn: dict[str, Path] = {}
    for name, draw in figures.items():
        with suppress(FigureError):  # too few trials or settings for this one
            drawn[name] = save(draw(), folder / f"{name}.png")
    return drawn


def points_of(trials: Sequence[Trial]) -> list[TrialPoint]:
    """Return the trials for figures: the mean over seeds, and the curve of the first seed."""
    found = candidates(trials)
    best = best_of(found)
    return [
        TrialPoint(
            one.values,
            one.mean if one.scores else None,
            _curve(one.trials[0]),
            best=one is best,
            pruned=one.was_pruned,
        )
        for one in found
    ]


def _curve(trial: Trial) -> list[float]:
    """Return validation accuracy by epoch, or minus the validation loss."""
    with suppress(ByhandError):
        columns = trial.folder.history().columns
        return columns.get("val_accuracy") or [-loss for loss in columns.get("val_loss", [])]
    return []


def importance(plan: Plan, points: Sequence[TrialPoint]) -> Mapping[str, float]:
    """Return the importance of each setting for a good score (PED-ANOVA); they sum to 1.

    Source: Watanabe, Bansal & Hutter (2023), "PED-ANOVA: Efficiently Quantifying Hyperparameter
    Importance in Arbitrary Subspaces".

    Raises:
        FigureError: too few trials, only one setting, or Optuna is not installed.
    """
    whole = [one for one in points if one.score is not None and not one.pruned]
    if len(plan.space) < 2 or len(whole) < 5:
        raise FigureError("importances need two settings and five complete trials")
    try:
        optuna = import_optuna()
    except ByhandError as error:
        raise FigureError(str(error)) from error
    study = optuna.create_study(direction="maximize")
    distributions = {name: _distribution(optuna, whole, name) for name in plan.space}
    for one in whole:
        values = {name: one.values[name] for name in plan.space}
        study.add_trial(
            optuna.trial.create_trial(params=values, distributions=distributions, value=one.score)
        )
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    found: Mapping[str, float] = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return found


def _distribution(optuna: Any, points: Sequence[TrialPoint], name: str) -> Any:
    """Return the values of a setting in Optuna's form."""
    values = [one.values[name] for one in points]
    distinct = tuple(dict.fromkeys(values))
    numbers = [value for value in values if type(value) in (int, float)]
    if len(numbers) < len(values) or len(distinct) <= 5:
        return optuna.distributions.CategoricalDistribution(distinct)
    low, high = min(numbers), max(numbers)
    log = low > 0 and high / low > 20
    if all(type(value) is int for value in numbers):
        return optuna.distributions.IntDistribution(low, high, log=log)
    return optuna.distributions.FloatDistribution(low, high, log=log)
