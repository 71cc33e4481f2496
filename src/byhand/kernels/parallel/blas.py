"""Find the matrix product in the BLAS that NumPy ships with, so that compiled kernels can call it.

NumPy's `dot` hands a whole product to its BLAS. A thread that computes a part of a product calls
the same routine of the same library by its address.
"""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from byhand.arrays import FloatArray


class Products(NamedTuple):
    """Addresses of the BLAS routines for float32 and float64."""

    single: int
    double: int
    unit: np.signedinteger[Any]
    """The number 1, in the integer type of the routines."""
    small: int
    """Multiply-adds up to which the BLAS multiplies without copying A and B first; 0 if it always
    copies them."""

    def address(self, out: FloatArray) -> int:
        """Return the address of the routine for the precision of `out`."""
        return self.single if out.itemsize == 4 else self.double


SMALL = {"SkylakeX": 1_000_000, "Cooperlake": 1_000_000, "SapphireRapids": 1_000_000}
"""`Products.small` for OpenBLAS's kernels for CPUs with AVX-512, from any manufacturer
(github.com/OpenMathLib/OpenBLAS/pull/3335). OpenBLAS has no such kernels for other CPUs."""


@cache
def find() -> Products | None:
    """Return the routines of NumPy's OpenBLAS, or None if NumPy uses another BLAS or none is found.

    Only builds that use pthreads count, because their number of threads applies to the whole
    process. With OpenMP it would apply to the calling thread only.
    """
    from threadpoolctl import ThreadpoolController

    libraries = ThreadpoolController().select(user_api="blas").lib_controllers
    # SciPy and others ship their own OpenBLAS; NumPy's wheels keep theirs beside the package.
    beside_numpy = [library for library in libraries if _beside_numpy(Path(library.filepath))]
    candidates = beside_numpy or libraries
    if len(candidates) != 1 or candidates[0].internal_api != "openblas":
        return None
    library: Any = candidates[0]
    if library.threading_layer != "pthreads":
        return None
    return routines(library.dynlib, SMALL.get(library.architecture, 0))


def routines(library: ctypes.CDLL, small: int = 0) -> Products | None:
    """Return the routines of an OpenBLAS with any of the prefixes and suffixes of its builds."""
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
