"""Try the doctor's advice: train again, briefly, with one option changed, and compare.

Every training starts from the same weights and meets the same batches, with the recipe as it is or
with one change. It may be shorter than the run. The validation examples judge; without a validation
part a tenth of the training examples is held back. Test examples are never used.
"""

from __future__ import annotations

import math
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
from byhand.runs.advised_recipe import changed_recipe, with_value
from byhand.runs.build import build_network
from byhand.runs.single import fit_arguments, with_enough_epochs
from byhand.runs.split_dataset import SplitDataset, labelled
from byhand.training import split_rows

if TYPE_CHECKING:
    from byhand.runs.run import Run

Examples: TypeAlias = tuple[Array, Array]

SECONDS = 5.0
"""Approximate time for one training."""

LONGEST = 4
"""A change of the number of epochs may take this many times longer."""

VERDICTS = ("helps", "lower loss", "no difference", "harms")
"""Verdicts on a change, the best first."""

LOWER = 0.9
"""A loss of at most this fraction of the former loss is lower beyond chance."""

HELD_BACK = 0.1
"""Fraction of the training examples held back if there is no validation part."""


@dataclass(frozen=True)
class Remedy:
    """A change of one option, and its effect.

    Args:
        check: the check whose finding advised it.
        change: the change, with the value that was tried.
        score: accuracy (or r2) on the examples that judge; NaN if training diverged.
        gain: difference to the score without the change; positive is better.
        error: standard error of the gain; NaN in regression.
        loss: mean loss on these examples, as a multiple of the loss without the change.
    """

    check: str
    change: Change
    score: float
    gain: float
    error: float
    loss: float = 1.0

    @property
    def verdict(self) -> str:
        """One of `VERDICTS`: whether the change makes a difference beyond chance.

        The score counts if it changes by more than two standard errors, or a hundredth of r2. If it
        does not, a loss that falls by a tenth or more still means a better fit.
        """
        least = 0.01 if math.isnan(self.error) else 2 * self.error
        if self.gain > least:
            return "helps"
        if not self.gain >= -least:
            return "harms"
        return "lower loss" if self.loss <= LOWER else "no difference"

    def as_dict(self) -> dict[str, Any]:
        """All fields as JSON can hold them."""
        return {
            "check": self.check,
            "change": as_recipe(self.change),
            "score": self.score,
            "gain": self.gain,
            "loss_ratio": self.loss,
            "verdict": self.verdict,
        }


@dataclass(frozen=True)
class Tried:
    """All remedies that were tried for a run, the best first.

    Args:
        score: accuracy (or r2) of the recipe as it is.
        measure: "accuracy" or "r2".
        epochs: number of epochs of each training.
        of: number of epochs of the recipe.
        examples: number of examples that judged.
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

    def written(self, score: float) -> str:
        """Return an accuracy as per cent, or r2 as a number."""
        if math.isnan(score):
            return "diverged"
        return percent(score, 2) if self.measure == "accuracy" else f"{score:.3f}"

    def written_gain(self, gain: float) -> str:
        """Return the gain of an accuracy in percentage points, or of r2, with its sign."""
        if math.isnan(gain):
            return ""
        return f"{100 * gain:+.2f} points" if self.measure == "accuracy" else f"{gain:+.3f}"

    def as_dict(self) -> dict[str, Any]:
        """All fields as JSON can hold them."""
        return {**vars(self), "remedies": [remedy.as_dict() for remedy in self.remedies]}


def try_advice(run: Run, findings: Sequence[Finding], *, seconds: float = SECONDS) -> Tried:
    """Train with each change that the findings advise, and without any; rank the results.

    Args:
        run: a run that has trained at least one epoch.
        findings: the doctor's findings.
        seconds: approximate time for one training.

    Raises:
        DataError: there is nothing to judge with.
    """
    number("seconds", seconds, above=0)
    recipe = with_enough_epochs(run.recipe, len(run.data.train))
    trials = _Trials(run.data, run.facts.seed, _epochs_within(run, recipe, seconds))
    as_it_is = trials.outcome(recipe)
    longest = trials.epochs * LONGEST
    remedies, untried = [], []
    for check, advised in _changes(findings):
        change = with_value(recipe, advised)
        changed = None if change is None else changed_recipe(recipe, change)
        if change is None or changed is None or _epochs_of(changed, change) > longest:
            untried.append(as_recipe(advised))
            continue
        try:
            outcome = trials.outcome(changed, whole=change.option == "epochs")
        except ArgumentError:  # such as batch normalisation with a last batch of one example
            untried.append(as_recipe(advised))
            continue
        remedies.append(compare(check, change, as_it_is, outcome))
    remedies.sort(key=_rank)
    return Tried(
        score=as_it_is.score,
        measure="r2" if run.data.is_regression else "accuracy",
        epochs=trials.epochs,
        of=recipe.spec.training.epochs,
        examples=len(trials.judges[0]),
        remedies=tuple(remedies),
        untried=tuple(untried),
    )


# --- short trainings ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """The result of a training.

    Args:
        correct: 1 or 0 for each example that judges; r2 alone in regression; NaN if it diverged.
        loss: mean loss of these examples.
    """

    correct: Array
    loss: float

    @property
    def score(self) -> float:
        """Accuracy or r2."""
        return float(self.correct.mean())


class _Trials:
    """Trainings that differ in one option only."""

    def __init__(self, data: SplitDataset, seed: int, epochs: int) -> None:
        self.dataset, self.seed, self.epochs = data.dataset, seed, epochs
        self.examples, self.judges = _parts(data, seed)
        self.is_regression = data.is_regression

    def outcome(self, recipe: Recipe, *, whole: bool = False) -> Outcome:
        """Train a recipe and return the network's result on the held-back examples.

        Args:
            recipe: the recipe to train.
            whole: train all epochs, however long that takes.
        """
        if not whole:
            recipe = recipe.changed({"training.epochs": self.epochs})
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
            return Outcome(np.array([math.nan]), math.inf)
        x, y = self.judges
        scores = net.evaluate(x, y)
        if self.is_regression:
            return Outcome(np.array([scores["r2"]]), scores["loss"])
        return Outcome(np.asarray(net.predict(x) == y, np.float64), scores["loss"])


def _parts(data: SplitDataset, seed: int) -> tuple[Examples, Examples]:
    """Return the examples to train on, and those that judge."""
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


def _epochs_within(run: Run, recipe: Recipe, seconds: float) -> int:
    """Return the number of epochs that fit into the time, at most the recipe's."""
    taken = run.history.columns.get("seconds", [])
    each = float(np.median(taken)) if taken else 0.0
    fitting = recipe.spec.training.epochs if each <= 0 else int(seconds / each)
    return max(1, min(recipe.spec.training.epochs, fitting))


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


def compare(check: str, change: Change, before: Outcome, after: Outcome) -> Remedy:
    """Compare two trainings example by example, as McNemar's test does."""
    former = np.nan_to_num(before.correct)  # a diverged training gets nothing right
    difference = after.correct - former
    n = len(difference)
    error = float(difference.std() / math.sqrt(n)) if n > 1 else math.nan
    loss = after.loss / before.loss if 0 < before.loss < math.inf else 1.0
    return Remedy(check, change, after.score, float(difference.mean()), error, loss)


def _rank(remedy: Remedy) -> tuple[int, float]:
    """Sort by the verdict, then by the gain; diverged trainings come last."""
    gain = -math.inf if math.isnan(remedy.gain) else remedy.gain
    return VERDICTS.index(remedy.verdict), -gain
