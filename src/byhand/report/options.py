"""The options of a report: facts about the run, another run to compare with, and a size limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from byhand.data import Preparation
    from byhand.evaluation.subject import Subject
    from byhand.training.optimizers import Optimizer
    from byhand.training.snapshots import Snapshot

BUDGET = 2_950_000
"""Largest size of the page in bytes. To stay below it, images are left out, mistakes last."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Rival:
    """Another run, which the page compares with its own.

    Args:
        name: its name.
        own_name: the name of the page's own run.
        subject: its network, data and training; the same classes as those of the page.
        differences: settings that differ: name, own value, the rival's value.
        seconds: the time that training took, own and the rival's.
    """

    name: str
    own_name: str
    subject: Subject
    differences: Sequence[tuple[str, str, str]] = ()
    seconds: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Options:
    """Facts about a run beyond its subject, and the size limit of the page.

    Args:
        title: heading of the page; by default the network and the data.
        recipe: text of the run's recipe.
        facts: further lines about the run, by name and in order; they replace those of the history.
        optimizer: the optimizer that trained the network, or its `config()`; the trace takes a
            step with it. By default the one recorded in the history.
        findings: the doctor's findings: objects or dictionaries with name, severity, evidence,
            meaning and fix; empty if there are none, None without a diagnosis.
        preparation: how a drawing or a picture becomes an input; by default the one stored with the
            network, or else one chosen from the training images.
        snapshots: the weights of a few epochs, for the slider over the epochs.
        epoch: the epoch of the network's own weights; by default the last of the history.
        rival: another run to compare with.
        budget: largest size of the page in bytes.
    """

    title: str = ""
    recipe: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    optimizer: Optimizer | Mapping[str, Any] | None = None
    findings: Sequence[object] | None = None
    preparation: Preparation | None = None
    snapshots: Sequence[Snapshot] = ()
    epoch: int | None = None
    rival: Rival | None = None
    budget: int = BUDGET
