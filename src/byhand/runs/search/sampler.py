"""Samplers: how the values of each trial are chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from byhand.randomness import stream
from byhand.recipes.search_space import Choices, Space
from byhand.runs.search.optuna_package import import_optuna

if TYPE_CHECKING:
    import optuna

GRID, RANDOM, TPE = "grid", "random", "tpe"
SAMPLERS = {
    GRID: "every combination of the values",
    RANDOM: "values drawn at random",
    TPE: "values drawn near those of good earlier trials (tree-structured Parzen estimator)",
}
"""How the values of each trial are chosen."""


def make_sampler(name: str, seed: int, trials: int) -> Any:
    """Return the sampler of the next trial, with its own seed, so that a search can be resumed.

    Args:
        name: a name from `SAMPLERS`, except "grid".
        seed: seed of the search.
        trials: number of trials before this one.
    """
    optuna = import_optuna()
    own_seed = int(stream(seed, f"trial {trials} of a search").integers(2**32))
    if name == RANDOM:
        return optuna.samplers.RandomSampler(seed=own_seed)
    return optuna.samplers.TPESampler(seed=own_seed)


def draw_values(trial: optuna.Trial, space: Space) -> dict[str, Any]:
    """Return a value for each setting, drawn by the sampler of the trial's study."""
    values: dict[str, Any] = {}
    for name, dimension in space.items():
        if isinstance(dimension, Choices):
            values[name] = trial.suggest_categorical(name, dimension.values)
        elif dimension.whole:
            low, high = int(dimension.low), int(dimension.high)
            values[name] = trial.suggest_int(name, low, high, log=dimension.log)
        else:
            low_end, high_end = float(dimension.low), float(dimension.high)
            values[name] = trial.suggest_float(name, low_end, high_end, log=dimension.log)
    return values
