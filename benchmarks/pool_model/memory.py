"""Memory that threads share, as C and C++ define it for acquire and release (C11, 5.1.2.4).

A place holds all numbers that were written to it, from the oldest to the newest, because a thread
may still read an old one: a CPU's caches and a compiler's order allow it. Every thread has a view,
the oldest number of each place that it may still read. A number that was written with release
carries the view of its writer. A thread that reads it with acquire takes over that view, and can no
longer miss what the writer had seen (Kang et al. 2017: A promising semantics for relaxed-memory
concurrency, without promises).

In the simpler memory of sequential consistency a thread always reads the newest number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple, TypeAlias

View: TypeAlias = tuple[int, ...]


class Message(NamedTuple):
    """A number that was written, and the view that it carries."""

    number: int
    view: View


Numbers: TypeAlias = tuple[tuple[Message, ...], ...]
"""The messages of each place, from the oldest that any thread may read to the newest."""


class Fault(Exception):  # noqa: N818 - it is a finding, and not a failure of the model
    """The protocol breaks one of its promises.

    Args:
        what: which one.
        labels: the last steps that led to it.
    """

    def __init__(self, what: str, labels: tuple[str, ...] = ()) -> None:
        super().__init__(what)
        self.labels = labels


class Outcome(NamedTuple):
    """The result of an access, with the view and the memory after it."""

    value: int
    view: View
    numbers: Numbers


class Memory:
    """The accesses to a number of places.

    Args:
        places: Addresses of the places.
        weak: Whether threads may read old numbers; otherwise memory is sequentially consistent.
    """

    def __init__(self, places: Sequence[int], weak: bool) -> None:
        self.index = {address: i for i, address in enumerate(places)}
        self.weak = weak
        self.new_view: View = (0,) * len(places)

    def zeros(self) -> Numbers:
        """Return memory that holds zeros only."""
        return ((Message(0, self.new_view),),) * len(self.index)

    def load(self, view: View, numbers: Numbers, address: int) -> Iterator[Outcome]:
        """Read with acquire: any number that the thread's view still allows."""
        place = self.index[address]
        for k in range(view[place], len(numbers[place])):
            number, carried = numbers[place][k]
            yield Outcome(number, self._join(_moved(view, place, k), carried), numbers)

    def store(self, view: View, numbers: Numbers, address: int, number: int) -> Iterator[Outcome]:
        """Write with release."""
        return self._append(view, numbers, address, number, carries=True)

    def relaxed(self, view: View, numbers: Numbers, address: int, number: int) -> Iterator[Outcome]:
        """Write a number that carries no view, as Python writes an owner."""
        return self._append(view, numbers, address, number, carries=False)

    def exchange(
        self, view: View, numbers: Numbers, address: int, old: int, new: int
    ) -> Iterator[Outcome]:
        """Compare and exchange with acquire and release; it can only replace the newest number."""
        place = self.index[address]
        newest = len(numbers[place]) - 1
        for number, seen, _ in self.load(view, numbers, address):
            if number != old:
                yield Outcome(0, seen, numbers)
        number, carried = numbers[place][newest]
        if number == old:
            seen = self._join(_moved(view, place, newest), carried)
            for outcome in self._append(seen, numbers, address, new, carries=True):
                yield outcome._replace(value=1)

    def read(self, view: View, numbers: Numbers, address: int) -> Iterator[Outcome]:
        """Read like ordinary code, which no other thread may have written to unseen."""
        place = self.index[address]
        if view[place] != len(numbers[place]) - 1:
            raise Fault(f"a race: place {address} is read while another thread writes to it")
        return self.load(view, numbers, address)

    def write(self, view: View, numbers: Numbers, address: int, number: int) -> Iterator[Outcome]:
        """Write like ordinary code."""
        return self._append(view, numbers, address, number, carries=False)

    def _append(
        self, view: View, numbers: Numbers, address: int, number: int, carries: bool
    ) -> Iterator[Outcome]:
        place = self.index[address]
        messages = numbers[place]
        # Without this rule a number could come to stand between older ones.
        if view[place] != len(messages) - 1:
            raise Fault(f"a race: two threads write to place {address}")
        seen = _moved(view, place, len(messages)) if self.weak else view
        carried = seen if carries else self.new_view
        message = Message(number, carried if self.weak else self.new_view)
        grown = (*messages, message) if self.weak else (message,)
        yield Outcome(0, seen, (*numbers[:place], grown, *numbers[place + 1 :]))

    def _join(self, view: View, carried: View) -> View:
        return _joined(view, carried) if self.weak else view

    def forget(self, views: Sequence[View], numbers: Numbers) -> tuple[list[View], Numbers]:
        """Drop messages that no thread may still read, so that equal situations compare equal."""
        if not self.weak:
            return list(views), numbers
        oldest = tuple(map(min, zip(*views, strict=True)))
        if not any(oldest):
            return list(views), numbers

        kept = tuple(
            tuple(Message(number, _shifted(carried, oldest)) for number, carried in messages[old:])
            for messages, old in zip(numbers, oldest, strict=True)
        )
        return [_shifted(view, oldest) for view in views], kept


def _moved(view: View, place: int, k: int) -> View:
    return (*view[:place], k, *view[place + 1 :])


@cache
def _joined(view: View, carried: View) -> View:
    return tuple(map(max, view, carried))


@cache
def _shifted(view: View, oldest: View) -> View:
    return tuple(max(0, seen - old) for seen, old in zip(view, oldest, strict=True))
