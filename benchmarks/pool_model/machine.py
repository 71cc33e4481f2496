"""Compile functions of the pool into steps that can be run in any order.

The compiler reads Python's syntax tree and knows the few constructs that `_run` and `_watch` of
`byhand.kernels.parallel.pool` consist of. So the code itself is tried, not a copy of it. A step is
one access to memory that threads share, with everything up to the next access.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple, TypeAlias

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

COUNTERS = {"polls", "done"}
"""Variables that only count. They are left out, and `polls < patience` may be true or false at any
time: a thread may run out of patience after any number of polls."""

RAISED = -1
"""The return value of a function that raises an exception."""

END = 0
"""Number of the frames of a thread that has returned from its first function."""

Instruction: TypeAlias = tuple[str, Any]


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


@dataclass
class Function:
    """Instructions of a stack machine, with the lines that they come from."""

    name: str
    code: list[Instruction] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    arguments: int = 0


class _Compiler(ast.NodeVisitor):
    """Compile one function; each `visit` of an expression leaves its value on the stack."""

    def __init__(self, constants: Mapping[str, int], first_line: int) -> None:
        self.constants, self.first_line = constants, first_line
        self.out = Function("")
        self.loops: list[tuple[int, list[int]]] = []
        self.line = 0

    def emit(self, name: str, argument: Any = None) -> int:
        self.out.code.append((name, argument))
        self.out.lines.append(self.line + self.first_line - 1)
        return len(self.out.code) - 1

    def here(self, *jumps: int) -> int:
        """Let jumps lead to the next instruction; return its number."""
        for jump in jumps:
            self.out.code[jump] = (self.out.code[jump][0], len(self.out.code))
        return len(self.out.code)

    def slot(self, name: str) -> int:
        if name not in self.out.names:
            self.out.names.append(name)
        return self.out.names.index(name)

    def visit(self, node: ast.AST) -> None:
        self.line = getattr(node, "lineno", self.line)
        super().visit(node)

    def generic_visit(self, node: ast.AST) -> None:
        raise NotImplementedError(f"the model knows no {type(node).__name__} (line {self.line})")

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.out.name = node.name
        for argument in node.args.args:
            self.slot(argument.arg)
        self.out.arguments = len(self.out.names)
        self.block(node.body)
        self.emit("constant", 0)
        self.emit("return")

    def block(self, body: list[ast.stmt]) -> None:
        for statement in body:
            self.visit(statement)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Constant):  # the docstring
            return
        if isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "_wait":
            return
        self.visit(node.value)
        self.emit("drop")

    def visit_Assign(self, node: ast.Assign) -> None:
        names = [name for target in node.targets for name in _names(target)]
        if set(names) <= COUNTERS:
            return
        self.visit(node.value)
        if not isinstance(node.value, ast.Tuple):
            for _ in names[1:]:
                self.emit("copy")
        for name in reversed(names):
            self.emit("set", self.slot(name))

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        name = ast.unparse(node.target)
        if name not in COUNTERS:
            self.visit(ast.BinOp(ast.Name(name), node.op, node.value))
            self.emit("set", self.slot(name))

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        otherwise = self.emit("jump if false")
        self.block(node.body)
        end = self.emit("jump")
        self.here(otherwise)
        self.block(node.orelse)
        self.here(end)

    def visit_While(self, node: ast.While) -> None:
        begin = self.here()
        self.visit(node.test)
        end = self.emit("jump if false")
        ends: list[int] = []
        self.loops.append((begin, ends))
        self.block(node.body)
        self.loops.pop()
        self.emit("jump", begin)
        self.here(end, *ends)

    def visit_For(self, node: ast.For) -> None:
        """`for k in range(first, last)`, with the variable counted up at the begin of a round."""
        assert isinstance(node.iter, ast.Call)
        bounds = node.iter.args
        first, last = bounds if len(bounds) == 2 else (ast.Constant(0), bounds[0])
        k, end = self.slot(ast.unparse(node.target)), self.slot(f"end of {node.lineno}")
        self.visit(ast.BinOp(first, ast.Sub(), ast.Constant(1)))
        self.emit("set", k)
        self.visit(last)
        self.emit("set", end)
        begin = self.here()
        for instruction in (("get", k), ("constant", 1), ("binary", ast.Add), ("set", k)):
            self.emit(*instruction)
        for instruction in (("get", k), ("get", end), ("binary", ast.Lt)):
            self.emit(*instruction)
        leave = self.emit("jump if false")
        ends: list[int] = []
        self.loops.append((begin, ends))
        self.block(node.body)
        self.loops.pop()
        self.emit("jump", begin)
        self.here(leave, *ends)

    def visit_Continue(self, _: ast.Continue) -> None:
        self.emit("jump", self.loops[-1][0])

    def visit_Break(self, _: ast.Break) -> None:
        self.loops[-1][1].append(self.emit("jump"))

    def visit_Pass(self, node: ast.Pass) -> None:
        pass

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.visit(node.test)
        otherwise = self.emit("jump if false")
        self.visit(node.body)
        end = self.emit("jump")
        self.here(otherwise)
        self.visit(node.orelse)
        self.here(end)

    def visit_Return(self, node: ast.Return) -> None:
        self.visit(node.value or ast.Constant(0))
        self.emit("return")

    def visit_Raise(self, _: ast.Raise) -> None:
        self.emit("constant", RAISED)
        self.emit("return")

    def visit_Constant(self, node: ast.Constant) -> None:
        self.emit("constant", node.value)

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in COUNTERS:
            self.emit("constant", 0)
        elif node.id in self.constants:
            self.emit("constant", self.constants[node.id])
        elif node.id in self.out.names:
            self.emit("get", self.slot(node.id))
        else:
            raise NotImplementedError(f"the model knows no {node.id} (line {self.line})")

    def visit_Tuple(self, node: ast.Tuple) -> None:
        for element in node.elts:
            self.visit(element)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        self.visit(node.left)
        self.visit(node.right)
        self.emit("binary", type(node.op))

    def visit_Compare(self, node: ast.Compare) -> None:
        if ast.unparse(node.left) in COUNTERS:
            self.emit("call", ("choose", 0))
            return
        self.visit(node.left)
        self.visit(node.comparators[0])
        self.emit("binary", type(node.ops[0]))

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        name = (
            "jump if false, else drop"
            if isinstance(node.op, ast.And)
            else "jump if true, else drop"
        )
        jumps = []
        for value in node.values[:-1]:
            self.visit(value)
            jumps.append(self.emit(name))
        self.visit(node.values[-1])
        self.here(*jumps)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        self.visit(node.operand)
        self.emit("not" if isinstance(node.op, ast.Not) else "invert")

    def visit_Call(self, node: ast.Call) -> None:
        for argument in node.args:
            self.visit(argument)
        self.emit("call", (ast.unparse(node.func), len(node.args)))


def _names(target: ast.expr) -> list[str]:
    elements = target.elts if isinstance(target, ast.Tuple) else [target]
    return [ast.unparse(element) for element in elements]


def compile_source(
    source: str, constants: Mapping[str, int], first_line: int = 1
) -> list[Function]:
    """Compile all functions of a source; `constants` are names that stand for numbers."""
    functions = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            compiler = _Compiler(constants, first_line)
            compiler.visit(node)
            functions.append(compiler.out)
    return functions


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
