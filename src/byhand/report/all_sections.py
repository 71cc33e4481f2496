"""A section of the page, its access to the facts, and the list of all sections in their order.

The number `place` in each `sections/NAME/section.py` sets the order: result, draw (or labels), why,
compare, curves, mistakes (or errors), network, trace, doctor, run. A new folder in `sections` is a
new section; `sections/__init__.py` says what it holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, TypeAlias

from byhand.network.targets import CLASSES, MULTI_LABEL, REGRESSION
from byhand.report import sections

if TYPE_CHECKING:
    from byhand.arrays import IntArray
    from byhand.data import Part
    from byhand.evaluation.subject import Subject
    from byhand.report.options import Options

ALL_TASKS = (CLASSES, MULTI_LABEL, REGRESSION)
ONE_ANSWER = (CLASSES, REGRESSION)
"""Tasks with one answer for each example, which the drawing box and the insides can show."""


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


@cache
def all_sections() -> tuple[Section, ...]:
    """Return the sections in the folder `sections`, in the order in which the page shows them."""
    folders = [module.name for module in iter_modules(sections.__path__) if module.ispkg]
    found = [import_module(f"{sections.__name__}.{name}.section").SECTION for name in folders]
    return tuple(sorted(found, key=lambda section: section.place))
