"""Claims: a process claims a trial before training it, so that no two train the same one.

A claim is a locked file in .claims/. If the process dies, the system unlocks the file, and the next
process that looks for work claims the trial again. Machines that share a database instead of a
folder claim trials in `study.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from byhand.recipes.search_space import combinations
from byhand.runs import lock
from byhand.runs.folder import RunFolder
from byhand.runs.search.plan import Plan
from byhand.runs.search.trial import Trial, describe, is_done, trial_folder, with_seed
from byhand.training import Callback
from byhand.user_path import leads_into

FOLDER, TURN, ENDING = ".claims", "turn", ".claim"


@dataclass(frozen=True)
class Claim:
    """A trial that this process should train.

    Args:
        values: values of the settings.
        name: name of the folder for the first seed; for other seeds, the seed is appended.
        seeds: seeds to train with, one after the other.
        callbacks: callbacks of the training with the first seed.
        number: number of the trial in a study.
    """

    values: Mapping[str, Any]
    name: str
    seeds: Sequence[int]
    callbacks: Sequence[Callback] = ()
    number: int = 0


class Source(Protocol):
    """A source of claims."""

    def claim(self, held: ExitStack) -> Claim | None:
        """Return the next claim, whose lock is put on `held`; None if nothing is left to claim."""

    def finish(self, claim: Claim, trials: Sequence[Trial]) -> None:
        """Record that all seeds of a claim were trained."""


@contextmanager
def claimed(source: Source, folder: RunFolder) -> Iterator[Claim | None]:
    """Hold the next claim inside the block; processes choose one after the other."""
    with ExitStack() as held:
        with turn(folder):
            claim = source.claim(held)
        yield claim


@contextmanager
def turn(folder: RunFolder) -> Iterator[None]:
    """Let only this process choose trials inside the block."""
    with lock.locked(_claims(folder), TURN, wait=True):
        yield


def take(folder: RunFolder, name: str, held: ExitStack) -> None:
    """Lock the claim of a trial, until `held` is closed."""
    trial_folder(folder, name)  # refuses names that lead outside
    held.enter_context(lock.locked(_claims(folder), f"{name}{ENDING}"))


def is_taken(folder: RunFolder, name: str) -> bool:
    """Return whether a living process has claimed a trial."""
    return lock.is_held(_claims(folder), f"{name}{ENDING}")


def remove_abandoned(folder: RunFolder) -> None:
    """Remove the claims and locks of processes that were killed; those of living ones stay."""
    with turn(folder):  # so that no process claims a trial in between
        claims = list(_claims(folder).glob(f"*{ENDING}"))
        abandoned = [path for path in claims if not lock.is_held(path.parent, path.name)]
        if len(abandoned) == len(claims):  # else a living process may be about to lock its trial
            locks = folder.path.glob(f"*/{lock.NAME}")
            abandoned += (path for path in locks if leads_into(path.parent, folder.path))
        for path in abandoned:
            path.unlink(missing_ok=True)


def _claims(folder: RunFolder) -> Path:
    path = folder.file(FOLDER)
    path.mkdir(exist_ok=True)
    return path


class Single:
    """The claim of a process that was started for one training.

    Args:
        claim: what to train.
    """

    def __init__(self, claim: Claim) -> None:
        self._left = [claim]

    def claim(self, held: ExitStack) -> Claim | None:  # noqa: ARG002 - another process holds it
        """Return the claim the first time."""
        return self._left.pop() if self._left else None

    def finish(self, claim: Claim, trials: Sequence[Trial]) -> None:
        """Do nothing: the process that holds the claim records its end."""


class Grid:
    """Claims for every combination: the first seed of all, then the second, and so on.

    Args:
        plan: the search.
        folder: its folder.
    """

    def __init__(self, plan: Plan, folder: RunFolder) -> None:
        self.plan, self.folder = plan, folder

    def claim(self, held: ExitStack) -> Claim | None:
        """Return the first training that is neither done nor claimed."""
        for values, name, seed in sorted(grid_trials(self.plan), key=lambda one: one[2]):
            folder = trial_folder(self.folder, name)
            if not is_done(folder) and not is_taken(self.folder, name):
                take(self.folder, name, held)
                return Claim(values, grid_name(values), [seed])
        return None

    def finish(self, claim: Claim, trials: Sequence[Trial]) -> None:
        """Do nothing: the folder of a trial shows that it is done."""


def grid_trials(plan: Plan) -> Iterator[tuple[dict[str, Any], str, int]]:
    """Yield values, name of the folder and seed of each training of a grid."""
    for values in combinations(plan.space):
        for seed in range(plan.seed, plan.seed + plan.seeds):
            yield values, with_seed(grid_name(values), seed, plan.seed), seed


def grid_name(values: Mapping[str, Any]) -> str:
    """Return the name of the folder of a combination: "l2=0.001,units=64"."""
    return describe(values).replace(" ", "")
