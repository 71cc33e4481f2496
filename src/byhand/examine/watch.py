"""Watches a learner's functions while they run: what they return, and their local variables.

Python tells a profile function of every return. The local variables are where Z1 and dW2 are found
in code that keeps them to itself.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from byhand.arrays import Array
from byhand.examine.array_names import Path
from byhand.examine.find_parameters import arrays_in


@dataclass(frozen=True)
class Returned:
    """One return of a function.

    Args:
        function: its name.
        arrays: copies of the arrays in its local variables.
        names: for each result, the local variable that it was, or None.
    """

    function: str
    arrays: tuple[tuple[Path, Array], ...]
    names: tuple[str | None, ...]


@dataclass
class Watch:
    """A context in which returns of the functions of some files are recorded.

    Args:
        files: the files.
        is_own: whether an object is of a class of these files.
    """

    files: Collection[str]
    is_own: Callable[[Any], bool]
    returns: list[Returned] = field(default_factory=list)

    def __enter__(self) -> Watch:
        sys.setprofile(self._profile)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _profile(self, frame: FrameType, event: str, value: Any) -> None:
        if event != "return" or frame.f_code.co_filename not in self.files:
            return
        name = frame.f_code.co_name
        if name.startswith("<"):
            return
        local = dict(frame.f_locals)
        results = value if isinstance(value, tuple) else (value,)
        arrays = tuple((path, array.copy()) for path, array in arrays_in(local, self.is_own))
        self.returns.append(Returned(name, arrays, _names(local, results)))


def _names(local: Mapping[str, Any], results: tuple[Any, ...]) -> tuple[str | None, ...]:
    """Return the variable that each result was; two names of one array go to two results.

    A result that is not a local variable may be an attribute of the object.
    """
    attributes = getattr(local.get("self"), "__dict__", {})
    held_by_name = [*reversed(list(local.items())), *reversed(list(attributes.items()))]
    names: list[str | None] = []
    for result in reversed(results):
        same = [name for name, held in held_by_name if held is result]
        names.append(next((name for name in same if name not in names), None))
    return tuple(reversed(names))
