"""The text of `byhand --version`: everything that the numbers depend on."""

from __future__ import annotations

import io
import platform
import warnings
from contextlib import redirect_stderr
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from byhand import __version__, backend
from byhand.errors import ByhandError
from byhand.threads import blas_name, cores


def version_lines() -> list[str]:
    """Return one line for byhand, Python, NumPy, Numba, the kernels in use, and the machine."""
    return [
        f"byhand {__version__}",
        f"Python {platform.python_version()} ({platform.python_implementation()})",
        f"NumPy {np.__version__} (BLAS: {blas_name()})",
        f"Numba {_installed('numba')}",
        f"kernels {_kernels()}",
        f"platform {platform.platform()}, cores: {cores()}",
    ]


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _kernels() -> str:
    """Return the backend in use and its threads, or why there is none or a slower one.

    Loading compiled kernels announces a compilation, which does not happen here.
    """
    try:
        with warnings.catch_warnings(record=True) as caught, redirect_stderr(io.StringIO()):
            name = backend.active()
            threads = "of the BLAS" if backend.pool() is None else "own pool"
        reasons = "".join(f"; {warning.message}" for warning in caught)
        return f"{name} (threads: {threads}){reasons}"
    except ByhandError as error:  # a wrong BYHAND_KERNELS must not hide the versions
        return f"none: {error}"
