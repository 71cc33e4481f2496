"""A backend overrides every marked function, by functions that point to their formulas."""

from __future__ import annotations

import importlib.util
import inspect
import pkgutil
import re
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from tests.kernels.cases import CASES

import byhand
from byhand import backend, kernels
from byhand.augmentation import warp
from byhand.kernels import in_place
from byhand.kernels.in_place import constants
from byhand.network.losses import Loss

FOLDER = Path(kernels.__file__).parent
HAVE_NUMBA = importlib.util.find_spec("numba") is not None
IN_PLACE = ["activations", "constants", "layers", "losses", "updates"]
COMPILED = ["compiled", "augmentation", "updates", "parallel.pool", "parallel.products"]
MODULES = [f"in_place.{name}" for name in IN_PLACE] + (COMPILED if HAVE_NUMBA else [])
OVERRIDING = ["in_place", "compiled"] if HAVE_NUMBA else ["in_place"]

OF_IMAGES = {(warp, "warp")}
"""Compiled only, as its formula works in blocks anyway; `test_augmentation.py` compares the two."""


def overrides_of(name):
    return import_module(f"byhand.kernels.{name}").OVERRIDES


ENTRIES = [
    pytest.param(key, function, id=f"{name}-{key[0].__name__}.{key[1]}")
    for name in OVERRIDING
    for key, function in overrides_of(name).items()
]


@pytest.fixture(autouse=True)
def _plain(plain):
    """Switch to the plain formulas, to inspect them."""


def marked():
    """Return every (class or module, name) that is marked as overridable where it is defined."""
    for package in ("network", "training"):
        folder = Path(byhand.__file__).parent / package
        for module in pkgutil.walk_packages([str(folder)], f"byhand.{package}."):
            for owner in (owners := import_module(module.name), *vars(owners).values()):
                if owner is not owners and getattr(owner, "__module__", None) != module.name:
                    continue
                for name, value in list(getattr(owner, "__dict__", {}).items()):
                    is_own = getattr(value, "__module__", None) == module.name
                    if is_own and "overridable" in getattr(value, "__dict__", {}):
                        yield owner, name


def test_every_marked_method_is_overridden_in_place():
    """The default method of a user's own loss is the only exception."""
    elsewhere = {(owner, name) for owner, name in marked() if vars(owner)[name] is Loss.write}

    assert set(marked()) - elsewhere <= set(in_place.OVERRIDES)
    assert len(set(marked()) - elsewhere) > 10


@pytest.mark.parametrize(("key", "function"), ENTRIES)
def test_an_override_points_to_the_formula_and_takes_its_arguments(key, function):
    owner, name = key
    original = getattr(owner, name)

    assert original.overridable
    assert original.__module__.split(".")[1] in {"network", "training", "augmentation"}
    where = owner.__name__.split(".")[-1]
    assert inspect.getdoc(function).startswith(f"Override `{where}.{name}`")
    expected = inspect.signature(original).parameters.values()
    found = inspect.signature(function).parameters.values()
    assert [(p.kind, p.default) for p in found] == [(p.kind, p.default) for p in expected]


@pytest.mark.parametrize("name", OVERRIDING)
def test_every_override_is_compared_with_its_formula(name):
    assert set(overrides_of(name)) - OF_IMAGES <= {case.entry for case in CASES}


def test_both_backends_override_the_same_functions():
    pytest.importorskip("numba", reason="Numba is not installed")

    assert set(kernels.overrides("numba")) - OF_IMAGES == set(kernels.overrides("numpy"))


@cache
def text_of_kernels():
    return "\n".join(path.read_text() for path in sorted(FOLDER.rglob("*.py")))


def functions_of(module):
    """Return the names of all functions of a module: plain, cached and compiled ones.

    A cached function is an object of functools, a compiled one an object of Numba; all of them
    record the module that defines them.
    """
    return [
        name
        for name, value in vars(module).items()
        if callable(value)
        and not inspect.isclass(value)
        and getattr(value, "__module__", None) == module.__name__
    ]


@pytest.mark.parametrize("name", MODULES)
def test_no_function_of_kernels_is_unused(name):
    names = functions_of(import_module(f"byhand.kernels.{name}"))
    used_by_others = {"available", "hold"}  # by byhand.backend and byhand.threads

    unused = [n for n in names if len(re.findall(rf"\b{n}\b", text_of_kernels())) < 2]
    assert set(unused) <= used_by_others


def test_functions_of_all_kinds_are_found():
    assert "adam" in functions_of(in_place.updates)
    assert {"ones", "row_starts"} <= set(functions_of(constants))
    if HAVE_NUMBA:
        from byhand.kernels import updates
        from byhand.kernels.parallel import machine

        assert {"adam", "_adam", "_adam_in_parts"} <= set(functions_of(updates))
        assert {"compile_kernel", "load"} <= set(functions_of(machine))


@pytest.mark.parametrize("name", backend.BACKENDS)
def test_kernels_offer_the_switch_of_the_backend(name):
    assert kernels.use is backend.use
    assert kernels.active is backend.active
    assert name in kernels.BACKENDS
