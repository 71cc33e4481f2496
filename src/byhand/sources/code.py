"""Shows lines of byhand itself, so that a page's formulas are the ones that run."""

from __future__ import annotations

import ast
from importlib import resources

from byhand.errors import unknown_name

Definition = ast.ClassDef | ast.FunctionDef


def code(file: str, name: str) -> None:
    """Print a function, method or class of byhand as written in its file, without its docstring.

    This is the formula as written, even if a faster function overrides it when it is called.

    Args:
        file: path within the package, such as "network/losses.py".
        name: name of the definition, such as "softmax" or "CategoricalCrossEntropy.gradient".

    Raises:
        ArgumentError: the file has no such definition.
    """
    text = resources.files("byhand").joinpath(file).read_text("utf-8")
    node: ast.AST = ast.parse(text)
    for part in name.split("."):
        node = _definition(node, part, file)
    assert isinstance(node, Definition)  # noqa: S101 - _definition returns nothing else
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    skipped = _docstring_lines(node)
    print(f"# byhand/{file}, line {first}")  # noqa: T201 - a page shows it
    for number, line in enumerate(text.splitlines(), start=1):
        if first <= number <= (node.end_lineno or first) and number not in skipped:
            print(line)  # noqa: T201


def _definition(node: ast.AST, name: str, file: str) -> Definition:
    found = {one.name: one for one in getattr(node, "body", ()) if isinstance(one, Definition)}
    if name not in found:
        raise unknown_name(f"definition in {file}:", name, found)
    return found[name]


def _docstring_lines(node: Definition) -> range:
    first = node.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return range(first.lineno, (first.end_lineno or first.lineno) + 1) if is_docstring else range(0)
