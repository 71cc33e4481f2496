"""The result of comparing one view, in the order in which it is reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from byhand.examine.result import RIGHT, Cause, Check
from byhand.examine.steps import Mistake, Setting

STAGES = (
    "start",
    "forward",
    "loss",
    "gradient",
    "backward",
    "train_step",
    "update",
    "train",
    "training",
)
"""Stages of the computation, in its order."""

DIFFERS = (
    "differs from that of every network that byhand knows, and no known mistake gives it, so it "
    "was not compared; an adapter can show what is meant"
)

RARE = ("softmax_overflow", "log_of_zero")
"""Mistakes that affect no number of an ordinary batch."""


@dataclass
class Judgement:
    """The result of comparing one view.

    Args:
        setting: the kind of network.
        mistakes: known mistakes that were found.
        causes: descriptions of these, and of differences that no known mistake explains.
        checks: the steps of the comparison.
        notes: remarks on unusual but correct things.
        unknown: stages that differ from every network that byhand knows, so they are not compared.
    """

    setting: Setting
    mistakes: list[Mistake] = field(default_factory=list)
    causes: list[Cause] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)

    @property
    def badness(self) -> tuple[int, int]:
        """Number of causes, unexplained ones threefold, then of wrong numbers; fewer is better."""
        unknown = sum(not cause.certain for cause in self.causes) + len(self.unknown)
        causes = len(self.causes) + len(self.unknown)
        return 3 * unknown + causes, sum(one.status != RIGHT for one in self.checks)


def in_order(causes: Sequence[Cause]) -> list[Cause]:
    """Sort by the stage of the computation; causes that show only in extreme cases come last."""
    return sorted(causes, key=lambda one: (one.name in RARE, STAGES.index(one.stage)))
