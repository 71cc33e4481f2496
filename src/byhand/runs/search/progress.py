"""The progress of each trial of a search during training."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from byhand.errors import ByhandError
from byhand.runs.folder import RunFolder
from byhand.runs.search.outcome import Trials
from byhand.runs.search.trial import PRUNED, trial_folder
from byhand.training import History

WAITING, RUNNING = "waiting", "running"


@dataclass(frozen=True)
class Standing:
    """The progress of one training.

    Args:
        name: name of its folder.
        values: values of its settings.
        seed: its seed.
        state: "waiting", "running", "finished", "pruned", "diverged", "interrupted" or "failed".
        history: its epochs so far.
        kept: scores of the kept weights on validation examples, once it has ended.
    """

    name: str
    values: Mapping[str, Any]
    seed: int
    state: str
    history: History
    kept: Mapping[str, float] = field(default_factory=dict)

    @property
    def epoch(self) -> int:
        """Number of epochs that are done."""
        return self.history.epochs

    @property
    def score(self) -> float | None:
        """Validation accuracy, or minus the loss: of the kept weights, or the best so far.

        The kept weights may not be those with the best accuracy, if the recipe watches the loss.
        """
        if self.kept:
            return self.kept["accuracy"] if "accuracy" in self.kept else -self.kept["loss"]
        if self.history.columns.get("val_accuracy"):
            return max(self.history["val_accuracy"])
        losses = self.history.columns.get("val_loss")
        return -min(losses) if losses else None

    @property
    def seconds(self) -> float:
        """Time that its epochs took."""
        return sum(self.history.columns.get("seconds", []))


def standings(trials: Trials) -> list[Standing]:
    """Return the progress of each known training."""
    return [
        _standing(name, values, seed, trial_folder(trials.folder, name))
        for values, name, seed in trials.known()
    ]


def _standing(name: str, values: Mapping[str, Any], seed: int, folder: RunFolder) -> Standing:
    state, history, kept = WAITING, History(), {}
    with suppress(ByhandError):  # the file does not exist yet
        history = History.from_csv(folder.history_file)
        state = RUNNING  # the other files of a trial on a cluster come when it has ended
    with suppress(ByhandError):
        folder.forget()
        facts = folder.facts
        state = "diverged" if facts.did_diverge else facts.status
        state = "pruned" if facts.stopped == PRUNED else state
        kept = facts.results.get("validation", {})
    return Standing(name, values, seed, state, history, kept)
