"""Try every order of the steps of a scenario, and look for states from which nothing ends."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from benchmarks.pool_model.memory import Fault
from benchmarks.pool_model.model import Model, Steps


class Tried(NamedTuple):
    """The result of a search.

    Args:
        states: Number of different states.
        steps: Number of different steps between them.
        fault: The broken promise; None if every promise was kept.
        trace: Steps that lead to the fault.
    """

    states: int
    steps: int
    fault: str | None
    trace: list[str]


def search(model: Model, most_states: int | None = None) -> Tried:
    """Try every order of steps; stop at the first fault.

    A state from which no order of steps lets all callers return is a fault as well: a deadlock, or
    threads that wait for each other without end.
    """
    try:
        begun = model.begin()
    except Fault as fault:
        return Tried(0, 0, str(fault), [*fault.labels])
    numbers = {state: number for number, (_, state) in enumerate(begun)}
    came: list[tuple[int | None, Steps]] = [(None, labels) for labels, _ in begun]
    before: list[list[int]] = [[] for _ in begun]
    over: list[int] = []
    waiting = deque(numbers)
    steps = 0

    def trace(number: int | None) -> list[str]:
        path: list[str] = []
        while number is not None:
            number, labels = came[number]
            path = [*labels, *path]
        return path

    while waiting:
        state = waiting.popleft()
        here = numbers[state]
        try:
            if model.is_over(state):
                over.append(here)
                continue
            for labels, after in model.steps(state):
                steps += 1
                there = numbers.setdefault(after, len(came))
                if there == len(came):
                    came.append((here, labels))
                    before.append([])
                    waiting.append(after)
                before[there].append(here)
        except Fault as fault:
            return Tried(len(came), steps, str(fault), [*trace(here), *fault.labels])
        if most_states and len(came) > most_states:
            raise MemoryError(f"{model.scenario.name}: more than {most_states} states")

    ends = set(over)
    reached = deque(over)
    while reached:
        for there in before[reached.popleft()]:
            if there not in ends:
                ends.add(there)
                reached.append(there)
    if len(ends) < len(came):
        stuck = min(set(range(len(came))) - ends)
        return Tried(len(came), steps, "a caller never returns", trace(stuck))
    return Tried(len(came), steps, None, [])
