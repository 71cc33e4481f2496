"""Runs compiled functions in steps that can come in any order.

A step is one access to memory that threads share, with everything up to the next access.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from benchmarks.pool_model.compiler import Function, Instruction
from benchmarks.pool_model.liveness import live_variables

ACCESSES = {"load", "store", "exchange", "relaxed", "read", "write", "choose", "start", "check"}
"""Functions before which another thread may run; `memory` defines them."""

OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.Gt: operator.gt,
}

END = 0
"""Number of the frames of a thread that has returned from its first function."""


class Frame(NamedTuple):
    """A function that is running."""

    function: str
    place: int
    variables: tuple[int, ...]
    stack: tuple[int, ...]


Frames: TypeAlias = tuple[Frame, ...]


class Access(NamedTuple):
    """The access to shared memory that a thread makes next."""

    name: str
    arguments: tuple[int, ...]
    line: int
    """Line of the source, of the file of the function that makes the access."""


class Program:
    """Compiled functions, and how far they run until the next access to shared memory.

    All frames that occur are numbered, so that states are small and quickly compared.
    """

    def __init__(self, functions: list[Function]) -> None:
        self.functions = {function.name: function for function in functions}
        self._live = {function.name: live_variables(function.code) for function in functions}
        self.advance = cache(self._advance)
        self.access = cache(self._access)
        self._known: dict[Frames, int] = {(): END}
        self._frames: list[Frames] = [()]

    def begin(self, name: str, arguments: tuple[int, ...]) -> int:
        """Return the number of the frames of a function that is called, at its first access."""
        return self._number(self._run((self._enter(name, arguments),)))

    def function(self, number: int) -> str:
        """Return the name of the function that runs in frames."""
        return self._frames[number][-1].function

    def _number(self, frames: Frames) -> int:
        number = self._known.setdefault(frames, len(self._frames))
        if number == len(self._frames):
            self._frames.append(frames)
        return number

    def _access(self, number: int) -> Access:
        """Return the access that a thread makes next."""
        frames = self._frames[number]
        function = self.functions[frames[-1].function]
        place = frames[-1].place
        name, count = function.code[place][1]
        stack = frames[-1].stack
        return Access(name, stack[len(stack) - count :], function.lines[place])

    def _advance(self, number: int, value: int) -> int:
        """Return the number of the frames at the next access, given the value of this one."""
        frames = self._frames[number]
        frame = frames[-1]
        count = self.functions[frame.function].code[frame.place][1][1]
        stack = (*frame.stack[: len(frame.stack) - count], value)
        after = frame._replace(place=frame.place + 1, stack=stack)
        return self._number(self._run((*frames[:-1], after)))

    def _enter(self, name: str, arguments: tuple[int, ...]) -> Frame:
        function = self.functions[name]
        assert len(arguments) == function.arguments, name
        return Frame(name, 0, arguments + (0,) * (len(function.names) - len(arguments)), ())

    def _run(self, frames: Frames) -> Frames:
        """Run up to the next access."""
        done, frame = list(frames[:-1]), frames[-1]
        while True:
            function = self.functions[frame.function]
            place, variables, stack = frame.place, list(frame.variables), list(frame.stack)
            while (instruction := function.code[place])[0] not in {"call", "return"}:
                place = _execute(instruction, place, variables, stack)
            frame = Frame(frame.function, place, tuple(variables), tuple(stack))
            if instruction[0] == "return":
                if not done:
                    return ()
                caller = done.pop()
                frame = caller._replace(stack=(*caller.stack, stack[-1]))
                continue
            name, count = instruction[1]
            if name in ACCESSES:
                return (*done, self._without_dead(frame, place + 1))
            rest, arguments = stack[: len(stack) - count], stack[len(stack) - count :]
            kept = self._without_dead(frame, place + 1)
            done.append(kept._replace(place=place + 1, stack=tuple(rest)))
            frame = self._enter(name, tuple(arguments))

    def _without_dead(self, frame: Frame, place: int) -> Frame:
        """Return a frame with zero for the variables that are not read from a place on."""
        live = self._live[frame.function][place]
        kept = (value if k in live else 0 for k, value in enumerate(frame.variables))
        return frame._replace(variables=tuple(kept))


def _execute(instruction: Instruction, place: int, variables: list[int], stack: list[int]) -> int:
    """Execute one instruction on the variables and the stack; return the place of the next."""
    name, argument = instruction
    if name == "constant":
        stack.append(argument)
    elif name == "get":
        stack.append(variables[argument])
    elif name == "set":
        variables[argument] = stack.pop()
    elif name == "drop":
        stack.pop()
    elif name == "copy":
        stack.append(stack[-1])
    elif name == "binary":
        right, left = stack.pop(), stack.pop()
        stack.append(int(OPERATORS[argument](left, right)))
    elif name == "not":
        stack.append(int(not stack.pop()))
    elif name == "invert":
        stack.append(~stack.pop())
    elif name == "jump" or (name == "jump if false" and not stack.pop()):
        return int(argument)
    elif name.endswith("else drop"):
        if bool(stack[-1]) == (name == "jump if true, else drop"):
            return int(argument)
        stack.pop()
    return place + 1
