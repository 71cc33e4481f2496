"""The plan of a search: the settings it varies, how values are chosen, and how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from byhand.atomic import replacing
from byhand.errors import ArgumentError, FormatError
from byhand.recipes.recipe import Recipe, parse_recipe, recipe_text
from byhand.recipes.search_settings import with_settings
from byhand.recipes.search_space import Choices, Dimension, Space, combinations, is_grid
from byhand.runs.folder import RunFolder
from byhand.runs.search.sampler import GRID, SAMPLERS

TRIALS = 30
"""Default number of trials with drawn values."""

MOST_TRIALS = 100_000
MOST_SEEDS = 1000


@dataclass(frozen=True)
class Plan:
    """A search as it was requested.

    Args:
        recipe: the recipe, whose table `search` has the settings and their values.
        seed: seed of the first training of each trial, and of the values drawn.
        seeds: number of trainings with the same values, with seed, seed + 1, ...
        sampler: a name from `SAMPLERS`.
        trials: number of trials, if values are drawn.
        prune: whether trials that fall behind are stopped early.
        study: name of the study in shared storage.
    """

    recipe: Recipe
    seed: int = 0
    seeds: int = 1
    sampler: str = GRID
    trials: int = 0
    prune: bool = False
    study: str = ""

    @property
    def space(self) -> Space:
        """The settings that vary, and their values."""
        return self.recipe.spec.space

    @property
    def is_grid(self) -> bool:
        """Whether every combination is trained, without drawing values and without Optuna."""
        return self.sampler == GRID

    @property
    def trainings(self) -> int:
        """Number of trainings in all."""
        return self.seeds * (len(list(combinations(self.space))) if self.is_grid else self.trials)

    def recipe_of(self, values: Mapping[str, Any]) -> Recipe:
        """Return the recipe of a trial."""
        return with_settings(self.recipe.changed({"search": None}), values)

    def checked(self) -> Plan:
        """Return the plan, after checking that each value gives a valid recipe.

        Raises:
            ArgumentError: a value cannot be used, or nothing varies.
        """
        if not self.space:
            raise ArgumentError(
                f"the recipe {self.recipe.name} has nothing to search. Name settings and their "
                "values, such as --grid l2=0.001,0.0001 or --over 'learning_rate=1e-4..1e-1 log'."
            )
        if self.is_grid and not is_grid(self.space):
            ranges = [name for name, one in self.space.items() if not isinstance(one, Choices)]
            raise ArgumentError(
                f"{ranges[0]} has a range, from which values are drawn: byhand search "
                f"{self.recipe.name} --trials {TRIALS}. For a grid, list the values."
            )
        for name, dimension in self.space.items():
            for value in dimension.examples:
                self.recipe_of({**self._first(name), name: value})
        return self

    def _first(self, name: str) -> dict[str, Any]:
        """Return the first value of every earlier setting."""
        others: dict[str, Dimension] = {}
        for other, dimension in self.space.items():
            if other == name:
                break
            others[other] = dimension
        return {other: dimension.examples[0] for other, dimension in others.items()}

    # --- in the folder of the search ------------------------------------------------------------

    def as_dict(self) -> dict[str, Any]:
        """Return the plan for run.json; the recipe is in search.toml."""
        names = ("seeds", "sampler", "trials", "prune", "study")
        return {name: getattr(self, name) for name in names}

    def write(self, folder: RunFolder) -> None:
        """Write search.toml: the recipe with its search."""
        with replacing(search_file(folder)) as path:
            path.write_text(self.recipe.to_toml(f"The search {self.recipe.name}."), "utf-8")


def read_plan(folder: RunFolder) -> Plan:
    """Return the plan of a search from its folder.

    Raises:
        FormatError: run.json does not describe a search.
    """
    path, facts = search_file(folder), folder.facts
    recipe = parse_recipe(recipe_text(path), facts.recipe, path)
    asked = facts.asked
    seeds, trials = asked.get("seeds", 1), asked.get("trials", 0)
    sampler, prune = asked.get("sampler", GRID), asked.get("prune", False)
    is_good = (
        _is_count(seeds, 1, MOST_SEEDS)
        and _is_count(trials, 0, MOST_TRIALS)
        and sampler in SAMPLERS
        and isinstance(prune, bool)
    )
    if not is_good:
        raise FormatError(f"{folder.facts_file} does not describe the search.")
    study = str(asked.get("study", ""))
    return Plan(recipe, facts.seed, seeds, sampler, trials, prune, study).checked()


def search_file(folder: RunFolder) -> Path:
    """Return the path of search.toml, which only the folder of a search contains."""
    return folder.file("search.toml")


def _is_count(value: object, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most
