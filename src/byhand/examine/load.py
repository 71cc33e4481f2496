"""Loads a learner's file without running its script: imports, functions, classes, constants.

A script that trains at its top level would train before it could be examined. So only definitions
are run, in the file itself and in the files beside it that it imports. The rest of the top level is
skipped, and the names it would have defined are kept for messages.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from byhand.examine.find_functions import candidates
from byhand.examine.notebook import NOTEBOOK, source_of

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

    def exec_module(self, module: ModuleType) -> None:
        """Run the definitions."""
        module.__dict__["_byhand_missing"] = Missing
        super().exec_module(module)
        for node in self.tree.body:
            if isinstance(node, (ast.Assign, ast.AnnAssign)):  # one that failed was skipped, too
                left = {name for name in _assigned(node) if name not in vars(module)}
                self.skipped |= dict.fromkeys(left, node.lineno)

    def get_code(self, fullname: str) -> Any:  # noqa: ARG002 - no cached code: it holds everything
        """Return the code of the definitions."""
        data = self.get_data(self.path)
        self.tree = ast.parse(source_of(data) if self.path.endswith(NOTEBOOK) else data, self.path)
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
        """Names that constants of the file may call: no function that may train."""
        assigned = {
            name
            for node in self.tree.body
            if isinstance(node, (ast.Assign, ast.AnnAssign))
            for name in _assigned(node)
        }
        functions = [node.name for node in self.tree.body if isinstance(node, ast.FunctionDef)]
        return HARMLESS | assigned | set(candidates(functions)["init"])


class Beside(MetaPathFinder):
    """Finds the files beside the learner's file, of which only the definitions are run, too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loaders: list[Definitions] = []

    def find_spec(self, fullname: str, *_: Any) -> ModuleSpec | None:
        """Return how to load a file of the folder; None for every other module."""
        file = self.folder / f"{fullname}.py"
        if "." in fullname or not file.is_file():
            return None
        self.loaders.append(Definitions(fullname, str(file)))
        return importlib.util.spec_from_loader(fullname, self.loaders[-1])


@dataclass(frozen=True)
class Loaded:
    """A learner's file whose definitions have run.

    Args:
        module: its module.
        tree: its source, and that of the files beside it that it imports.
        skipped: the names that its script would have defined, and their lines.
    """

    module: ModuleType
    tree: ast.Module
    skipped: dict[str, int]


@dataclass(frozen=True)
class Family:
    """A learner's module and those of the files beside it.

    Args:
        names: names of the modules.
        files: their files.
    """

    names: frozenset[str]
    files: frozenset[str]

    def has(self, value: Any) -> bool:
        """Return whether an object belongs to a class of these modules."""
        return type(value).__module__ in self.names


@cache
def family(module: ModuleType) -> Family:
    """Return the learner's module and the modules that it imported from the same folder."""
    folder = Path(str(module.__file__)).parent
    files = {
        name: str(one.__file__)
        for name, one in list(sys.modules.items())
        if isinstance(getattr(one, "__loader__", None), Definitions)
        and Path(str(one.__file__)).parent == folder
    }
    files[module.__name__] = str(module.__file__)
    return Family(frozenset(files), frozenset(files.values()))


def own_functions(module: ModuleType) -> dict[str, Callable[..., Any]]:
    """Return the functions of a module that are the learner's own."""
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ in family(module).names
    }


def own_classes(module: ModuleType) -> dict[str, type]:
    """Return the classes of a module that are the learner's own."""
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isclass(value) and value.__module__ in family(module).names
    }


def load_definitions(path: Path) -> Loaded:
    """Run the definitions of a Python file, or of the code cells of a notebook.

    Raises:
        Exception: whatever the file raises.
    """
    sys.path.insert(0, str(path.parent))
    beside = Beside(path.parent)
    sys.meta_path.insert(0, beside)
    loader = Definitions(path.stem, str(path))
    spec = importlib.util.spec_from_loader(path.stem, loader)
    if spec is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclasses look their module up
    loader.exec_module(module)
    trees = [loader.tree, *(one.tree for one in beside.loaders)]
    body = [node for tree in trees for node in tree.body]
    skipped = {name: line for one in beside.loaders for name, line in one.skipped.items()}
    return Loaded(module, ast.Module(body, type_ignores=[]), {**skipped, **loader.skipped})


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
    made: list[ast.stmt] = [ast.Pass()]
    for alias in node.names:
        if alias.name == "*":
            continue
        module = node.module if isinstance(node, ast.ImportFrom) else alias.name
        bound = alias.asname or alias.name.split(".")[0]
        if alias.name == "cupy":  # NumPy on a graphics card
            made.append(ast.parse(f"import numpy as {bound}").body[0])
            continue
        made.append(ast.parse(f"{bound} = _byhand_missing({module or bound!r})").body[0])
    return made
