"""Trials whose values Optuna draws, at random or near those of good earlier trials.

The study is kept in a database: the file search.db in the folder of the search, or a server shared
by several machines. An interrupted trial is marked as failed and enqueued again with the same
values. If its folder is available, training continues from its checkpoint.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from byhand.randomness import stream
from byhand.recipes.space import Choices, Space
from byhand.runs.folder import RunFolder
from byhand.runs.search.claims import Claim, is_taken, take
from byhand.runs.search.plan import RANDOM, Plan
from byhand.runs.search.storage import HEARTBEAT, import_optuna, open_study, quiet
from byhand.runs.search.trial import PRUNED, Trial
from byhand.training import Callback, History
from byhand.training.run import TrainingRun

if TYPE_CHECKING:
    import optuna


REPORTS = 100
"""Largest number of epochs at which trials are compared; a report may take longer than an epoch."""


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
        self.study.sampler = _sampler(self.plan, counted)
        with quiet():
            trial = self.study.ask()
        if self.is_shared:
            held.enter_context(_heartbeat(trial))
        place = self._place_of(trial.number)
        if not waiting and place >= self.plan.trials:
            self.study.tell(trial, state=TrialState.FAIL)  # another machine was faster
            return None
        values = _draw(trial, self.plan.space)
        name = self._name_of(trial, trial.number if self.is_shared else place)
        take(self.folder, name, held)  # first: whoever sees the name sees that it is claimed
        trial.set_user_attr("folder", name)
        trial.set_user_attr("search", self._own)  # last: whoever sees it sees the folder, too
        seeds = range(self.plan.seed, self.plan.seed + self.plan.seeds)
        callbacks = [Pruning(trial, self.plan.prune)]
        return Claim(values, name, seeds, callbacks, trial.number)

    def finish(self, claim: Claim, trials: Sequence[Trial]) -> None:
        """Tell the study the mean score of a trial's seeds, or that it was pruned or diverged."""
        from optuna.exceptions import UpdateFinishedTrialError
        from optuna.trial import TrialState

        scores = [trial.score for trial in trials]
        ended_early = any(trial.run is None or trial.was_pruned for trial in trials)
        try:
            if ended_early:
                self.study.tell(claim.number, state=TrialState.PRUNED)
            else:
                self.study.tell(claim.number, sum(scores) / len(scores))
        except (UpdateFinishedTrialError, ValueError):
            if not self.is_shared:
                raise
            # another machine considered it dead and trains it again

    def trials(self) -> Iterator[tuple[dict[str, Any], str]]:
        """Yield values and folder name of each trial in this folder, the oldest first."""
        from optuna.trial import TrialState

        names: dict[str, dict[str, Any]] = {}
        for trial in self.study.get_trials(deepcopy=False):
            attributes = trial.user_attrs
            if attributes.get("search") == self._own and trial.state != TrialState.WAITING:
                names[attributes["folder"]] = dict(trial.params)
        for name, values in names.items():
            yield (
                {setting: values[setting] for setting in self.plan.space if setting in values},
                name,
            )

    def unfinished(self) -> tuple[int, int]:
        """Return the numbers of waiting and of running trials, on this machine or another."""
        from optuna.trial import TrialState

        self._enqueue_what_was_cut_off()
        states = [trial.state for trial in self.study.get_trials(deepcopy=False)]
        return states.count(TrialState.WAITING), states.count(TrialState.RUNNING)

    def best_elsewhere(self, score: float) -> str | None:
        """Return the place of a better trial on another machine; None if there is none."""
        from optuna.trial import TrialState

        done = self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        elsewhere = [trial for trial in done if trial.user_attrs.get("search") != self._own]
        best = max(elsewhere, key=_score_of, default=None)
        if best is None or _score_of(best) <= score:
            return None
        return f"{best.user_attrs.get('search')}/{best.user_attrs.get('folder')}"

    @property
    def _own(self) -> str:
        """Machine and folder of this search, which distinguish its trials from those of others."""
        return f"{os.uname().nodename if hasattr(os, 'uname') else ''}:{self.folder.path.resolve()}"

    def _name_of(self, trial: optuna.Trial, number: int) -> str:
        """Return the name of a trial's folder; a trial interrupted here keeps its folder."""
        if trial.user_attrs.get("search") == self._own:
            return str(trial.user_attrs["folder"])
        return f"trial-{number:03d}"

    def _enqueue_what_was_cut_off(self) -> None:
        """Enqueue trials of processes that died: here at once, on other machines after a while."""
        from optuna.storages import fail_stale_trials
        from optuna.trial import TrialState

        # A trial that nobody has signed yet may belong to a machine that has just asked for it.
        unsigned = "" if self.is_shared else self._own
        for trial in self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            attributes = trial.user_attrs
            if attributes.get("search", unsigned) != self._own:
                continue
            name = attributes.get("folder")
            if name is None or not is_taken(self.folder, name):
                self._enqueue_again(trial)
        if self.is_shared:
            with quiet():
                fail_stale_trials(self.study)

    def _enqueue_again(self, trial: optuna.trial.FrozenTrial) -> None:
        from optuna.trial import TrialState

        folder = trial.user_attrs.get("folder")
        waiting = self.study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
        # First into the queue, then out of the running: a kill in between loses nothing.
        if folder is not None and all(one.user_attrs.get("folder") != folder for one in waiting):
            self.study.enqueue_trial(trial.params, user_attrs=trial.user_attrs)
        self.study.tell(trial.number, state=TrialState.FAIL)

    def _count(self) -> tuple[int, int]:
        """Return the number of trials in the queue, and of all trials that count."""
        from optuna.trial import TrialState

        states = [trial.state for trial in self.study.get_trials(deepcopy=False)]
        failed = states.count(TrialState.FAIL)
        return states.count(TrialState.WAITING), len(states) - failed

    def _place_of(self, number: int) -> int:
        """Return the number of trials that count and were requested before this one."""
        from optuna.trial import TrialState

        trials = self.study.get_trials(deepcopy=False)
        return sum(one.number < number and one.state != TrialState.FAIL for one in trials)


class Pruning(Callback):
    """Reports each epoch's validation to the study, and stops a trial that falls behind.

    Args:
        trial: the trial of the study.
        stops: whether to stop it.
    """

    def __init__(self, trial: optuna.Trial, stops: bool) -> None:
        self.trial, self.stops = trial, stops
        self._reported = 0

    def on_train_begin(self, run: TrainingRun) -> None:
        """Report the epochs of a resumed run."""
        self.report(run.history, run.epochs)

    def on_epoch_end(self, run: TrainingRun) -> None:
        """Report the epoch; stop if most trials were better at this point."""
        if self.report(run.history, run.epochs) and run.epoch < run.epochs:
            run.stop(PRUNED)

    def report(self, history: History, epochs: int) -> bool:
        """Report new epochs; return whether to stop, because most trials were better.

        Args:
            history: the history so far.
            epochs: planned number of epochs, of which about `REPORTS` are reported.
        """
        every = -(-epochs // REPORTS)
        new = range(self._reported + 1, history.epochs + 1)
        compared = [epoch for epoch in new if epoch % every == 0]
        for epoch in compared:
            self.trial.report(_value(history, epoch), epoch)
        self._reported = history.epochs
        return bool(compared) and self.stops and bool(self.trial.should_prune())


def _score_of(trial: optuna.trial.FrozenTrial) -> float:
    return -math.inf if trial.value is None else trial.value


def _value(history: History, epoch: int) -> float:
    """Return validation accuracy, or minus the validation loss if there are no classes."""
    row = history.row(epoch)
    return row["val_accuracy"] if "val_accuracy" in row else -row["val_loss"]


# --- values and signs of life ---------------------------------------------------------------------


def _sampler(plan: Plan, trials: int) -> Any:
    """Return the sampler of the next trial, with its own seed, so that a search can be resumed."""
    optuna = import_optuna()
    seed = int(stream(plan.seed, f"trial {trials} of a search").integers(2**32))
    if plan.sampler == RANDOM:
        return optuna.samplers.RandomSampler(seed=seed)
    return optuna.samplers.TPESampler(seed=seed)


def _draw(trial: optuna.Trial, space: Space) -> dict[str, Any]:
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


@contextmanager
def _heartbeat(trial: optuna.Trial) -> Iterator[None]:
    """Inside the block, show other machines that the trial is alive."""
    storage: Any = trial.storage
    stopped = threading.Event()

    def beat() -> None:
        while not stopped.wait(HEARTBEAT):
            storage.record_heartbeat(trial._trial_id)

    storage.record_heartbeat(trial._trial_id)
    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
