"""Where the matrix product is in the BLAS that NumPy brings, for compiled kernels to call.

NumPy's `dot` hands a whole product to its BLAS. A thread that makes a part of it calls the same
routine of the same library, which is found by its address.
"""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from byhand.arrays import FloatArray


class Products(NamedTuple):
    """The addresses of the routines for float32 and float64."""

    single: int
    double: int
    unit: np.signedinteger[Any]
    """A one, of the type of their whole numbers."""
    small: int
    """Multiply-adds up to which a product is made without copying A and B first; 0: none is."""

    def address(self, out: FloatArray) -> int:
        """Of the routine for the precision of `out`."""
        return self.single if out.itemsize == 4 else self.double


SMALL = {"SkylakeX": 1_000_000, "Cooperlake": 1_000_000, "SapphireRapids": 1_000_000}
"""`Products.small` of OpenBLAS's kernels for CPUs with AVX-512, of any maker
(github.com/OpenMathLib/OpenBLAS/pull/3335); for other CPUs it has none like them."""


@cache
def find() -> Products | None:
    """The routines of NumPy's OpenBLAS; None where NumPy has another BLAS, or it is not found.

    Only of a build whose number of threads holds for the whole process: of one that shares its
    work by OpenMP it would hold for the asking thread alone.
    """
    from threadpoolctl import ThreadpoolController

    libraries = ThreadpoolController().select(user_api="blas").lib_controllers
    # SciPy and others bring one of their own; NumPy's wheels keep theirs beside the package.
    beside_numpy = [library for library in libraries if _beside_numpy(Path(library.filepath))]
    candidates = beside_numpy or libraries
    if len(candidates) != 1 or candidates[0].internal_api != "openblas":
        return None
    library: Any = candidates[0]
    if library.threading_layer != "pthreads":
        return None
    return routines(library.dynlib, SMALL.get(library.architecture, 0))


def routines(library: ctypes.CDLL, small: int = 0) -> Products | None:
    """The routines of an OpenBLAS, whatever its builder has put around their names."""
    for prefix, suffix in (("scipy_", "64_"), ("scipy_", ""), ("", "64_"), ("", "")):
        single, double = (f"{prefix}cblas_{kind}gemm{suffix}" for kind in "sd")
        if hasattr(library, single) and hasattr(library, double):
            config = getattr(library, f"{prefix}openblas_get_config{suffix}", None)
            if config is None:
                return None
            config.restype = ctypes.c_char_p
            unit = np.int64(1) if b"USE64BITINT" in config() else np.int32(1)
            return Products(_address(library[single]), _address(library[double]), unit, small)
    return None


def _address(function: Any) -> int:
    return ctypes.cast(function, ctypes.c_void_p).value or 0


def _beside_numpy(library: Path) -> bool:
    package = Path(np.__file__).resolve().parent
    return library.resolve().parent in {package.parent / "numpy.libs", package / ".dylibs"}
