"""Machine instructions that Numba does not provide, and the compilation of kernels.

The instructions access memory that several threads write to, call functions by their address, and
give the CPU a hint. Each is one or a few instructions of LLVM, the compiler that Numba builds on,
and works in compiled functions only. `compile_kernel` compiles every kernel.
"""

from __future__ import annotations

import hashlib
import os
import platform
import warnings
from collections.abc import Callable
from functools import cache
from inspect import Parameter, Signature
from pathlib import Path
from typing import Any, TypeAlias

import numba
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

Builder: TypeAlias = ir.IRBuilder
Value: TypeAlias = ir.Value

OLDEST_NUMBA = (0, 61)
"""Numba 0.60 at times calls code that was compiled for other types: inputs of int32 were read as
float32, and probabilities were wrong by up to 0.9."""

if numba.version_info.short < OLDEST_NUMBA:
    raise ImportError(
        f"Numba {numba.__version__} mixes up the types of arguments; expected "
        f"{'.'.join(map(str, OLDEST_NUMBA))} or newer"
    )

TESTED_NUMBA = "0.68 (llvmlite 0.50)"
"""Version of Numba, with its llvmlite, that all kernels were tested with."""

INT = ir.IntType(64)
VOID = ir.VoidType()
PART = ir.FunctionType(INT, [INT, INT, INT])
"""Type of a function that runs one part of a kernel: (address of its arguments, part, parts).
It returns 1 if the part raised an exception, else 0."""

FAST = frozenset({"reassoc", "contract", "arcp", "nsz"})
"""Fast-math flags that let LLVM vectorise sums and fuse operations. NaN and infinity stay valid."""

PLAIN, TRANSPOSED = 111, 112
"""CBLAS codes for an operand as it is stored, and for its transpose."""

_ROW_MAJOR = ir.IntType(32)(101)


def compile_kernel(function: Callable[..., Any], fast: frozenset[str] = frozenset()) -> Any:
    """Compile a function at its first call with each combination of types, and cache the code.

    Args:
        function: Python function with loops over arrays.
        fast: LLVM's fast-math flags.
    """
    options: Any = {"fastmath": set(fast), "error_model": "numpy", "nogil": True}
    try:
        kernel: Any = numba.njit(function, cache=True, **options)
    except RuntimeError:  # no folder to cache it in: compile again in every process
        return numba.njit(function, **options)
    # Numba reuses cached code as long as the function's own file is unchanged, but code from other
    # files is compiled into it as well. How Numba caches has no public names.
    try:
        from byhand.kernels.cache import KernelCache

        kernel._cache = KernelCache(function, _source_digest())
    except (ImportError, AttributeError, TypeError):
        _warn_about_cache()
        return numba.njit(function, **options)
    return kernel


@cache
def _warn_about_cache() -> None:
    """Warn once that compiled code is not cached, rather than risk loading stale code."""
    warnings.warn(
        f"byhand does not know how Numba {numba.__version__} caches compiled code, so kernels are "
        f"compiled again in every process (tested with Numba {TESTED_NUMBA}).",
        RuntimeWarning,
        stacklevel=2,
    )


@cache
def _source_digest() -> str:
    """Return a digest of all source files in `kernels/`."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _instruction(returns: Any, *takes: Any) -> Callable[[Callable[..., Value | None]], Any]:
    """Turn a function that builds LLVM instructions into one that compiled functions can call."""

    def register(build: Callable[..., Value | None]) -> Any:
        def define(typing_context: Any, *arguments: Any) -> Any:
            def generate(context: Any, builder: Builder, signature: Any, values: Any) -> Value:
                result = build(builder, *values)
                return context.get_dummy_value() if result is None else result

            # None stands for the type of the argument.
            resolved = [take or argument for take, argument in zip(takes, arguments, strict=True)]
            return returns(*resolved), generate

        # Numba inspects the names of the arguments and does not accept `*arguments` here.
        names = ["typing_context", *(f"argument{i}" for i in range(len(takes)))]
        named = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names]
        define.__signature__ = Signature(named)  # type: ignore[attr-defined]
        define.__name__ = build.__name__
        return intrinsic(define)

    return register


def _number_at(builder: Builder, address: Value) -> Value:
    return builder.inttoptr(address, INT.as_pointer())


@_instruction(types.int64, types.int64)
def load(builder: Builder, address: Value) -> Value:
    """Return the integer at an address. Everything its writer wrote before it is visible, too."""
    return builder.load_atomic(_number_at(builder, address), "acquire", 8)


@_instruction(types.void, types.int64, types.int64)
def store(builder: Builder, address: Value, number: Value) -> None:
    """Write an integer to an address. Everything written before it becomes visible first."""
    builder.store_atomic(number, _number_at(builder, address), "release", 8)


@_instruction(types.boolean, types.int64, types.int64, types.int64)
def exchange(builder: Builder, address: Value, old: Value, new: Value) -> Value:
    """Replace `old` by `new` atomically; return False if the address held another integer."""
    place = _number_at(builder, address)
    return builder.extract_value(builder.cmpxchg(place, old, new, "acq_rel", "acquire"), 1)


@_instruction(types.void)
def pause(builder: Builder) -> None:
    """Tell the CPU that this loop is only waiting."""
    if platform.machine() in {"x86_64", "AMD64"}:
        kind = ir.FunctionType(VOID, [])
        builder.call(builder.module.declare_intrinsic("llvm.x86.sse2.pause", (), kind), [])


@_instruction(types.void)
def yield_core(builder: Builder) -> None:
    """Let the operating system run another thread on this core, if one is waiting."""
    if os.name != "posix":  # there is no pool, but the kernels are compiled all the same
        return
    kind = ir.FunctionType(ir.IntType(32), [])
    module: Any = builder.module
    known = module.globals.get("sched_yield")
    builder.call(known or ir.Function(module, kind, "sched_yield"), [])


@_instruction(types.int64, types.int64, types.int64, types.int64, types.int64)
def call(builder: Builder, function: Value, *arguments: Value) -> Value:
    """Call a function of type `PART` by its address; return what it returns."""
    return builder.call(builder.inttoptr(function, PART.as_pointer()), arguments)


@_instruction(
    types.void, types.int64, None, types.int64, types.int64, types.int64, types.int64, types.int64,
    None, types.int64, types.int64, types.int64, types.int64, None, types.int64, types.int64,
)  # fmt: skip
def gemm(builder: Builder, function: Value, unit: Value, *arguments: Value) -> None:
    """Compute C = alpha op(A) op(B) + beta C with cblas_sgemm or cblas_dgemm at an address.

    `unit` is any number of the BLAS's integer type. The other arguments are those of the standard
    (Dongarra et al. 1990) after the memory order, which is row-major: op(A), op(B), rows, columns,
    inner, alpha, A, lda, B, ldb, beta, C, ldc. A, B and C are addresses; alpha and beta have the
    precision of the matrices.
    """
    op_a, op_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc = arguments

    def flag(value: Value) -> Value:
        return builder.trunc(value, _ROW_MAJOR.type)

    def integer(value: Value) -> Value:
        return value if unit.type.width == INT.width else builder.trunc(value, unit.type)

    given = [
        _ROW_MAJOR, flag(op_a), flag(op_b), integer(m), integer(n), integer(k),
        alpha, a, integer(lda), b, integer(ldb), beta, c, integer(ldc),
    ]  # fmt: skip
    kind = ir.FunctionType(VOID, [value.type for value in given])
    builder.call(builder.inttoptr(function, kind.as_pointer()), given)
