"""Threads that share the work of a compiled kernel, and of the matrix products between.

Kernels of a few microseconds are over before a sleeping thread has woken. So the threads of this
pool watch for work while a run holds them: a kernel is posted to them and done in parts, part 0
by the caller, part k by thread k. Every thread has a line of memory of its own:

    EMPTY -> POSTED    by the caller, with the function, its arguments and the number of parts
    POSTED -> TAKEN    by the thread, which does its part
    POSTED -> EMPTY    or by the caller, once its own part is done: then it does that part as well
    TAKEN -> EMPTY     by the thread, when its part is done

So nobody waits for a thread that sleeps, that the system has not let begin, or that a fork has
left behind; and which thread does a part never changes a result. A thread that finds nothing to
do for a millisecond or so takes naps. With the run it ends.

The pool belongs to the process, but is handed to the threads of Python that hold it only. If
several do, one has it at a time, and the others meanwhile do all of their parts themselves.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from byhand.arrays import IntArray
from byhand.kernels.parallel import blas
from byhand.kernels.parallel.machine import (
    INT,
    PART,
    call,
    compile_kernel,
    exchange,
    give_way,
    load,
    pause,
    store,
)

SMALL = 16_384
"""Numbers below which sharing a loop over them costs more than it saves."""

LINE = 128
"""Bytes from one thread's line to the next: two cache lines, since CPUs fetch pairs of them."""

MOST_THREADS = 256
EMPTY, POSTED, TAKEN = 0, 1, 2
FUNCTION, ARGUMENTS, PARTS, END = 8, 16, 24, 32
"""Where in a line they stand, in bytes, after its state; `END` tells its thread to end."""

PATIENCE = 1 << 15
"""How often a thread looks for work before it takes a nap: in the order of a millisecond."""

NAP, LONG_NAP, NAPS = 0.0005, 0.005, 50
"""Seconds that a thread sleeps before it looks again, at first and after so many naps."""

_COUNT_BITS = 511
_memory = np.zeros((MOST_THREADS + 1) * LINE + _COUNT_BITS + 1, np.uint8)
_board: int = (_memory.ctypes.data + _COUNT_BITS) & ~_COUNT_BITS
"""Address of the first line, which is the caller's: its state says whether a kernel is out."""

ctypes.pythonapi.Py_IncRef(ctypes.py_object(_memory))  # threads may outlive Python's last objects


class _Held(threading.local):
    """What kernels are handed in this thread of Python."""

    team: int = 0
    """The board, and in the bits that its address has no use for the number of parts; or 0."""

    products: bool = False
    """Whether products are made by these threads, or this one, instead of the BLAS's own."""


held = _Held()


# --- posting and taking -------------------------------------------------------------------------


@compile_kernel
def _wait(polls):  # type: ignore[no-untyped-def]
    pause()
    if polls % 64 == 0:
        give_way()


@compile_kernel
def _run(team, function, arguments):  # type: ignore[no-untyped-def]
    """Do all parts of a function, with the threads as far as they come; how many parts."""
    board, parts = team & ~_COUNT_BITS, team & _COUNT_BITS
    if not exchange(board, EMPTY, TAKEN):  # another caller has the pool
        for k in range(parts):  # the same parts, and so the same rounding
            call(function, arguments, k, parts)
        return parts
    for k in range(1, parts):
        line = board + k * LINE
        store(line + FUNCTION, function)
        store(line + ARGUMENTS, arguments)
        store(line + PARTS, parts)
        store(line, POSTED)
    call(function, arguments, 0, parts)
    for k in range(1, parts):
        line = board + k * LINE
        if exchange(line, POSTED, EMPTY):
            call(function, arguments, k, parts)
            continue
        polls = 0
        while load(line) != EMPTY:
            polls += 1
            _wait(polls)
    store(board, EMPTY)
    return parts


@compile_kernel
def _watch(line, part, patience):  # type: ignore[no-untyped-def]
    """Do the parts posted to a line, until none has come for some time; how many it were."""
    done = polls = 0
    while polls < patience and not load(line + END):
        if load(line) == POSTED and exchange(line, POSTED, TAKEN):
            call(load(line + FUNCTION), load(line + ARGUMENTS), part, load(line + PARTS))
            store(line, EMPTY)
            done += 1
            polls = 0
        polls += 1
        _wait(polls)
    return done


@compile_kernel
def span(count, part, piece):  # type: ignore[no-untyped-def]
    """First and last of a part, (part, parts), of `count` things, in whole pieces but the last.

    Where they do not divide evenly, none is larger than the first, whose thread begins first.
    """
    number, parts = part
    pieces = -(-count // piece)
    first = -(-pieces * number // parts) * piece
    last = -(-pieces * (number + 1) // parts) * piece
    return min(count, first), min(count, last)


@compile_kernel
def number_of_parts(team):  # type: ignore[no-untyped-def]
    """In how many parts a team does things."""
    return team & _COUNT_BITS if team else 1


def _share(typing_context: Any, team: Any, kernel: Any, arguments: Any) -> Any:
    """kernel((part, parts), *arguments) for all parts; here, as (0, 1), where the team is 0.

    Gives the number of parts. For compiled functions, which take `held.team` when they are called.
    The kernel is a compiled function that returns nothing, cannot raise and does its part only.
    """
    part_type: Any = types.UniTuple(types.int64, 2)  # type: ignore[no-untyped-call]
    kernel.dispatcher.compile((part_type, *arguments.types))
    _run.compile((types.int64, types.int64, types.int64))

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> ir.Value:
        team, _, packed = values
        library = context.active_code_library
        compiled: Any = kernel.dispatcher.overloads[part_type, *arguments.types]
        run: Any = _run.overloads[types.int64, types.int64, types.int64]
        library.add_linking_library(compiled.library)
        library.add_linking_library(run.library)

        def do(builder: ir.IRBuilder, part: ir.Value, parts: ir.Value, packed: ir.Value) -> None:
            pair = context.make_tuple(builder, part_type, [part, parts])
            unpacked = [builder.extract_value(packed, i) for i in range(len(arguments.types))]
            _call(context, builder, compiled, [pair, *unpacked])

        # What is posted: a function that knows the types, and where the arguments lie meanwhile.
        function = ir.Function(builder.module, PART, builder.module.get_unique_name("part"))
        function.linkage = "internal"
        inside = ir.IRBuilder(function.append_basic_block())
        place, part, parts = function.args
        do(inside, part, parts, inside.load(inside.inttoptr(place, packed.type.as_pointer())))
        inside.ret_void()

        count = cgutils.alloca_once_value(builder, INT(1))  # type: ignore[no-untyped-call]
        with builder.if_else(cgutils.is_null(builder, team)) as (alone, together):  # type: ignore[no-untyped-call]
            with alone:
                do(builder, INT(0), INT(1), packed)
            with together:
                slot = cgutils.alloca_once_value(builder, packed)  # type: ignore[no-untyped-call]
                posted = [team, builder.ptrtoint(function, INT), builder.ptrtoint(slot, INT)]
                builder.store(_call(context, builder, run, posted), count)
        return builder.load(count)

    return types.int64(types.int64, kernel, arguments), generate


def _call(context: Any, builder: ir.IRBuilder, compiled: Any, values: list[ir.Value]) -> ir.Value:
    function, signature = compiled.fndesc, compiled.signature
    return context.call_internal_no_propagate(builder, function, signature, values)[1]


share: Any = intrinsic(_share)


# --- holding the pool ---------------------------------------------------------------------------

_settling = threading.Lock()
_holders: dict[object, int] = {}
_threads: list[threading.Thread] = []


def available() -> bool:
    """Return whether kernels and products can be shared here; `BYHAND_POOL=0` says no.

    Where the product of NumPy's BLAS cannot be called part by part, the BLAS's own threads are
    the better ones, and two pools would fight for the cores.
    """
    if os.environ.get("BYHAND_POOL", "").strip() == "0":
        return False
    return os.name == "posix" and blas.find() is not None


@contextmanager
def hold(count: int) -> Iterator[None]:
    """Let `count` threads, the caller among them, share every kernel of this thread of Python."""
    count = min(count, MOST_THREADS)
    token, outer = object(), (held.team, held.products)
    try:
        with _settling:
            _holders[token] = count
            _settle()
        held.team, held.products = _board | count if count > 1 else 0, True
        yield
    finally:
        held.team, held.products = outer
        with _settling:
            _holders.pop(token, None)  # in a child process it is gone already
            _settle()


def _settle() -> None:
    """As many threads as the largest run wants."""
    wanted = max(_holders.values(), default=1) - 1
    for number in range(1, wanted + 1):
        if len(_threads) < number or not _threads[number - 1].is_alive():
            _start(number)
    for number in range(wanted + 1, len(_threads) + 1):
        _line(number)[END // 8] = 1
    while len(_threads) > wanted:
        _threads[-1].join()
        _threads.pop()


def _start(number: int) -> None:
    _watch.compile((types.int64, types.int64, types.int64))
    _line(number)[END // 8] = 0
    name = f"byhand-{number}"
    thread = threading.Thread(target=_live, args=(number,), name=name, daemon=True)
    thread.start()
    _threads[number - 1 : number] = [thread]


def _line(number: int) -> IntArray:
    first = _board - _memory.ctypes.data + number * LINE
    return _memory[first : first + LINE].view(np.int64)


def _live(number: int) -> None:
    """What a thread of the pool does."""
    line, address = _line(number), _board + number * LINE
    naps = 0
    while True:
        rested = naps > NAPS
        naps = 0 if _watch(address, number, PATIENCE // 16 if rested else PATIENCE) else naps + 1
        if line[END // 8]:
            return
        time.sleep(LONG_NAP if rested else NAP)


def _begin_anew() -> None:
    """In a child process, where only the thread that forked lives on."""
    global _settling
    _settling = threading.Lock()
    held.team, held.products = 0, False
    _holders.clear()
    _threads.clear()
    _memory[:] = 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
