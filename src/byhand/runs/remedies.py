"""Try the doctor's advice: train again, briefly, with one option changed, and compare.

Every training starts from the same weights and meets the same batches, with the recipe as it is or
with one change. It may be shorter than the run. The validation examples decide; if there are none,
a tenth of the training examples does. Test examples are never used. `advised_recipe.py` makes the
changed recipe.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from byhand.arrays import Array
from byhand.checks import number
from byhand.errors import ArgumentError, DataError, DivergedError
from byhand.evaluation.doctor import Change, Finding, as_recipe
from byhand.randomness import stream
from byhand.readable import percent
from byhand.recipes.recipe import Recipe
from byhand.runs.advised_recipe import changed_recipe, with_values
from byhand.runs.build_network import build_network
from byhand.runs.single import fit_arguments, with_enough_epochs
from byhand.runs.split_dataset import SplitDataset, labelled
from byhand.runs.verdict import HELPFUL, VERDICTS, Outcome, Remedy, compare, diverged, judged
from byhand.training import split_rows

if TYPE_CHECKING:
    from byhand.runs.run import Run

Examples: TypeAlias = tuple[Array, Array]

SECONDS = 5.0
"""Approximate time for one training."""

LONGEST = 4
"""A change of the number of epochs may take this many times longer."""

HARMLESS_RATE = 1e-9
"""A learning rate with which nothing diverges, to measure how long an epoch takes."""

HELD_BACK = 0.1
"""Fraction of the training examples held back if there is no validation part."""


@dataclass(frozen=True)
class Tried:
    """All remedies that were tried for a run, the best first.

    Args:
        score: accuracy (or r2) of the recipe as it is.
        measure: "accuracy" or "r2".
        epochs: number of epochs of each training.
        of: number of epochs of the recipe.
        examples: number of validation examples.
        remedies: the changes that were tried.
        untried: advice that could not be tried, as lines of a recipe.
    """

    score: float
    measure: str
    epochs: int
    of: int
    examples: int
    remedies: tuple[Remedy, ...]
    untried: tuple[str, ...]

    @property
    def advised(self) -> Remedy | None:
        """The change that did most for the network; None if no change helped."""
        best = self.remedies[0] if self.remedies else None
        return best if best and best.verdict in HELPFUL else None

    def written(self, score: float) -> str:
        """Return an accuracy as per cent, or r2 as a number."""
        if math.isnan(score):
            return "diverged"
        return f"{score:.3f}" if self.measure == "r2" else percent(score, 2)

    def written_gain(self, gain: float) -> str:
        """Return the gain of an accuracy in percentage points, or of r2, with its sign."""
        if math.isnan(gain):
            return ""
        return f"{gain:+.3f}" if self.measure == "r2" else f"{100 * gain:+.2f} points"

    def as_dict(self) -> dict[str, Any]:
        """All fields as JSON can hold them."""
        advised = None if self.advised is None else as_recipe(self.advised.change)
        remedies = [remedy.as_dict() for remedy in self.remedies]
        return {**vars(self), "remedies": remedies, "advised": advised}


def try_advice(run: Run, findings: Sequence[Finding], *, seconds: float = SECONDS) -> Tried:
    """Train with each change that the findings advise, and without any; rank the results.

    Args:
        run: a run that has started to train, even if it diverged in its first epoch.
        findings: the doctor's findings.
        seconds: approximate time for one training.

    Raises:
        DataError: there are no examples to try advice on.
    """
    number("seconds", seconds, above=0)
    recipe = with_enough_epochs(run.recipe, len(run.data.train))
    trials = _Trials(run.data, run.facts.seed)
    epochs = _epochs_within(_seconds_each(run, recipe, trials), recipe, seconds)
    as_it_is = trials.outcome(recipe, epochs=epochs)
    remedies, untried = [], []
    for check, advised in _changes(findings):
        outcomes = list(_outcomes(trials, recipe, advised, epochs))
        remedies += [compare(check, change, as_it_is, outcome) for change, outcome in outcomes]
        if not outcomes:
            untried.append(as_recipe(advised))
    remedies.sort(key=_rank)
    return Tried(
        score=as_it_is.score,
        measure="r2" if run.data.is_regression else "accuracy",
        epochs=epochs,
        of=recipe.spec.training.epochs,
        examples=len(trials.judges[0]),
        remedies=tuple(remedies),
        untried=tuple(untried),
    )


# --- short trainings ----------------------------------------------------------------------------


def _outcomes(
    trials: _Trials, recipe: Recipe, advised: Change, epochs: int
) -> Iterator[tuple[Change, Outcome]]:
    """Train with each value of a change.

    Leave out changes that do not suit, that the recipe already has, or that would take too long.
    """
    for change in with_values(recipe, advised):
        changed = changed_recipe(recipe, change)
        if changed is None or changed.values == recipe.values:
            continue
        asked = _epochs_of(changed, change)
        if asked > epochs * LONGEST:
            continue
        # `fit` may refuse it, such as batch normalisation with a last batch of one example.
        with contextlib.suppress(ArgumentError):
            yield change, trials.outcome(changed, epochs=asked or epochs)


class _Trials:
    """Trainings that differ in one option only."""

    def __init__(self, data: SplitDataset, seed: int) -> None:
        self.dataset, self.seed = data.dataset, seed
        self.examples, self.judges = _parts(data, seed)
        self.is_regression = data.is_regression

    def outcome(self, recipe: Recipe, *, epochs: int) -> Outcome:
        """Train a recipe and return the network's result on the held-back examples."""
        recipe = recipe.changed({"training.epochs": epochs})
        net = build_network(recipe, self.dataset, self.seed)
        stopping = recipe.spec.training.early_stopping
        try:
            net.fit(
                *self.examples,
                validation_data=self.judges,
                callbacks=[stopping.make()] if stopping else [],
                verbose=0,
                **fit_arguments(recipe.spec.training),
            )
        except DivergedError:
            return diverged(self.judges[1], is_regression=self.is_regression)
        return judged(net, *self.judges, is_regression=self.is_regression)


def _parts(data: SplitDataset, seed: int) -> tuple[Examples, Examples]:
    """Return the training examples, and the validation examples."""
    train = labelled(data.train)
    if train is None or len(train[0]) < 2:
        raise DataError("there are no examples to try advice on.")
    judges = labelled(data.validation)
    if judges is not None:
        return train, judges
    x, y = train
    labels = None if data.is_regression else y
    kept, held = split_rows(len(x), HELD_BACK, stream(seed, "remedies"), labels)
    return (x[kept], y[kept]), (x[held], y[held])


def _epochs_within(seconds_each: float, recipe: Recipe, seconds: float) -> int:
    """Return the number of epochs that fit into the time, at most the recipe's."""
    wanted = recipe.spec.training.epochs
    return max(1, min(wanted, int(seconds / seconds_each))) if seconds_each > 0 else wanted


def _seconds_each(run: Run, recipe: Recipe, trials: _Trials) -> float:
    """Return the seconds that an epoch takes; measure it if the run did not finish one."""
    taken = run.history.columns.get("seconds", []) if run.folder.history_file.exists() else []
    if taken:
        return float(np.median(taken))
    harmless = recipe.changed({"training.learning_rate": HARMLESS_RATE})
    began = time.perf_counter()
    trials.outcome(harmless, epochs=1)
    return time.perf_counter() - began


def _epochs_of(recipe: Recipe, change: Change) -> int:
    """Return the number of epochs that a change of this number asks for; 0 for other changes."""
    return recipe.spec.training.epochs if change.option == "epochs" else 0


def _changes(findings: Sequence[Finding]) -> Iterator[tuple[str, Change]]:
    """Yield each advised change once, the most severe finding's first."""
    seen: set[str] = set()
    for finding in findings:
        if not finding.severe:
            continue
        for change in finding.advice.changes:
            line = as_recipe(replace(change, was=None))
            if line not in seen:
                seen.add(line)
                yield finding.check, change


def _rank(remedy: Remedy) -> tuple[int, float, float]:
    """Sort by the verdict, the gain and the loss; diverged trainings come last.

    Without a difference beyond chance the order of the advice remains.
    """
    place = VERDICTS.index(remedy.verdict)
    if remedy.verdict == "no difference":
        return place, 0.0, 0.0
    return place, math.inf if math.isnan(remedy.gain) else -remedy.gain, remedy.loss
