"""A pool of threads that runs compiled kernels and matrix products in parts.

A kernel of a few microseconds is over before a sleeping thread wakes up. So the threads of this
pool watch for work as long as a training run holds the pool. A kernel is posted to them and runs in
parts: part 0 in the caller, part k in thread k. Every thread has its own line of memory:

    EMPTY -> POSTED    by the caller, with the function, its arguments and the number of parts
    POSTED -> TAKEN    by the thread, which then runs its part
    POSTED -> EMPTY    by the caller, if its own part is done first: it then runs this part as well
    TAKEN -> EMPTY     by the thread, when its part is done

The caller never waits for a thread that is asleep, has not been scheduled yet, has died or was
lost in a fork, and the result does not depend on which thread runs a part. A thread that finds no
work for about a millisecond takes naps. The threads end with the training run. An exception in a
part is raised in the caller when all parts are done.

The pool belongs to the process, but only Python threads that hold it can use it. If several hold
it, one uses it at a time; the others run all their parts themselves.

`python -m benchmarks.pool_model` compiles `_run` and `_watch` into steps and tries every order in
which the threads can make them.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count as count_up
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
    load,
    pause,
    store,
    yield_core,
)
from byhand.kernels.parallel.pool_thread import PoolThread
from byhand.subnormals import flush_subnormals

SMALL = 16_384
"""Number of elements below which running a loop in parts costs more than it saves."""

LINE = 128
"""Bytes from one thread's line to the next: two cache lines, because CPUs fetch them in pairs."""

MOST_THREADS = 256
EMPTY, POSTED, TAKEN = 0, 1, 2
FUNCTION, ARGUMENTS, PARTS, FAILED, OWNER = 8, 16, 24, 32, 40
"""Byte offsets in a line; its state is at 0. `FAILED` is 1 if the thread's last part raised an
exception. `OWNER` is the number of the thread that serves the line; a thread that reads another
number there ends."""

PATIENCE = 1 << 15
"""Number of times a thread looks for work before it takes a nap: about a millisecond."""

NAP, LONG_NAP, NAPS = 0.0005, 0.005, 50
"""Seconds of a nap, seconds of a nap after `NAPS` naps in a row, and that number."""

_COUNT_BITS = 511
_memory = np.zeros((MOST_THREADS + 1) * LINE + _COUNT_BITS + 1, np.uint8)
_board: int = (_memory.ctypes.data + _COUNT_BITS) & ~_COUNT_BITS
"""Address of the first line, which is the caller's: TAKEN while a kernel runs, else EMPTY."""

ctypes.pythonapi.Py_IncRef(ctypes.py_object(_memory))  # threads may outlive all Python objects


class _Held(threading.local):
    """What this Python thread holds, for kernels to use."""

    team: int = 0
    """Address of the board with the number of parts in its low bits; 0 without a pool."""

    products: bool = False
    """Whether this thread or the pool computes products, rather than the BLAS's own threads."""


held = _Held()


# --- posting and taking -------------------------------------------------------------------------


@compile_kernel
def _wait(polls):  # type: ignore[no-untyped-def]
    pause()
    if polls % 64 == 0:
        yield_core()


@compile_kernel
def _run(team, function, arguments):  # type: ignore[no-untyped-def]
    """Run all parts of a function with the threads that are awake; return the number of parts."""
    board, parts = team & ~_COUNT_BITS, team & _COUNT_BITS
    failed = 0
    if not exchange(board, EMPTY, TAKEN):  # another caller is using the pool
        for k in range(parts):  # the same parts, so the same rounding
            failed |= call(function, arguments, k, parts)
        if failed:
            raise RuntimeError("a compiled kernel raised an exception in one of its parts")
        return parts
    for k in range(1, parts):
        line = board + k * LINE
        store(line + FUNCTION, function)
        store(line + ARGUMENTS, arguments)
        store(line + PARTS, parts)
        store(line, POSTED)
    failed |= call(function, arguments, 0, parts)
    for k in range(1, parts):
        line = board + k * LINE
        if exchange(line, POSTED, EMPTY):
            failed |= call(function, arguments, k, parts)
            continue
        polls = 0
        while load(line) != EMPTY:
            polls += 1
            _wait(polls)
        failed |= load(line + FAILED)
    store(board, EMPTY)
    if failed:
        raise RuntimeError("a compiled kernel raised an exception in one of its parts")
    return parts


@compile_kernel
def _watch(line, part, owner, patience):  # type: ignore[no-untyped-def]
    """Run posted work until idle; return the number of parts that ran."""
    done = polls = 0
    while polls < patience and load(line + OWNER) == owner:
        if load(line) == POSTED and exchange(line, POSTED, TAKEN):
            function, arguments = load(line + FUNCTION), load(line + ARGUMENTS)
            store(line + FAILED, call(function, arguments, part, load(line + PARTS)))
            store(line, EMPTY)
            done += 1
            polls = 0
        polls += 1
        _wait(polls)
    return done


@compile_kernel
def span(count, part, piece):  # type: ignore[no-untyped-def]
    """Return the first index of a part, (part, parts), of `count` elements, and the index after it.

    Parts begin at multiples of `piece`. If the pieces do not divide evenly, no part is larger than
    part 0, which begins first.
    """
    number, parts = part
    pieces = -(-count // piece)
    first = -(-pieces * number // parts) * piece
    last = -(-pieces * (number + 1) // parts) * piece
    return min(count, first), min(count, last)


@compile_kernel
def number_of_parts(team):  # type: ignore[no-untyped-def]
    """Return the number of parts in which a team runs a kernel."""
    return team & _COUNT_BITS if team else 1


def _run_in_parts(typing_context: Any, team: Any, kernel: Any, arguments: Any) -> Any:
    """Run kernel((part, parts), *arguments) for all parts; return the number of parts.

    If the team is 0, the caller runs the whole kernel as part (0, 1). Compiled functions call this
    with the `held.team` that they are given. The kernel is a compiled function that returns
    nothing and does the work of its part only. An exception in a part ends that part only, and is
    raised when all parts are done.
    """
    part_type: Any = types.UniTuple(types.int64, 2)
    kernel.dispatcher.compile((part_type, *arguments.types))
    _run.compile((types.int64, types.int64, types.int64))

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> ir.Value:
        team, _, packed = values
        library = context.active_code_library
        compiled: Any = kernel.dispatcher.overloads[part_type, *arguments.types]
        run: Any = _run.overloads[types.int64, types.int64, types.int64]
        library.add_linking_library(compiled.library)
        library.add_linking_library(run.library)

        def part_arguments(
            builder: ir.IRBuilder, part: ir.Value, parts: ir.Value, packed: ir.Value
        ) -> tuple[Any, Any, list[ir.Value]]:
            pair = context.make_tuple(builder, part_type, [part, parts])
            unpacked = [builder.extract_value(packed, i) for i in range(len(arguments.types))]
            return compiled.fndesc, compiled.signature, [pair, *unpacked]

        # The function to post: it knows the types of the arguments and reads them at an address.
        function = ir.Function(builder.module, PART, builder.module.get_unique_name("part"))
        function.linkage = "internal"
        inside = ir.IRBuilder(function.append_basic_block())
        place, part, parts = function.args
        given = inside.load(inside.inttoptr(place, packed.type.as_pointer()))
        status, _ = context.call_internal_no_propagate(
            inside, *part_arguments(inside, part, parts, given)
        )
        inside.ret(inside.zext(status.is_error, INT))

        count = cgutils.alloca_once_value(builder, INT(1))
        with builder.if_else(cgutils.is_null(builder, team)) as (alone, together):
            with alone:
                context.call_internal(builder, *part_arguments(builder, INT(0), INT(1), packed))
            with together:
                slot = cgutils.alloca_once_value(builder, packed)
                posted = [team, builder.ptrtoint(function, INT), builder.ptrtoint(slot, INT)]
                ran = context.call_internal(builder, run.fndesc, run.signature, posted)
                builder.store(ran, count)
        return builder.load(count)

    return types.int64(types.int64, kernel, arguments), generate


run_in_parts: Any = intrinsic(_run_in_parts)


# --- holding the pool ---------------------------------------------------------------------------


@dataclass(eq=False)
class _Holder:
    """A `hold` in progress: the number of threads it asks for, and the Python thread it is in."""

    count: int
    thread: int = field(default_factory=threading.get_ident)


_lock = threading.RLock()  # the garbage collector may end an abandoned `hold` at any time
_holders: list[_Holder] = []
_threads: dict[int, PoolThread] = {}
"""The thread that serves each line."""

_owners = count_up(1)


def available() -> bool:
    """Return whether kernels and products can run in parts here; `BYHAND_POOL=0` switches this off.

    If the product of NumPy's BLAS cannot be called part by part, the BLAS's own threads do better,
    and two pools would compete for the cores.
    """
    if os.environ.get("BYHAND_POOL", "").strip() == "0":
        return False
    return os.name == "posix" and blas.find() is not None


@contextmanager
def hold(count: int) -> Iterator[None]:
    """Let `count` threads, including the caller, run the kernels of this Python thread in parts."""
    holder = _Holder(min(count, MOST_THREADS))
    try:
        _enter(holder)
        yield
    finally:
        try:  # here and not in a function, since Ctrl-C can arrive as soon as one is called
            _leave(holder)
        except BaseException:
            _leave(holder)
            raise


def _enter(holder: _Holder) -> None:
    with _lock:
        _holders.append(holder)
        _settle()


def _leave(holder: _Holder) -> None:
    with _lock:
        if holder in _holders:  # not after an interruption, nor in a child process
            _holders.remove(holder)
        _settle()


def _settle() -> None:
    """Give this Python thread its team, and start and end threads as the holders request.

    Ctrl-C may end this function anywhere. The next call completes it, whichever holder makes it.
    """
    mine = [holder.count for holder in _holders if holder.thread == threading.get_ident()]
    held.team = _board | mine[-1] if mine and mine[-1] > 1 else 0
    held.products = bool(mine)
    wanted = max((holder.count for holder in _holders), default=1) - 1
    ending = [number for number in _threads if number > wanted]
    for number in ending:
        _line(number)[OWNER // 8] = 0
    for number in range(1, wanted + 1):
        if not _is_serving(number):
            _start(number)
    for number in ending:
        thread = _threads.pop(number, None)
        if thread and thread.is_alive():
            thread.join()


def _is_serving(number: int) -> bool:
    """Return whether the thread of a line is alive and has not been told to end.

    A `_settle` that was interrupted by Ctrl-C may have told it to end but not yet removed it.
    """
    thread = _threads.get(number)
    return thread is not None and thread.is_alive() and bool(_line(number)[OWNER // 8])


def _start(number: int) -> None:
    """Start a thread.

    If the system refuses, the caller runs its parts: slower, but with the same bits. An older
    thread of this line ends when it reads the new owner.
    """
    signature = (types.int64,) * 4
    _watch.compile(signature)
    owner, thread = next(_owners), PoolThread()
    _line(number)[OWNER // 8] = owner
    _threads[number] = thread
    with suppress(RuntimeError):
        thread.start(_live, number, owner)


def _line(number: int) -> IntArray:
    first = _board - _memory.ctypes.data + number * LINE
    return _memory[first : first + LINE].view(np.int64)


def _live(number: int, owner: int) -> None:
    """Run posted work and nap in between, as long as the line is this thread's."""
    line, address = _line(number), _board + number * LINE
    naps = 0
    with flush_subnormals():
        while True:
            long_idle = naps > NAPS
            patience = PATIENCE // 16 if long_idle else PATIENCE
            naps = 0 if _watch(address, number, owner, patience) else naps + 1
            if line[OWNER // 8] != owner:
                return
            time.sleep(LONG_NAP if long_idle else NAP)


def _reset_after_fork() -> None:
    """Forget the pool in a child process, where only the thread that forked still exists."""
    global _lock
    _lock = threading.RLock()
    held.team, held.products = 0, False
    _holders.clear()
    _threads.clear()
    PoolThread.existing.clear()
    _memory[:] = 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)
