"""Runs the tests that reach a changed function, in processes forked from one that has loaded them.

The host process imports the library and collects the tests once. Each change is put into the
functions of a fork of it, so that a trial costs little more than its tests. A change of a module's
body, such as a constant, cannot be put in afterwards: its trial imports the library again.
"""

from __future__ import annotations

import ast
import gc
import importlib.abc
import importlib.util
import inspect
import math
import os
import pickle
import resource
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import pytest

from benchmarks.mutation.mutants import Mutant

ALIVE, KILLED, TIMED_OUT, UNREACHED = "alive", "killed", "timed out", "not reached"
NOT_TRIED = "not tried: the harness failed"

SURVIVES = ALIVE, UNREACHED, NOT_TRIED

OPTIONS = ["-x", "-q", "-p", "no:cacheprovider", "-k", "not numba"]

FAILED, BROKEN = 1, 70
"""Exit codes of a trial: a test failed, or the trial itself."""

LONGEST = 300.0
"""Seconds of processor time for the slow tests."""

PATIENCE = 20
"""Seconds to wait for each second of processor time that a trial may take."""


def try_mutants(
    mutants: Sequence[Mutant],
    tests: Sequence[str],
    later: Sequence[str],
    ends: float,
    options: Sequence[str] = OPTIONS,
) -> Iterator[tuple[Mutant, str]]:
    """Yield each change of one module with its outcome, until time.monotonic() is `ends`.

    Args:
        mutants: the changes.
        tests: files or folders of tests.
        later: files of slow tests, which run only for changes that the others do not notice.
        ends: time.monotonic() after which no further change is tried.
        options: arguments of pytest.

    Raises:
        RuntimeError: the tests fail on the module as it is.
    """
    words = [*options, *tests, *later]
    receiver, sender = os.pipe()
    host = os.fork()
    if not host:
        os.close(receiver)
        _quietly(lambda: int(pytest.main(words, [_Host(mutants, later, ends, sender)])))
    os.close(sender)
    with os.fdopen(receiver, "rb") as stream:
        while True:
            try:
                place, result = pickle.load(stream)  # noqa: S301 - written by our own fork
            except EOFError:
                break
            mutant = mutants[place]
            if isinstance(result, float):  # this process has not imported the library yet
                result = _result(_anew(mutant, words), result)
            yield mutant, result
    _, status = os.waitpid(host, 0)
    if status:
        raise RuntimeError(f"the tests of {mutants[0].module} fail: {' '.join(tests)}")


class _Host:
    """A pytest plugin that tries the changes instead of running the tests."""

    def __init__(
        self, mutants: Sequence[Mutant], later: Sequence[str], ends: float, sender: int
    ) -> None:
        self.mutants, self.ends, self.sender = mutants, ends, sender
        self.later = {Path(name).resolve() for name in later}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests once to record what they reach, then once for each change."""
        if not self.mutants:
            return True
        path = Path(self.mutants[0].module).resolve()
        original = _codes(compile(path.read_text(), str(path), "exec", dont_inherit=True))
        later = [item for item in session.items if item.path in self.later]
        tests = [item for item in session.items if item.path not in self.later]
        reached, seconds = _reach(session, tests, original)
        for place, mutant in enumerate(self.mutants):
            if time.monotonic() > self.ends:
                break
            changes = _changes(original, mutant.tree, str(path))
            if changes is None:
                result: str | float = LONGEST + 10 * sum(seconds)
            else:
                keys = set(changes)
                chosen = [i for i, codes in enumerate(reached) if codes & keys]
                chosen.sort(key=seconds.__getitem__)
                items = [tests[i] for i in chosen]
                limit = 10 + 10 * sum(seconds[i] for i in chosen)
                result = _result(_patched(session, items, original, changes), limit)
                if result == ALIVE and later:
                    result = _result(_patched(session, later, original, changes), LONGEST)
                if result == ALIVE and not items:
                    result = UNREACHED
            os.write(self.sender, pickle.dumps((place, result)))
        return True


Key = tuple[str, int, int]
"""Qualified name and first line of a function, and its place among those that share both."""


def _codes(module: CodeType) -> dict[Key, CodeType]:
    """Return the code objects of a module, including functions within functions."""
    found: dict[Key, CodeType] = {}
    counts = Counter[tuple[str, int]]()
    waiting = [module]
    while waiting:
        code = waiting.pop()
        name = code.co_qualname, code.co_firstlineno
        found[*name, counts[name]] = code
        counts[name] += 1
        waiting += [one for one in code.co_consts if isinstance(one, CodeType)]
    return found


def _changes(
    original: dict[Key, CodeType], tree: ast.Module, path: str
) -> dict[Key, CodeType] | None:
    """Return the functions that a change alters; None if it alters a module or class body.

    A function within another is made anew at each call, so the outer one is altered as well.
    """
    changed = _codes(compile(tree, path, "exec", dont_inherit=True))
    found = {
        key: code
        for key, code in changed.items()
        if key in original and _own(code) != _own(original[key])
    }
    is_body = any(not _is_function(code) or _runs_in_body(code) for code in found.values())
    return None if is_body or not found else found


def _is_function(code: CodeType) -> bool:
    return bool(code.co_flags & inspect.CO_OPTIMIZED)


def _runs_in_body(code: CodeType) -> bool:
    """Return whether it is a comprehension of a module or class body, which runs at the import."""
    is_nested = "<locals>" in code.co_qualname
    return code.co_name.startswith("<") and code.co_name != "<lambda>" and not is_nested


def _own(code: CodeType) -> tuple[object, ...]:
    """Return a function's code, or that of a module or class without its functions."""
    constants = [
        repr(one) if not isinstance(one, CodeType) else _own(one) if _is_function(code) else ""
        for one in code.co_consts
    ]
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars


def _reach(
    session: pytest.Session, tests: Sequence[pytest.Item], original: dict[Key, CodeType]
) -> tuple[list[set[Key]], list[float]]:
    """Return the module's functions that each test reaches, and the seconds that each takes.

    The tests run in a fork, so that their caches do not hide a change later.
    """
    receiver, sender = os.pipe()
    if not os.fork():
        os.close(receiver)
        keys = {code: key for key, code in original.items()}
        _quietly(lambda: _record(session, tests, keys, sender))
    os.close(sender)
    with os.fdopen(receiver, "rb") as stream:
        content = stream.read()
    _, status = os.wait()
    if status:
        os._exit(FAILED)
    reached, seconds = pickle.loads(content)  # noqa: S301 - written by our own fork
    return reached, seconds


def _record(
    session: pytest.Session, tests: Sequence[pytest.Item], keys: dict[CodeType, Key], sender: int
) -> int:
    reached: list[set[Key]] = []
    seconds: list[float] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code in keys:
            reached[-1].add(keys[frame.f_code])

    def before() -> None:
        reached.append(set())
        seconds.append(time.process_time())

    def after() -> None:
        seconds[-1] = time.process_time() - seconds[-1]

    threading.setprofile(note)
    sys.setprofile(note)
    code = _run(session, tests, before, after)
    sys.setprofile(None)
    with os.fdopen(sender, "wb") as stream:
        stream.write(pickle.dumps((reached, seconds)))
    return code


def _run(
    session: pytest.Session,
    items: Sequence[pytest.Item],
    before: Callable[[], object] = lambda: None,
    after: Callable[[], object] = lambda: None,
) -> int:
    """Run tests up to the first failure; return the exit code, 0 if there are no tests."""
    for item, following in zip(items, [*items, None][1:], strict=True):
        before()
        try:
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        except KeyboardInterrupt:  # the test's own, which reached nobody who should handle it
            return FAILED
        after()
        if session.testsfailed:
            return FAILED
    return 0


def _patched(
    session: pytest.Session,
    items: Sequence[pytest.Item],
    original: dict[Key, CodeType],
    changes: dict[Key, CodeType],
) -> Callable[[], int]:
    """Return a trial that puts changed code into the functions that exist."""

    def trial() -> int:
        changed = {original[key]: code for key, code in changes.items()}
        for function in gc.get_objects():
            if type(function) is FunctionType and function.__code__ in changed:
                function.__code__ = changed[function.__code__]
        return _run(session, items)

    return trial


def _anew(mutant: Mutant, words: list[str]) -> Callable[[], int]:
    """Return a trial that imports the library with the changed module."""

    def trial() -> int:
        sys.meta_path.insert(0, _Changed(mutant.module, mutant.tree))
        return int(pytest.main(words))

    return trial


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a changed syntax tree."""

    def __init__(self, path: str, tree: ast.Module) -> None:
        self.path, self.tree = path, tree
        parts = Path(path).with_suffix("").parts[1:]
        self.name = ".".join(part for part in parts if part != "__init__")

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:  # noqa: ARG002
        """Return the changed module's spec if that module is imported."""
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        """Run the changed code in the module."""
        exec(compile(self.tree, self.path, "exec"), module.__dict__)  # noqa: S102 - our own source

    def get_source(self, fullname: str) -> str:  # noqa: ARG002
        """Return the source for `inspect`."""
        return Path(self.path).read_text()


def _result(trial: Callable[[], int], limit: float) -> str:
    """Run a trial in a fork with a limit of processor time; return whether the change survives."""
    pid = os.fork()
    if not pid:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(limit), resource.RLIM_INFINITY))
        _quietly(trial)
    ends = time.monotonic() + PATIENCE * limit
    while time.monotonic() < ends:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            named = {0: ALIVE, BROKEN: NOT_TRIED, -signal.SIGXCPU: TIMED_OUT}
            return named.get(code, KILLED)
        time.sleep(0.01)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return TIMED_OUT


def _quietly(function: Callable[[], int]) -> None:
    """Print nothing, and end the process with a function's return value."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    code = BROKEN
    try:
        code = function()
    finally:
        os._exit(code)
