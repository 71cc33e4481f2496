"""Runs the tests of a module in a forked process, with the module as it is or changed."""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

SRC = Path("src")

ALIVE, KILLED, TIMED_OUT = "alive", "killed", "timed out"


class Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a changed syntax tree."""

    def __init__(self, path: str, tree: ast.Module) -> None:
        self.path, self.tree = path, tree
        parts = Path(path).with_suffix("").parts[1:]
        self.name = ".".join(part for part in parts if part != "__init__")

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:  # noqa: ARG002
        """Return the changed module's spec if it is the one that is imported."""
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        """Run the changed code in the module."""
        exec(compile(self.tree, self.path, "exec"), module.__dict__)  # noqa: S102 - our own source

    def get_source(self, fullname: str) -> str:  # noqa: ARG002
        """Return the source, which `inspect` asks for."""
        return Path(self.path).read_text()


def run_tests(tests: Sequence[str], limit: float, path: str = "", tree: Any = None) -> str:
    """Run test files up to the first failure; return whether the change stays alive."""
    pid = os.fork()
    if not pid:
        _child(tests, path, tree)
    ends = time.monotonic() + limit
    while time.monotonic() < ends:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return ALIVE if os.waitstatus_to_exitcode(status) == 0 else KILLED
        time.sleep(0.01)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return TIMED_OUT


def _child(tests: Sequence[str], path: str, tree: Any) -> None:
    os.setpgid(0, 0)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    code = 70
    try:
        import pytest

        if tree is not None:
            sys.meta_path.insert(0, Changed(path, tree))
        options = ["-x", "-q", "-p", "no:cacheprovider", "-k", "not numba", "--hypothesis-seed=0"]
        code = int(pytest.main([*options, *tests]))
    finally:
        os._exit(code)
