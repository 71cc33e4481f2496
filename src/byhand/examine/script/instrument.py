"""Rewrites a script so that it reports its computations while it runs as before.

`a @ b` becomes `_byhand.operate("MatMult", a, b)`, `f(x)` becomes `_byhand.call(f, x)`, and so on.
Statements that read data or draw pictures may fail; the script goes on.
"""

from __future__ import annotations

import ast

RECORDER = "_byhand"
"""Name of the recorder in the script."""

OPERATORS = {"Add", "Sub", "Mult", "Div", "MatMult", "Pow", "Mod"}

PLAIN = {
    "super", "locals", "globals", "vars", "eval", "exec", "dir", "print", "range", "len",
    "isinstance", "enumerate", "zip", "type", "getattr", "setattr", "hasattr", "int", "str",
}  # fmt: skip
"""Functions whose calls stay as they are: they depend on the place, or compute nothing."""


class Instrumenter(ast.NodeTransformer):
    """Replaces computations by calls of the recorder."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """`a @ b` reports both sides and the result."""
        self.generic_visit(node)
        kind = type(node.op).__name__
        if kind not in OPERATORS:
            return node
        return _report("operate", node, ast.Constant(kind), node.left, node.right)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        """`Z += b` stays, and reports both sides."""
        node.value = self.visit(node.value)
        target = ast.parse(ast.unparse(node.target), mode="eval").body
        if isinstance(node.target, ast.Subscript):
            self.visit(node.target)
        if type(node.op).__name__ not in ("Add", "Sub"):
            return node
        kind = ast.Constant(type(node.op).__name__)
        node.value = _report("change", node.value, kind, target, node.value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """`f(x)` reports its arguments and its result."""
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in PLAIN:
            return node
        made = _report("call", node, node.func, *node.args)
        made.keywords = node.keywords
        return made

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """`p[rows, y]` reports the index, which may hold the labels, and the value."""
        node.value = self.visit(node.value)
        if any(isinstance(part, ast.Slice) for part in ast.walk(node.slice)):
            made: ast.Subscript = node
        else:
            index = self.visit(node.slice)
            node.slice = _report("index", node.slice, index)
            made = node
        return _report("value", node, made) if isinstance(node.ctx, ast.Load) else made

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Decorators and annotations stay."""
        node.body = [self.visit(one) for one in node.body]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """Only the value is rewritten."""
        if node.value is not None:
            node.value = self.visit(node.value)
        return node


def _report(method: str, place: ast.expr, *arguments: ast.expr) -> ast.Call:
    name = ast.Attribute(ast.Name(RECORDER, ast.Load()), method, ast.Load())
    line = ast.Constant(getattr(place, "lineno", 0) * 1000 + getattr(place, "col_offset", 0) % 1000)
    return ast.copy_location(ast.Call(name, [line, *arguments], []), place)


def instrumented(tree: ast.Module, *, forgiving: bool = True) -> ast.Module:
    """Return a script that reports to the recorder.

    Args:
        tree: the script; it is changed.
        forgiving: whether statements at the top level that fail are skipped.
    """
    tree = _Fallbacks().visit(tree)
    tree = Instrumenter().visit(tree)
    if forgiving:
        tree.body = [_attempt(one) for one in _opened(tree.body)]
    return ast.fix_missing_locations(tree)


def _opened(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return the statements of the top level with those of `if __name__ == "__main__"`."""
    statements: list[ast.stmt] = []
    for node in body:
        is_main = isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
        statements += node.body if is_main and isinstance(node, ast.If) else [node]
    return statements


def _attempt(node: ast.stmt) -> ast.stmt:
    """Return a statement that reports its failure and lets the script go on."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return node
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        return node
    otherwise = ast.parse(f"{RECORDER}.failed(_error)").body
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        otherwise += _placeholders(node)
    return _guarded(node, otherwise)


def _placeholders(node: ast.Import | ast.ImportFrom) -> list[ast.stmt]:
    """Return statements that give the names of an import that fails."""
    names = [one.asname or one.name.split(".")[0] for one in node.names if one.name != "*"]
    return [ast.parse(f"{name} = {RECORDER}.missing(_error)").body[0] for name in names]


def _guarded(node: ast.stmt, otherwise: list[ast.stmt]) -> ast.Try:
    handler = ast.ExceptHandler(ast.Name("Exception", ast.Load()), "_error", otherwise)
    return ast.copy_location(ast.Try([node], [handler], [], []), node)


class _Fallbacks(ast.NodeTransformer):
    """Lets an assignment of data that fails take other data."""

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        target = node.targets[0]
        if not isinstance(node.value, ast.Call) or not _only_names(target):
            return node
        names = _names_of(target)
        fill = ast.parse(f"_ = {RECORDER}.fill(_error, {names!r})").body[0]
        fill.targets = node.targets  # type: ignore[attr-defined]
        return _guarded(node, [fill])


def _only_names(target: ast.expr) -> bool:
    if isinstance(target, (ast.Tuple, ast.List)):
        return all(_only_names(one) for one in target.elts)
    return isinstance(target, ast.Name)


def _names_of(target: ast.expr) -> object:
    """Return "x" for `x`, and ("x", ("y", "z")) for `x, (y, z)`."""
    if isinstance(target, (ast.Tuple, ast.List)):
        return tuple(_names_of(one) for one in target.elts)
    return target.id if isinstance(target, ast.Name) else ""
