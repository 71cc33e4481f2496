"""Loads a learner's file without running its script: imports, functions, classes, constants.

A script that trains at its top level would train before it could be examined. So only definitions
are run. The rest of the top level is skipped, and the names it would have defined are kept for
messages.
"""

from __future__ import annotations

import ast
import importlib.util
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

HARMLESS = {
    "np", "numpy", "math", "range", "len", "list", "dict", "tuple", "set", "float", "int", "zip",
    "abs", "min", "max", "sum", "sorted", "enumerate", "namedtuple", "dataclass", "field",
    "TypeVar", "Path",
}  # fmt: skip
"""Names whose calls may be run in a constant of the file."""

READERS = ("load", "genfromtxt", "fromfile", "memmap", "open", "fetch")
"""Beginnings of the names of functions that read data; a line with one is skipped."""


class Missing:
    """Placeholder for a module that is not installed; using it is an error."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        raise ModuleNotFoundError(f"{self._name} is not installed, and this line needs it")

    def __call__(self, *_: object, **__: object) -> Any:
        """Raise the error."""
        return self.called

    @property
    def called(self) -> Any:
        """The error, as an attribute."""
        raise ModuleNotFoundError(f"{self._name} is not installed, and this line needs it")


class Definitions(SourceFileLoader):
    """A loader that runs only definitions."""

    skipped: dict[str, int]
    tree: ast.Module

    def get_code(self, fullname: str) -> Any:  # noqa: ARG002 - no cached code: it holds everything
        """Return the code of the definitions."""
        self.tree = ast.parse(self.get_data(self.path), self.path)
        self.skipped = {}
        body: list[ast.stmt] = []
        for node in self.tree.body:
            if _defines(node, self._local_names()):
                body += _guarded(node)
            else:
                self.skipped |= dict.fromkeys(_assigned(node), node.lineno)
        kept = ast.Module(body, type_ignores=[])
        return compile(ast.fix_missing_locations(kept), self.path, "exec", dont_inherit=True)

    def _local_names(self) -> set[str]:
        """Names that constants of the file may call: not its functions, which may train."""
        return HARMLESS | {
            name
            for node in self.tree.body
            if isinstance(node, (ast.Assign, ast.AnnAssign))
            for name in _assigned(node)
        }


def load_definitions(path: Path) -> tuple[ModuleType, Definitions]:
    """Run the definitions of a file; return its module, and the loader with the skipped names.

    Raises:
        Exception: whatever the file raises.
    """
    sys.path.insert(0, str(path.parent))
    loader = Definitions(path.stem, str(path))
    spec = importlib.util.spec_from_loader(path.stem, loader)
    if spec is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclasses look their module up
    module.__dict__["_byhand_missing"] = Missing
    loader.exec_module(module)
    return module, loader


# --- which statements run -----------------------------------------------------------------------


def _defines(node: ast.stmt, callable_names: set[str]) -> bool:
    if isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)):
        return True
    if isinstance(node, ast.Try):
        return all(_defines(inner, callable_names) for inner in node.body)
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.Expr)) and node.value is not None:
        calls = [inner for inner in ast.walk(node.value) if isinstance(inner, ast.Call)]
        return all(_is_harmless(call, callable_names) for call in calls)
    return False


def _is_harmless(call: ast.Call, callable_names: set[str]) -> bool:
    name = ast.unparse(call.func)
    inner = call.func
    while isinstance(inner, (ast.Attribute, ast.Subscript, ast.Call)):
        inner = inner.func if isinstance(inner, ast.Call) else inner.value
    root = inner.id if isinstance(inner, ast.Name) else ""
    return root in callable_names and not name.split(".")[-1].startswith(READERS)


def _assigned(node: ast.stmt) -> set[str]:
    return {
        inner.id
        for inner in ast.walk(node)
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)
    }


def _guarded(node: ast.stmt) -> list[ast.stmt]:
    """Return a statement that fails quietly if it is an import or a constant."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Try)):
        return [node]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            return [node]
        return [_attempt(node, "ImportError", _placeholders(node))]
    return [_attempt(node, "Exception", [ast.Pass()])]


def _attempt(node: ast.stmt, error: str, otherwise: list[ast.stmt]) -> ast.stmt:
    handler = ast.ExceptHandler(ast.Name(error, ast.Load()), None, otherwise)
    attempt = ast.Try([node], [handler], [], [])
    return ast.copy_location(attempt, node)


def _placeholders(node: ast.Import | ast.ImportFrom) -> list[ast.stmt]:
    made: list[ast.stmt] = []
    for alias in node.names:
        module = node.module if isinstance(node, ast.ImportFrom) else alias.name
        bound = alias.asname or alias.name.split(".")[0]
        made.append(ast.parse(f"{bound} = _byhand_missing({module or bound!r})").body[0])
    return made
