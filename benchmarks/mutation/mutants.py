"""The small changes: another operator or number, a condition reversed, a statement left out."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as field_of

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A changed module.

    Args:
        module: path of the module.
        line: line of the change.
        before: the code that was changed.
        after: the code that replaced it.
        original: the module.
        place: number of the changed node, among those that compute.
        variant: number of the change, among those of this node.
    """

    module: str
    line: int
    before: str
    after: str
    original: ast.Module = field_of(repr=False)
    place: int = 0
    variant: int = 0

    @property
    def tree(self) -> ast.Module:
        """The changed module."""
        whole = copy.deepcopy(self.original)
        target = list(_computing(whole))[self.place]
        _replace(whole, target, list(_variants(target))[self.variant])
        return ast.fix_missing_locations(whole)

    @property
    def name(self) -> str:
        """The change and its place, which no other change of the same source has."""
        return f"{self} [{self.place}.{self.variant}]"

    def __str__(self) -> str:
        return f"{self.module}:{self.line}: {self.before}  ->  {self.after}"


def mutants(module: str, source: str) -> Iterator[Mutant]:
    """Yield every small change of a module."""
    tree = ast.parse(source)
    for place, node in enumerate(_computing(tree)):
        for variant, changed in enumerate(_variants(node)):
            before, after = (_text(one) for one in (node, changed))
            yield Mutant(module, node.lineno, before, after, tree, place, variant)


def _text(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())[:100]


def _computing(tree: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """Yield the nodes that compute, without messages, annotations, decorators and type imports."""
    for field, value in ast.iter_fields(tree):
        if field in {"annotation", "returns", "decorator_list", "type_params"}:
            continue
        for node in value if isinstance(value, list) else [value]:
            if not isinstance(node, ast.AST) or _is_left_out(node):
                continue
            if isinstance(node, (ast.expr, ast.stmt)):
                yield node
            yield from _computing(node)


def _is_left_out(node: ast.AST) -> bool:
    if isinstance(node, (ast.Raise, ast.JoinedStr, ast.Assert)):
        return True
    return isinstance(node, ast.If) and _text(node.test) == "TYPE_CHECKING"


def _variants(node: ast.expr | ast.stmt) -> Iterator[ast.AST]:
    """Yield the possible replacements of a node."""
    match node:
        case ast.Compare(ops=[operator]) if type(operator) in COMPARISONS:
            yield _with(node, ops=[COMPARISONS[type(operator)]()])
        case ast.BinOp() | ast.AugAssign() if type(node.op) in OPERATORS:
            yield _with(node, op=OPERATORS[type(node.op)]())
        case ast.BoolOp():
            yield _with(node, op=ast.And() if isinstance(node.op, ast.Or) else ast.Or())
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.Constant(value=bool(value)):
            yield _with(node, value=not value)
        case ast.Constant(value=int(value)):
            yield _with(node, value=value + 1)
        case ast.Constant(value=float(value)):
            yield _with(node, value=2 * value or 1.0)
        case ast.If() | ast.While() | ast.IfExp():
            yield _with(node, test=ast.UnaryOp(ast.Not(), node.test))
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            yield _with(node, value=ast.Constant(None))
        case ast.Expr(value=ast.Call()):
            yield ast.Pass()
        case ast.Break():
            yield ast.Continue()
        case ast.Continue():
            yield ast.Break()
    if isinstance(node, ast.AugAssign):
        yield ast.Pass()


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _with(node: ast.AST, **changes: object) -> ast.AST:
    changed = copy.copy(node)
    for name, value in changes.items():
        setattr(changed, name, value)
    return changed


def _replace(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    ast.copy_location(new, old)
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, field, new)
            elif isinstance(value, list) and any(one is old for one in value):
                setattr(parent, field, [new if one is old else one for one in value])
