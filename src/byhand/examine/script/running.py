"""Runs an instrumented script, and the training functions that it does not call itself."""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from byhand.examine.find_functions import candidates
from byhand.examine.notebook import NOTEBOOK, source_of
from byhand.examine.old_numpy import old_names
from byhand.examine.script import stand_ins
from byhand.examine.script.data_files import Digits
from byhand.examine.script.guard import guarded
from byhand.examine.script.instrument import RECORDER, instrumented
from byhand.examine.script.recorder import Finished, Recorder
from byhand.examine.workspace import UnknownArgumentError, Workspace, role_names, settings

FEW, SOME, MANY = 300, 1500, 60_000
"""Numbers of training images: few are quick, some scripts set 1000 aside, MNIST has 60,000."""

UNITS = 32
"""Hidden units of a network that a training function is asked for."""

EPOCHS, BATCH = 10, 64

CALLS = 6
"""How often a training function is called, which may make only one step."""

PATIENCE = 0.75
"""Fraction of the time of a run in which products without an update may be computed."""


@dataclass(frozen=True)
class Way:
    """A way to run a script.

    Args:
        count: number of training images.
        columns: whether data that could not be read come in columns.
        one_hot: whether their labels are one-hot.
        bare: whether tables have no names of columns; None where the script tells.
        function: name of a function or a class with `fit` to call after the script, or None.
        each: whether that function gets one example at a time.
    """

    count: int = FEW
    columns: bool = False
    one_hot: bool = False
    bare: bool | None = None
    function: str | None = None
    each: bool = False


def run(path: Path, way: Way, seconds: float) -> Recorder:
    """Run a script until enough has been seen, and return what it computed.

    Args:
        path: the script.
        way: how to run it.
        seconds: processor time that it may take.
    """
    source = text_of(path)
    data = Digits(way.count, source, way.bare)
    recorder = Recorder(lambda names: data.named(names, way.columns, way.one_hot))
    recorder.unpickled = data.unpickled
    recorder.deadline = time.process_time() + seconds
    recorder.patience = PATIENCE * seconds
    module = ModuleType("__main__")
    vars(module).update({RECORDER: recorder, "__file__": str(path)})
    loader = _Loader("__main__", str(path))
    loader.recorder, loader.forgiving = recorder, True
    with _prepared(path, data, module, recorder), np.errstate(all="ignore"):
        try:
            loader.exec_module(module)
            if way.function is not None:
                _call(module, way, data)
        except Finished:
            pass
        except (Exception, SystemExit) as error:
            recorder.failed(error)
    return recorder


def text_of(path: Path) -> str:
    """Return the source of a script or of a notebook's cells."""
    data = path.read_bytes()
    return source_of(data) if path.suffix == NOTEBOOK else data.decode("utf-8", "replace")


def functions_to_call(source: str) -> list[str]:
    """Return functions and classes of a script that may train, the likeliest first."""
    body = ast.parse(source).body
    defined = [node.name for node in body if isinstance(node, ast.FunctionDef)]
    named = candidates(defined)["train"]
    looping = [
        node.name for node in body
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(one, (ast.For, ast.While)) for one in ast.walk(node))
        and node.name not in named
    ]  # fmt: skip
    classes = [
        node.name for node in body
        if isinstance(node, ast.ClassDef)
        and candidates([one.name for one in node.body if isinstance(one, ast.FunctionDef)])["train"]
    ]  # fmt: skip
    return [*classes, *named, *looping]


@contextmanager
def _prepared(path: Path, data: Digits, module: ModuleType, recorder: Recorder) -> Iterator[None]:
    """Return a context with stand-ins, guards, and the script as the main module."""

    def is_beside(_: str, one: ModuleType) -> bool:
        return Path(getattr(one, "__file__", None) or os.devnull).parent == path.parent

    argv, main, search = sys.argv, sys.modules["__main__"], list(sys.path)
    beside = _Beside(path.parent, recorder)
    with old_names(), stand_ins.installed(data):
        loaded = stand_ins.without(is_beside)  # they were loaded without reports
        sys.meta_path.insert(0, beside)
        sys.argv, sys.modules["__main__"] = [str(path)], module
        sys.path.insert(0, str(path.parent))
        try:
            with guarded(path.parent, data):
                yield
        finally:
            sys.argv, sys.path[:], sys.modules["__main__"] = argv, search, main
            sys.meta_path.remove(beside)
            stand_ins.without(is_beside)
            sys.modules.update(loaded)


class _Beside(importlib.abc.MetaPathFinder):
    """Finds files beside the script and in its folders, which report to the recorder, too."""

    def __init__(self, folder: Path, recorder: Recorder) -> None:
        self.folder, self.recorder = folder, recorder

    def find_spec(self, fullname: str, *_: Any) -> importlib.machinery.ModuleSpec | None:
        """Return how to load a file; None for every other module."""
        file = self.folder.joinpath(*fullname.split(".")).with_suffix(".py")
        if not file.is_file():
            return None
        loader = _Loader(fullname, str(file))
        loader.recorder = self.recorder
        return importlib.machinery.ModuleSpec(fullname, loader, origin=str(file))


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads a file that reports to the recorder."""

    recorder: Recorder
    forgiving = False

    def exec_module(self, module: ModuleType) -> None:
        """Run the file."""
        vars(module)[RECORDER] = self.recorder
        super().exec_module(module)

    def get_code(self, fullname: str) -> Any:  # noqa: ARG002 - no cached code
        """Return the rewritten code."""
        tree = instrumented(ast.parse(text_of(Path(self.path))), forgiving=self.forgiving)
        return compile(tree, self.path, "exec", dont_inherit=True)


# --- functions that the script does not call ----------------------------------------------------


def _call(module: ModuleType, way: Way, data: Digits) -> None:
    """Call a training function, or the `fit` of a class, with digits."""
    target = getattr(module, way.function or "")
    space = Workspace(_arguments(data, way))
    if isinstance(target, type):
        instance = space.call(target)
        names = [name for name in dir(target) if not name.startswith("__")]
        found = candidates(names)
        target = getattr(instance, [*found["train"], *found["train_step"]][0])
    taken = role_names(target)
    if "X" not in taken:
        raise UnknownArgumentError("X")
    if "y" not in taken:  # examples and labels in one list
        space.roles |= _pairs(data, way)
    for place in range(CALLS):
        if way.each:
            space.roles |= _example(data, way, place)
        space.call(target)


def _arguments(data: Digits, way: Way) -> dict[str, Any]:
    images, labels = (data.named(name, way.columns, way.one_hot) for name in ("x_train", "y_train"))
    held_out = [data.named(name, way.columns, way.one_hot) for name in ("x_test", "y_test")]
    sizes = [images.shape[0 if way.columns else 1], UNITS, 10]
    return settings(None, EPOCHS, UNITS) | {
        "X": images, "y": labels, "X_val": held_out[0], "y_val": held_out[1], "sizes": sizes,
        "n_in": sizes[0], "n_out": sizes[-1], "batch_size": BATCH, "n": data.count, "rate": 0.1,
    }  # fmt: skip


def _pairs(data: Digits, way: Way) -> dict[str, Any]:
    """Return lists of pairs of an example and its label."""
    return {
        "X": data.pairs("train", way.columns, way.one_hot),
        "X_val": data.pairs("test", way.columns, one_hot=False),
    }


def _example(data: Digits, way: Way, place: int) -> dict[str, Any]:
    """Return one example and its label."""
    x, y = data.pairs("train", way.columns, way.one_hot)[place]
    return {"X": x, "y": y}
