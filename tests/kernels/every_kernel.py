"""`python -m tests.kernels.every_kernel`: call every compiled kernel on small arrays.

Run it where a wrong access to memory is noticed: with `--guard after` or `--guard before`, between
untouchable pages; under Valgrind; or with NUMBA_BOUNDSCHECK=1. Each call is printed before it is
made, so the last line names the one at fault.
"""

from __future__ import annotations

import argparse
import os
from contextlib import nullcontext
from types import ModuleType

import numpy as np

import byhand.arrays
from byhand import backend

SHAPES = (1, 1), (3, 5), (16, 16), (17, 33)
"""Rows and columns of the arrays: whole vectors of the CPU, and rests of every kind."""

SIZES = (1, 1, 1), (7, 3, 5), (16, 32, 64), (33, 65, 17), (3, 200, 2), (70, 9, 130)
"""Rows, inner size and columns of matrix products."""

KERNELS = "compiled", "updates", "sparse", "augmentation", "parallel.products"
"""Modules of kernels, of which each must be called."""


def main() -> None:
    """Call every kernel in the requested way; print what was not called, and fail if any."""
    parser = argparse.ArgumentParser(prog="python -m tests.kernels.every_kernel")
    parser.add_argument("--guard", choices=["after", "before"], help="untouchable pages")
    parser.add_argument("--parts", type=int, default=1, help="run each kernel in parts (1)")
    arguments = parser.parse_args()
    byhand.arrays.aligned_zeros = np.zeros  # no free memory around the arrays
    backend.use("plain")  # the cases compute their inputs with the formulas
    from byhand.kernels.parallel import pool

    modules = _modules()
    in_parts = pool.hold(arguments.parts) if pool.available() else nullcontext()
    with in_parts:
        _divide_small_ones(modules)
        if arguments.guard:
            from tests.kernels.guard_pages import guard

            guard(arguments.guard)
        _overrides()
        _products(modules["parallel.products"], modules["sparse"])
        _images(modules["augmentation"])
    missing = [name for module in modules.values() for name in _not_called(module)]
    print("not called:" if missing else "every kernel was called", *missing, flush=True)
    os._exit(bool(missing))  # without the interpreter's end, which frees arrays in any order


def _modules() -> dict[str, ModuleType]:
    from importlib import import_module

    return {name: import_module(f"byhand.kernels.{name}") for name in KERNELS}


def _divide_small_ones(modules: dict[str, ModuleType]) -> None:
    """Let even the smallest arrays be divided into parts."""
    for module in modules.values():
        for name in ("SMALL", "SMALL_FOR_ONE", "LARGE"):
            if hasattr(module, name):
                setattr(module, name, 0)


def _say(*words: object) -> None:
    print(*words, flush=True)


def _overrides() -> None:
    """Call every override of a formula, in every variant."""
    from tests.kernels.cases import cases_of

    from byhand.kernels.compiled import OVERRIDES

    for case in cases_of(OVERRIDES):
        for dtype in (np.float32, np.float64):
            for shape in SHAPES:
                _say(case, dtype.__name__, shape)
                OVERRIDES[case.entry](*case.call(7, dtype, shape).arguments)


def _products(products: ModuleType, sparse: ModuleType) -> None:
    """Multiply matrices, as they are and transposed, and such with many zeros."""
    for dtype in (np.float32, np.float64):
        rng = np.random.default_rng(0)
        for n, inner, columns in SIZES:
            for turned in ("", "a", "b", "ab"):
                a, b = rng.normal(size=(n, inner)), rng.normal(size=(inner, columns))
                a, b = (
                    np.array(one.T, dtype).T if name in turned else np.array(one, dtype)
                    for name, one in (("a", a), ("b", b))
                )
                _say("product", dtype.__name__, (n, inner, columns), turned)
                products.product(a, b, np.empty((n, columns), dtype))
        for n, inputs in ((1, 8), (5, 16), (64, 24), (3, 200)):
            x = rng.normal(size=(n, inputs)) * (rng.random((n, inputs)) < 0.1)
            x, w = x.astype(dtype), rng.normal(size=(inputs, 101)).astype(dtype)
            z = np.empty((n, 101), dtype)
            _say("sparse product", dtype.__name__, (n, inputs))
            sparse.product(x, w, z)
            sparse.product(x.T, z, np.empty_like(w))


def _images(augmentation: ModuleType) -> None:
    """Distort images of several sizes."""
    from byhand.augmentation import Augmentation, warp

    warp.warp = augmentation.warp
    elastic = Augmentation(2, 25, 0.2, 0.2, elastic=40, sigma=5, flip=0.5)
    for size in ((1, 1), (5, 40), (33, 3), (28, 28)):
        for options in (elastic, Augmentation(2, 25, 0.2, 0.2)):
            images = np.random.default_rng(4).integers(0, 256, (7, *size), dtype=np.uint8)
            _say("warp", size, options)
            options.with_keys(images, np.arange(7, dtype=np.uint64))


def _not_called(module: ModuleType) -> list[str]:
    """Return the kernels of a module that were never called, neither alone nor within others."""
    kernels = {
        name: value
        for name, value in vars(module).items()
        if hasattr(value, "py_func") and value.__module__ == module.__name__
    }
    inner = {name for kernel in kernels.values() for name in kernel.py_func.__code__.co_names}
    return [
        f"{module.__name__}.{name}"
        for name, kernel in kernels.items()
        if name not in inner and not kernel.signatures
    ]


if __name__ == "__main__":
    main()
