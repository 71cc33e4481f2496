"""Trials whose values Optuna draws, at random or near those of good earlier trials.

The study is kept in a database: the file search.db in the folder of the search, or a server shared
by several machines. An interrupted trial is marked as failed and enqueued again with the same
values. If its folder is available, training continues from its checkpoint.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from byhand.errors import FormatError
from byhand.runs.folder import RunFolder
from byhand.runs.search.claims import Claim, is_taken, take
from byhand.runs.search.heartbeat import heartbeat
from byhand.runs.search.optuna_package import quiet
from byhand.runs.search.plan import Plan
from byhand.runs.search.pruning import Pruning
from byhand.runs.search.sampler import draw_values, make_sampler
from byhand.runs.search.storage import open_study, place_of, reached
from byhand.runs.search.trial import Trial, trial_folder

if TYPE_CHECKING:
    import optuna
    from optuna.trial import TrialState


class Study:
    """Claims for trials with drawn values.

    Args:
        plan: the search.
        folder: its folder.
    """

    def __init__(self, plan: Plan, folder: RunFolder) -> None:
        self.plan, self.folder = plan, folder
        self.study = open_study(plan, folder)
        self.is_shared = bool(plan.study)

    # --- claims ---------------------------------------------------------------------------------

    def claim(self, held: ExitStack) -> Claim | None:
        """Return an interrupted trial, or a new one; None if all have been claimed."""
        from optuna.trial import TrialState

        self._enqueue_what_was_cut_off()
        waiting, counted = self._count()
        if not waiting and counted >= self.plan.trials:
            return None
        self.study.sampler = make_sampler(self.plan.sampler, self.plan.seed, counted)
        with quiet(), reached(self._place):
            trial = self.study.ask()
        if self.is_shared:
            held.enter_context(heartbeat(trial))
        place = self._place_of(trial.number)
        if not waiting and place >= self.plan.trials:
            self.study.tell(trial, state=TrialState.FAIL)  # another machine was faster
            return None
        with reached(self._place):
            values = draw_values(trial, self.plan.space)
        name = self._name_of(trial, trial.number if self.is_shared else place)
        take(self.folder, name, held)  # first: a process that sees the name sees the claim
        trial.set_user_attr("folder", name)
        trial.set_user_attr("search", self._own)  # last: who sees it sees the folder
        seeds = range(self.plan.seed, self.plan.seed + self.plan.seeds)
        callbacks = [Pruning(trial, self.plan.prune)]
        return Claim(values, name, seeds, callbacks, trial.number)

    def finish(self, claim: Claim, trials: Sequence[Trial]) -> None:
        """Tell the study the mean score of a trial's seeds, or that it was pruned or diverged."""
        from optuna.exceptions import UpdateFinishedTrialError
        from optuna.trial import TrialState

        scores = [trial.score for trial in trials]
        ended_early = any(trial.run is None or trial.was_pruned for trial in trials)
        with reached(self._place):
            try:
                if ended_early:
                    self.study.tell(claim.number, state=TrialState.PRUNED)
                else:
                    mean = sum(scores) / len(scores)
                    self.study.tell(claim.number, mean, state=TrialState.COMPLETE)
            except (UpdateFinishedTrialError, ValueError):
                if not self.is_shared:
                    raise
                # another machine considered it dead and trains it again

    def trials(self) -> Iterator[tuple[dict[str, Any], str]]:
        """Yield values and folder name of each trial in this folder, the oldest first.

        Raises:
            FormatError: the database has lost values of a trial.
        """
        from optuna.trial import TrialState

        names: dict[str, dict[str, Any]] = {}
        for trial in self._trials():
            name = self._folder_of(trial)
            if self._is_own(trial) and name is not None and trial.state != TrialState.WAITING:
                names[name] = names.get(name, {}) | trial.params  # repeated: with the same values
        for name, values in names.items():
            if missing := [setting for setting in self.plan.space if setting not in values]:
                raise FormatError(f"{self._place} has no value of {missing[0]} for {name}.")
            yield {setting: values[setting] for setting in self.plan.space}, name

    def unfinished(self) -> tuple[int, int]:
        """Return the numbers of waiting and of running trials, on this machine or another."""
        from optuna.trial import TrialState

        self._enqueue_what_was_cut_off()
        states = [trial.state for trial in self._trials()]
        return states.count(TrialState.WAITING), states.count(TrialState.RUNNING)

    def best_elsewhere(self, score: float) -> str | None:
        """Return the place of a better trial on another machine; None if there is none."""
        from optuna.trial import TrialState

        done = self._trials(TrialState.COMPLETE)
        elsewhere = [trial for trial in done if not self._is_own(trial)]
        best = max(elsewhere, key=_score_of, default=None)
        if best is None or _score_of(best) <= score:
            return None
        return f"{best.user_attrs.get('search')}/{best.user_attrs.get('folder')}"

    @property
    def _own(self) -> str:
        """Machine and folder of this search, which sign its trials in a shared database."""
        return f"{os.uname().nodename if hasattr(os, 'uname') else ''}:{self.folder.path.resolve()}"

    def _is_own(self, trial: optuna.trial.FrozenTrial | optuna.Trial) -> bool:
        """Return whether a trial is in this folder: in its own database, wherever it moves, all."""
        return not self.is_shared or trial.user_attrs.get("search") == self._own

    @property
    def _place(self) -> str:
        return place_of(self.plan, self.folder)

    def _trials(self, *states: TrialState) -> list[optuna.trial.FrozenTrial]:
        """Return the trials in these states; without any, all trials."""
        with reached(self._place):
            found = self.study.get_trials(deepcopy=False, states=states or None)
            if not all(isinstance(trial.number, int) for trial in found):
                raise TypeError("a trial whose number is none")
            return found

    def _folder_of(self, trial: optuna.trial.FrozenTrial | optuna.Trial) -> str | None:
        """Return the name of a trial's folder, if it has one yet.

        Raises:
            ArgumentError: it leads out of the search's folder.
        """
        name = trial.user_attrs.get("folder")
        return None if name is None else trial_folder(self.folder, str(name)).path.name

    def _name_of(self, trial: optuna.Trial, number: int) -> str:
        """Return the name of a trial's folder; a trial interrupted here keeps its folder."""
        name = self._folder_of(trial) if self._is_own(trial) else None
        return name or f"trial-{number:03d}"

    def _enqueue_what_was_cut_off(self) -> None:
        """Enqueue trials of processes that died: here at once, on other machines after a while."""
        from optuna.storages import fail_stale_trials
        from optuna.trial import TrialState

        # In a shared database, an unsigned trial may be another machine's that just asked for it.
        for trial in filter(self._is_own, self._trials(TrialState.RUNNING)):
            name = self._folder_of(trial)
            if name is None or not is_taken(self.folder, name):
                self._enqueue_again(trial)
        if self.is_shared:
            with quiet():
                fail_stale_trials(self.study)

    def _enqueue_again(self, trial: optuna.trial.FrozenTrial) -> None:
        from optuna.trial import TrialState

        folder = trial.user_attrs.get("folder")
        waiting = [one.user_attrs.get("folder") for one in self._trials(TrialState.WAITING)]
        with reached(self._place):
            # First into the queue, then out of the running: a kill in between loses nothing.
            if folder is not None and folder not in waiting:
                enqueued = trial.system_attrs.get("fixed_params", {})  # perhaps not drawn yet
                self.study.enqueue_trial({**enqueued, **trial.params}, user_attrs=trial.user_attrs)
            self.study.tell(trial.number, state=TrialState.FAIL)

    def _count(self) -> tuple[int, int]:
        """Return the number of trials in the queue, and of all trials that count."""
        from optuna.trial import TrialState

        states = [trial.state for trial in self._trials()]
        failed = states.count(TrialState.FAIL)
        return states.count(TrialState.WAITING), len(states) - failed

    def _place_of(self, number: int) -> int:
        """Return the number of trials that count and were requested before this one."""
        from optuna.trial import TrialState

        trials = self._trials()
        return sum(one.number < number and one.state != TrialState.FAIL for one in trials)


def _score_of(trial: optuna.trial.FrozenTrial) -> float:
    return -math.inf if trial.value is None else trial.value
