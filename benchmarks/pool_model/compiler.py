"""Compile functions of the pool into instructions of a stack machine.

The compiler reads Python's syntax tree and knows the few constructs that `_run` and `_watch` of
`byhand.kernels.parallel.pool` consist of. So the code itself is tried, not a copy of it.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

COUNTERS = {"polls", "done"}
"""Variables that only count. They are left out, and `polls < patience` may be true or false at any
time: a thread may run out of patience after any number of polls."""

RAISED = -1
"""The return value of a function that raises an exception."""

Instruction: TypeAlias = tuple[str, Any]


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
