"""Loads a program's four modules from a folder, and mixes functions of two programs."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

from byhand.hunt.bug import MODULES

DIGITS = Path(str(resources.files("byhand.data").joinpath("digits.npz")))
"""The digits that come with byhand; a player's folder has a copy."""


def load_program(folder: Path) -> SimpleNamespace:
    """Run the four modules of a folder and return them by name: program.network.forward.

    They import each other by these names, so the names are free again afterwards.
    """
    names = [*MODULES]
    before = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        return SimpleNamespace(**{name: importlib.import_module(name) for name in names})
    finally:
        sys.path.remove(str(folder))
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(before)


def right_program() -> SimpleNamespace:
    """Return the program without a mistake."""
    program = load_program(Path(__file__).parent / "program")
    program.data.FILE = DIGITS
    return program


def functions(program: SimpleNamespace) -> Iterator[tuple[str, str, FunctionType]]:
    """Yield module name, name and function of everything that a program defines."""
    for module_name in MODULES:
        module: ModuleType = getattr(program, module_name)
        for name, value in vars(module).items():
            if isinstance(value, FunctionType) and value.__module__ == module.__name__:
                yield module_name, name, value


def settings(program: SimpleNamespace) -> dict[str, Any]:
    """Return the constants of a program, such as "train.RATE", without the path of its data."""
    return {
        f"{module}.{name}": value
        for module in MODULES
        for name, value in vars(getattr(program, module)).items()
        if name.isupper() and name != "FILE"
    }


def transplant(function: FunctionType, module: ModuleType) -> None:
    """Put a function of another program into a module of this one.

    There it calls the functions of this program, but keeps what only its own file defines.
    """
    shared = vars(module)
    for name, value in function.__globals__.items():
        shared.setdefault(name, value)
    moved = FunctionType(
        function.__code__, shared, function.__name__, function.__defaults__, function.__closure__
    )
    moved.__kwdefaults__ = function.__kwdefaults__
    shared[function.__name__] = moved
