"""What compiled kernels ask of the machine, and Numba has no words for.

Memory that several threads write to, functions that are known by their address only, and a hint
to the CPU. Each is one or a few instructions of LLVM, the compiler below Numba, and is used in
compiled functions only. `compile_kernel` is how all of them are compiled.
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

TESTED_NUMBA = "0.60 to 0.66"
"""Versions of Numba, with their llvmlite 0.43 to 0.48, that this was tested with."""

INT = ir.IntType(64)
VOID = ir.VoidType()
PART = ir.FunctionType(VOID, [INT, INT, INT])
"""A function that does a part of something: (where its arguments lie, part, parts)."""

FAST = frozenset({"reassoc", "contract", "arcp", "nsz"})
"""Lets LLVM vectorise sums and join operations; NaN and infinity keep their meaning."""

PLAIN, TRANSPOSED = 111, 112
"""What CBLAS calls an operand as it is and its transpose."""

_ROW_MAJOR = ir.IntType(32)(101)


def compile_kernel(function: Callable[..., Any], fast: frozenset[str] = frozenset()) -> Any:
    """Compile a function at its first call with arguments of some types, and keep the code.

    Args:
        function: with loops over arrays.
        fast: the liberties that LLVM's fast mathematics may take.
    """
    options: Any = {"fastmath": set(fast), "error_model": "numpy", "nogil": True}
    try:
        kernel: Any = numba.njit(function, cache=True, **options)
    except RuntimeError:  # nowhere to keep it: compile anew in every process
        return numba.njit(function, **options)
    # Numba reuses kept code as long as the function's own file is unchanged; but code from other
    # files is compiled into it, too. The stamp it compares has no public name.
    cache_file: Any = getattr(getattr(kernel, "_cache", None), "_cache_file", None)
    if not hasattr(cache_file, "_source_stamp"):
        _warn_about_cache()
        return numba.njit(function, **options)
    cache_file._source_stamp = _state_of_the_sources()
    return kernel


@cache
def _warn_about_cache() -> None:
    """Say once that compiled code cannot be kept, rather than risk loading stale code."""
    warnings.warn(
        f"byhand does not know how Numba {numba.__version__} keeps compiled code; kernels are "
        f"compiled anew in every process (tested with Numba {TESTED_NUMBA}).",
        RuntimeWarning,
        stacklevel=2,
    )


@cache
def _state_of_the_sources() -> str:
    """Return a digest of all files in `kernels/`."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _instruction(returns: Any, *takes: Any) -> Callable[[Callable[..., Value | None]], Any]:
    """Make a function that builds instructions one that compiled functions can call."""

    def register(build: Callable[..., Value | None]) -> Any:
        def define(typing_context: Any, *arguments: Any) -> Any:
            def generate(context: Any, builder: Builder, signature: Any, values: Any) -> Value:
                result = build(builder, *values)
                return context.get_dummy_value() if result is None else result

            # A type that is not settled is that of the argument.
            settled = [take or argument for take, argument in zip(takes, arguments, strict=True)]
            return returns(*settled), generate

        # Numba asks for the names of the arguments, and takes no `*arguments` here.
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
    """The number at an address; whatever its writer wrote before it can be read now, too."""
    return builder.load_atomic(_number_at(builder, address), "acquire", 8)


@_instruction(types.void, types.int64, types.int64)
def store(builder: Builder, address: Value, number: Value) -> None:
    """Put a number at an address, and before it whatever was written before."""
    builder.store_atomic(number, _number_at(builder, address), "release", 8)


@_instruction(types.boolean, types.int64, types.int64, types.int64)
def exchange(builder: Builder, address: Value, old: Value, new: Value) -> Value:
    """Put `new` in the place of `old`, in one piece; False where something else stood there."""
    place = _number_at(builder, address)
    return builder.extract_value(builder.cmpxchg(place, old, new, "acq_rel", "acquire"), 1)


@_instruction(types.void)
def pause(builder: Builder) -> None:
    """Tell the CPU that this loop only waits."""
    if platform.machine() in {"x86_64", "AMD64"}:
        kind = ir.FunctionType(VOID, [])
        builder.call(builder.module.declare_intrinsic("llvm.x86.sse2.pause", (), kind), [])


@_instruction(types.void)
def give_way(builder: Builder) -> None:
    """Let the system run another thread on this core, if one waits."""
    if os.name != "posix":  # there is no pool, but kernels hold this code nevertheless
        return
    kind = ir.FunctionType(ir.IntType(32), [])
    module: Any = builder.module
    known = module.globals.get("sched_yield")
    builder.call(known or ir.Function(module, kind, "sched_yield"), [])


@_instruction(types.void, types.int64, types.int64, types.int64, types.int64)
def call(builder: Builder, function: Value, *arguments: Value) -> None:
    """Call a function of type `PART` by its address."""
    builder.call(builder.inttoptr(function, PART.as_pointer()), arguments)


@_instruction(
    types.void, types.int64, None, types.int64, types.int64, types.int64, types.int64, types.int64,
    None, types.int64, types.int64, types.int64, types.int64, None, types.int64, types.int64,
)  # fmt: skip
def gemm(builder: Builder, function: Value, unit: Value, *arguments: Value) -> None:
    """C = alpha op(A) op(B) + beta C, by the address of the BLAS's cblas_sgemm or cblas_dgemm.

    `unit` is any number of the type of the BLAS's whole numbers. The others are the arguments of
    the standard  (Dongarra et al. 1990)  after the order, which is C's: op(A), op(B), rows,
    columns, inner, alpha, A, lda, B, ldb, beta, C, ldc, where A, B and C are addresses. The type of
    alpha and beta is the precision.
    """
    op_a, op_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc = arguments

    def flag(value: Value) -> Value:
        return builder.trunc(value, _ROW_MAJOR.type)

    def whole(value: Value) -> Value:
        return value if unit.type.width == INT.width else builder.trunc(value, unit.type)

    given = [
        _ROW_MAJOR, flag(op_a), flag(op_b), whole(m), whole(n), whole(k),
        alpha, a, whole(lda), b, whole(ldb), beta, c, whole(ldc),
    ]  # fmt: skip
    kind = ir.FunctionType(VOID, [value.type for value in given])
    builder.call(builder.inttoptr(function, kind.as_pointer()), given)
