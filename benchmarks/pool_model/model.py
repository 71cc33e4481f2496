"""A scenario of the pool: who runs what, and every step that may come next."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeAlias

import byhand
from benchmarks.pool_model import roles
from benchmarks.pool_model.compiler import RAISED, Function, compile_source
from benchmarks.pool_model.machine import END, Program
from benchmarks.pool_model.memory import Fault, Memory, Numbers, Outcome, View

POOL = Path(byhand.__file__).parent / "kernels" / "parallel" / "pool.py"
ROLES = Path(roles.__file__)
BOARD = 1 << 20
FIRST_SLOT = 1 << 10
MOST_OWNERS = 16
UNNOTICED = {"read", "write", "check", "choose", "start"}
"""Accesses of ordinary code, and those that touch no memory."""

UNDER_THE_LOCK = {"settle_locked", "is_serving"}
"""Functions that run while their caller holds the lock."""


@dataclass(frozen=True)
class Scenario:
    """The threads and their work.

    Args:
        name: The scenario in a few words.
        callers: Number of parts in which each caller runs its kernels; two callers at most.
        threads: Number of lines that a thread serves from the start; the callers start none.
        jobs: Number of kernels of each caller.
        rounds: Number of times that each caller starts and ends the threads, as `hold` does; 0 if
            the threads are there from the start.
        deaths: Whether threads may die between two parts.
        failures: Whether parts may raise an exception.
        interrupts: Whether Ctrl-C may end what callers do between two kernels, and in `_settle`.
        weak: Whether memory is that of acquire and release, instead of sequentially consistent.
    """

    name: str
    callers: tuple[int, ...] = (2,)
    threads: int = 1
    jobs: int = 1
    rounds: int = 0
    deaths: bool = False
    failures: bool = False
    interrupts: bool = False
    weak: bool = True

    @property
    def lines(self) -> int:
        """Number of lines that callers may post to."""
        return max(*self.callers, self.threads + 1) - 1


class Actor(NamedTuple):
    """A thread that runs: a caller, or a thread of the pool."""

    name: str
    frames: int
    view: View


class State(NamedTuple):
    """All threads that run, and the memory."""

    actors: tuple[Actor, ...]
    numbers: Numbers


Steps: TypeAlias = tuple[str, ...]
"""One step that other threads can notice, and those after it that they cannot."""


def literal_constants(source: str) -> dict[str, int]:
    """Return the names of a module that are assigned an integer, or a tuple of integers."""
    constants: dict[str, int] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                try:
                    value = ast.literal_eval(node.value)
                except ValueError:
                    continue
                names = target.elts if isinstance(target, ast.Tuple) else [target]
                values = value if isinstance(value, tuple) else (value,)
                if len(names) == len(values):
                    constants |= {ast.unparse(n): v for n, v in zip(names, values, strict=True)}
    return constants


def functions_of(source: str, wanted: set[str], constants: Mapping[str, int]) -> list[Function]:
    """Compile some functions of a module."""
    found = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name in wanted:
            segment = ast.get_source_segment(source, node) or ""
            found += compile_source(segment, constants, node.lineno)
    assert {function.name for function in found} == wanted
    return found


@dataclass
class Model:
    """A scenario with the program that its threads run."""

    scenario: Scenario
    source: str = field(default_factory=POOL.read_text)
    """Source of the pool."""
    own: str = field(default_factory=ROLES.read_text)
    """Source of `roles`."""

    def __post_init__(self) -> None:
        own = self.own
        constants = {
            **literal_constants(own), **literal_constants(self.source),
            "_board": BOARD, "RAISED": RAISED, "LINES": self.scenario.lines,
            "ROUNDS": self.scenario.rounds,
            "DEATHS": self.scenario.deaths, "FAILURES": self.scenario.failures,
            "INTERRUPTS": self.scenario.interrupts, "WEAK": self.scenario.weak,
        }  # fmt: skip
        self.constants = {name: int(value) for name, value in constants.items()}
        names = {
            "call",
            "run_job",
            "train",
            "serve",
            "hold",
            "settle",
            "settle_locked",
            "next_owner",
        }
        self.program = Program(
            functions_of(self.source, {"_run", "_watch"}, self.constants)
            + functions_of(own, names | {"is_serving", "is_held"}, self.constants)
        )
        self.memory = Memory(self._places(), self.scenario.weak)
        lines = range(1, self.scenario.lines + 1)
        self._owners = {BOARD + k * constants["LINE"] + constants["OWNER"] for k in lines}
        self._lives = {constants["LIVES"] + k for k in range(1, MOST_OWNERS + 1)}

    def _places(self) -> list[int]:
        named = self.constants
        places = [BOARD]
        for k in range(1, self.scenario.lines + 1):
            offsets = ("FUNCTION", "ARGUMENTS", "PARTS", "FAILED", "OWNER")
            line = BOARD + k * named["LINE"]
            places += [line, *(line + named[offset] for offset in offsets)]
        for caller, parts in enumerate(self.scenario.callers):
            places += range(self._slot(caller), self._slot(caller) + 1 + parts)
        owners = MOST_OWNERS if self.scenario.rounds else self.scenario.lines
        places += range(named["LIVES"], named["LIVES"] + owners + 1)
        if self.scenario.rounds:
            first = named["THREADS"]
            places += [named["LOCK"], named["OWNERS"], named["HOLDERS"], named["HOLDERS"] + 1]
            places += range(first + 1, first + 1 + self.scenario.lines)
        return places

    def _slot(self, caller: int) -> int:
        return FIRST_SLOT + caller * self.constants["SLOT"]

    def first(self) -> State:
        """Return the state before anything has run."""
        numbers, view = self.memory.zeros(), self.memory.new_view
        actors = []
        for caller, parts in enumerate(self.scenario.callers):
            rest = (BOARD | parts, self.scenario.jobs, self._slot(caller))
            if self.scenario.rounds:
                frames = self.program.begin("hold", (caller, *rest))
            else:
                frames = self.program.begin("train", rest)
            actors.append(Actor(f"caller {'AB'[caller]}", frames, view))
        for k in () if self.scenario.rounds else range(1, self.scenario.threads + 1):
            line = BOARD + k * self.constants["LINE"]
            for address in (line + self.constants["OWNER"], self.constants["LIVES"] + k):
                # Written before anything runs, so no thread can read an older value.
                value = self.constants["LIVES"] + k == address or k
                (outcome,) = self.memory.store(view, numbers, address, int(value))
                numbers = outcome.numbers
                place = self.memory.index[address]
                newest = (numbers[place][-1]._replace(view=view),)
                numbers = (*numbers[:place], newest, *numbers[place + 1 :])
            actors.append(Actor(f"thread {k}", self.program.begin("serve", (k, k)), view))
        return State(tuple(actors), numbers)

    def steps(self, state: State) -> Iterator[tuple[Steps, State]]:
        """Yield every step that has to be tried next, and the state after it.

        A step that no other thread can notice is made at once, and only in this order (Godefroid
        1996: Partial-order methods, persistent sets).
        """
        for i in range(len(state.actors)):
            for label, after in self._moves(state, i):
                yield from self._after_unnoticed((label,), after)

    def begin(self) -> list[tuple[Steps, State]]:
        """Return the first states in which every step can be noticed, and the steps to them."""
        return list(self._after_unnoticed((), self.first()))

    def _after_unnoticed(self, labels: Steps, state: State) -> Iterator[tuple[Steps, State]]:
        """Make all steps that no other thread can notice; yield the states after them."""
        waiting, seen = [(labels, state)], {state}
        while waiting:
            labels, state = waiting.pop()
            unnoticed = (i for i, one in enumerate(state.actors) if self._is_unnoticed(one))
            i = next(unnoticed, None)
            if i is None:
                yield labels, state
                continue
            try:
                for label, after in self._moves(state, i):
                    if after not in seen:
                        seen.add(after)
                        waiting.append(((*labels, label), after))
            except Fault as fault:
                raise Fault(str(fault), labels) from None

    def _is_unnoticed(self, actor: Actor) -> bool:
        """Return whether no other thread can notice the next access of an actor.

        Accesses of ordinary code count as such, because `Memory` reports it if another thread
        could notice them after all. So do accesses to places that no other thread writes at that
        time: the owners of lines while a caller holds the lock, or all the time if no caller
        starts threads; and whether a thread is alive, before it is started or if nobody asks.
        """
        name, arguments, _ = self.program.access(actor.frames)
        if name in UNNOTICED:
            return True
        if not self.scenario.rounds:
            return arguments[0] in self._owners or arguments[0] in self._lives
        if self.program.function(actor.frames) not in UNDER_THE_LOCK:
            return False
        return (name == "load" and arguments[0] in self._owners) or (
            name == "store" and arguments[0] in self._lives
        )

    def _moves(self, state: State, i: int) -> Iterator[tuple[str, State]]:
        """Yield what the next access of an actor may lead to."""
        actor = state.actors[i]
        access = self.program.access(actor.frames)
        try:
            outcomes = list(self._outcomes(actor, state.numbers))
        except Fault as fault:
            raise Fault(f"{actor.name}, line {access.line}: {fault}") from None
        for outcome in outcomes:
            frames = self.program.advance(actor.frames, outcome.value)
            moved = (Actor(actor.name, frames, outcome.view),) if frames != END else ()
            actors = [*state.actors[:i], *moved, *state.actors[i + 1 :]]
            if access.name == "start":
                number, owner = access.arguments
                begun = self.program.begin("serve", (number, owner))
                actors.append(Actor(f"thread {number}", begun, outcome.view))
            function = self.program.function(actor.frames)
            label = f"{actor.name}: {function} line {access.line}: {access.name}"
            label += f"{access.arguments} -> {outcome.value}"
            yield label, self._state(actors, outcome.numbers)

    def _state(self, actors: list[Actor], numbers: Numbers) -> State:
        views, kept = self.memory.forget([actor.view for actor in actors], numbers)
        pairs = zip(actors, views, strict=True)
        return State(tuple(sorted(actor._replace(view=view) for actor, view in pairs)), kept)

    def _outcomes(self, actor: Actor, numbers: Numbers) -> Iterator[Outcome]:
        name, arguments, line = self.program.access(actor.frames)
        if name == "choose":
            return iter([Outcome(0, actor.view, numbers), Outcome(1, actor.view, numbers)])
        if name == "check":
            if not arguments[0]:
                raise Fault(self.own.splitlines()[line - 1].strip())
            return iter([Outcome(0, actor.view, numbers)])
        if name == "start":
            return iter([Outcome(0, actor.view, numbers)])
        if arguments[0] not in self.memory.index:
            raise Fault(f"there is no address {arguments[0]}")
        access = getattr(self.memory, name)
        found: Iterator[Outcome] = access(actor.view, numbers, *arguments)
        return found

    def is_over(self, state: State) -> bool:
        """Return whether all callers have returned; raise Fault if the pool is not free again."""
        if any(actor.name.startswith("caller") for actor in state.actors):
            return False
        for k in range(self.scenario.lines + 1):
            place = self.memory.index[BOARD + k * self.constants["LINE"]]
            if state.numbers[place][-1].number != self.constants["EMPTY"]:
                raise Fault(f"line {k} is not free when all callers have returned")
        return True
