"""The loop of a search in one process: claim a trial, train it, claim the next."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from byhand.runs.folder import RunFolder
from byhand.runs.search.claims import Grid, Source, claimed
from byhand.runs.search.plan import Plan
from byhand.runs.search.trial import Trial, describe, train_trial, trial_folder, with_seed
from byhand.runs.split_dataset import SplitDataset, with_other_validation
from byhand.runs.train_options import TrainOptions


def source_of(plan: Plan, folder: RunFolder) -> Source:
    """Return the source of claims for a search; a grid does not need Optuna."""
    if plan.is_grid:
        return Grid(plan, folder)
    from byhand.runs.search.study import Study

    return Study(plan, folder)


def train_claims(
    plan: Plan,
    data: SplitDataset,
    folder: RunFolder,
    options: TrainOptions,
    source: Source | None = None,
) -> Generator[Trial, None, None]:
    """Train trial after trial until nothing is left to claim, or one is interrupted.

    Args:
        plan: the search.
        data: the data, split by the first seed.
        folder: folder of the search.
        options: options of each training, except the seed.
        source: source of claims; by default that of the search.
    """
    source = source or source_of(plan, folder)
    while True:
        with claimed(source, folder) as claim:
            if claim is None:
                return
            trials: list[Trial] = []
            for seed in claim.seeds:
                seeded = f", seed {seed}" if plan.seeds > 1 else ""
                options.say(f"search: {describe(claim.values)}{seeded}")
                callbacks = claim.callbacks if seed == plan.seed else ()
                trial = train_trial(
                    plan.recipe_of(claim.values),
                    claim.values,
                    split_of(data, plan, seed),
                    trial_folder(folder, with_seed(claim.name, seed, plan.seed)),
                    replace(options, seed=seed, callbacks=[*options.callbacks, *callbacks]),
                )
                yield trial
                trials.append(trial)
                if trial.state == "interrupted":
                    return
                if trial.was_pruned or trial.run is None:
                    break  # the other seeds would be no better
            source.finish(claim, trials)


def split_of(data: SplitDataset, plan: Plan, seed: int) -> SplitDataset:
    """Return the data for a seed: each seed has its own validation part and the same test part."""
    return data if seed == plan.seed else with_other_validation(data, plan.recipe.spec.data, seed)
