"""What compiled kernels ask of the machine, and Numba has no words for.

Memory that several threads write to, functions that are known by their address only, and a hint
to the CPU. Each is one or a few instructions of LLVM, the compiler below Numba, and is used in
compiled functions only.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Any, TypeAlias

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

Builder: TypeAlias = ir.IRBuilder
Value: TypeAlias = ir.Value

INT = ir.IntType(64)
VOID = ir.VoidType()
PART = ir.FunctionType(VOID, [INT, INT, INT])
"""A function that does a part of something: (where its arguments lie, part, parts)."""

PLAIN, TRANSPOSED = 111, 112
"""What CBLAS calls an operand as it is and its transpose."""

_ROW_MAJOR = ir.IntType(32)(101)


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
    kind = ir.FunctionType(ir.IntType(32), [])
    module: Any = builder.module
    known = module.globals.get("sched_yield")
    builder.call(known or ir.Function(module, kind, "sched_yield"), [])


@_instruction(types.void, types.int64, types.int64, types.int64, types.int64)
def call(builder: Builder, function: Value, *arguments: Value) -> None:
    """Call a function of type `PART` by its address."""
    builder.call(builder.inttoptr(function, PART.as_pointer()), arguments)


@_instruction(
    types.void, types.int64, types.int32, types.int32, None, None, None, None,
    types.int64, None, types.int64, None, None, types.int64, None,
)  # fmt: skip
def gemm(builder: Builder, function: Value, *arguments: Value) -> None:
    """C = alpha op(A) op(B) + beta C, by the address of the BLAS's cblas_sgemm or cblas_dgemm.

    The arguments are those of the standard  (Dongarra et al. 1990)  after the order, which is
    C's: op(A), op(B), rows, columns, inner, alpha, A, lda, B, ldb, beta, C, ldc. Their types
    settle whether its whole numbers have 32 bits or 64, and the precision.
    """
    kind = ir.FunctionType(VOID, [_ROW_MAJOR.type, *(argument.type for argument in arguments)])
    builder.call(builder.inttoptr(function, kind.as_pointer()), [_ROW_MAJOR, *arguments])
