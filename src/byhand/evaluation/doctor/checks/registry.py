"""The table of checks, and the one call that adds to it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from graphlib import TopologicalSorter
from typing import TypeAlias

from byhand.errors import ArgumentError
from byhand.evaluation.doctor.faults import Fault
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations

Find: TypeAlias = Callable[[Observations], Finding | None]


@dataclass(frozen=True)
class Check:
    """One check with everything about it.

    Args:
        name: its key in `CHECKS`.
        find: the function from observations to a finding, or None.
        about: what it looks for, in one line that the documentation shows.
        explains: names of checks whose findings follow from this one's.
        faults: deliberate faults that trigger it, by the name of the kind of run.
    """

    name: str
    find: Find
    about: str
    explains: tuple[str, ...] = ()
    faults: Mapping[str, Fault] = field(default_factory=dict)

    def __call__(self, seen: Observations) -> Finding | None:
        """Return the finding under this check's name, or None."""
        found = self.find(seen)
        return None if found is None else replace(found, check=self.name)


CHECKS: dict[str, Check] = {}
"""Every check by its name."""


def register_check(
    *,
    name: str | None = None,
    explains: tuple[str, ...] = (),
    faults: Mapping[str, Fault] | None = None,
) -> Callable[[Find], Find]:
    """Register the decorated function as a check of the doctor.

        @register_check(explains=("under_fitting",))
        def tiny_batches(seen):
            "Batches of fewer than four examples."
            ...

    The first line of the docstring becomes the check's line in the documentation.

    Args:
        name: the check's name; by default that of the function.
        explains: names of checks whose findings follow from this one's.
        faults: deliberate faults that trigger it, for the benchmark.

    Raises:
        ArgumentError: the name is taken, or the function has no docstring.
    """

    def register(find: Find) -> Find:
        key = name or str(getattr(find, "__name__", ""))
        about = (inspect.getdoc(find) or "").partition("\n")[0]
        if key in CHECKS:
            raise ArgumentError(f"there is already a check {key!r}. Choose another name.")
        if not about:
            raise ArgumentError(f"the check {key!r} needs a docstring: what it looks for.")
        CHECKS[key] = Check(key, find, about, tuple(explains), dict(faults or {}))
        return find

    return register


def in_causal_order() -> list[Check]:
    """Return all checks, each after those that explain it."""
    before: dict[str, set[str]] = {name: set() for name in CHECKS}
    for check in CHECKS.values():
        for effect in check.explains:
            if effect in before:
                before[effect].add(check.name)
    return [CHECKS[name] for name in TopologicalSorter(before).static_order()]
