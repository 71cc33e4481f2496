"""A section of the page, and its access to the facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from byhand.network.targets import CLASSES, MULTI_LABEL, REGRESSION

if TYPE_CHECKING:
    from byhand.arrays import IntArray
    from byhand.data import Part, Preparation
    from byhand.evaluation.subject import Subject
    from byhand.training.optimizers import Optimizer
    from byhand.training.snapshots import Snapshot

ALL_TASKS = (CLASSES, MULTI_LABEL, REGRESSION)
ONE_ANSWER = (CLASSES, REGRESSION)
"""Tasks with one answer for each example, which the drawing box and the insides can show."""

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


@dataclass(frozen=True, eq=False)
class Contents:
    """The facts available to a section.

    Args:
        subject: the network, its data and its training.
        train: the training part, with labels.
        options: further facts about the run.
        shown: numbers of the test examples that are in the page.
    """

    subject: Subject
    train: Part
    options: Options
    shown: IntArray


Words: TypeAlias = str | Callable[[Contents], str]
Values: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Section:
    """One section of the page.

    Args:
        name: its folder and its address in the page, "#name".
        place: sections are ordered by this number.
        title: its name in the navigation, and its heading; without one it is not in the navigation.
        heading: its heading, if different from the title.
        help: a sentence below the heading; if it is empty, `section.js` writes the heading.
        content: the values that `section.js` receives. Arrays in a dictionary under "arrays" are
            sent in binary form, as `model.header.arrays`. None leaves the section out.
        tasks: the kinds of task for which it exists.
        follows_box: whether it shows the drawn or typed input. Networks that predict values have
            fields for a table, but no drawing box.
        computes: whether it runs the network in the browser. Such a section is replaced by a
            sentence if the page does not know a layer of the network.
    """

    name: str
    place: int
    title: Words
    heading: Words = ""
    help: Words = ""
    content: Callable[[Contents], Values | None] = lambda _: {}
    tasks: tuple[str, ...] = (CLASSES,)
    follows_box: bool = False
    computes: bool = False

    def applies(self, contents: Contents) -> bool:
        """Return whether the section has something to show for a network and its data."""
        task, is_table = contents.subject.network.task, contents.subject.size is None
        return task in self.tasks and (task == CLASSES or is_table or not self.follows_box)
