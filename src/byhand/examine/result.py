"""The result of an examination."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

RIGHT, WRONG, FOLLOWS, UNSEEN = "right", "wrong", "follows", "not shown"
"""Equals byhand's; differs at this step; differs because an earlier number does; not visible."""


@dataclass(frozen=True)
class Check:
    """One step of the comparison.

    Args:
        name: the number, such as "Z1", "dW2", "new W1".
        stage: "start", "forward", "loss", "gradient", "update" or "training".
        status: `RIGHT`, `WRONG`, `FOLLOWS` or `UNSEEN`.
        detail: both numbers where they differ most.
    """

    name: str
    stage: str
    status: str
    detail: str = ""


@dataclass(frozen=True)
class Cause:
    """A mistake that was found.

    Args:
        name: name of the mistake in the catalogue.
        stage: the stage at which it shows.
        text: what is wrong and what to do.
        shows_in: the first number that it changes.
        certain: whether byhand with this mistake gives exactly the learner's numbers.
    """

    name: str
    stage: str
    text: str
    shows_in: str = ""
    certain: bool = True


@dataclass(frozen=True)
class Result:
    """The result of an examination.

    Args:
        file: name of the learner's file.
        network: a description of the network; empty if none was found.
        found: name of the function or class for each piece.
        checks: the steps of the comparison, in the order of computation.
        causes: mistakes, in the order in which to fix them.
        notes: remarks on unusual but correct things.
        printed: the first lines that the code printed.
        error: why nothing could be compared.
        advice: what to do about an error, on several lines.
        layers: number of layers with weights.
    """

    file: str
    network: str = ""
    found: dict[str, str] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    causes: tuple[Cause, ...] = ()
    notes: tuple[str, ...] = ()
    printed: tuple[str, ...] = ()
    error: str | None = None
    advice: str = ""
    layers: int = 0

    @property
    def passed(self) -> bool:
        """Whether the network could be run and nothing is wrong with it."""
        return self.error is None and not self.causes

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON types."""
        return {**asdict(self), "passed": self.passed}
