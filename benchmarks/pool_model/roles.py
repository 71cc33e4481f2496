"""The work of threads around `_run` and `_watch`, in the language that `compiler` knows.

These functions are compiled from their source; Python never calls them. Each names the function of
`byhand.kernels.parallel.pool` for which it stands.
"""

from __future__ import annotations

from typing import Any

FAILURE = 64
"""Added to the number of a job in its result if the part raised an exception."""

SLOT = 8
"""Places of a caller: the arguments of its job, then the result of each part."""

LOCK, OWNERS, HOLDERS, THREADS, LIVES = 1, 2, 3, 5, 9
"""Addresses: the lock, the last owner, what both callers ask for, each line's thread, and whether
a thread with that owner is alive."""


def _word(*arguments: Any) -> int:
    """Stand for a function that the model knows: an access to memory, or a name of the pool."""
    raise NotImplementedError("roles are compiled, not called")


load = store = exchange = relaxed = read = write = choose = start = check = _word
_run = _watch = _word
_board = LINE = OWNER = RAISED = _COUNT_BITS = LINES = DEATHS = FAILURES = INTERRUPTS = ROUNDS = (
    WEAK
) = 0


def call(function, arguments, part, parts):
    """Run one part of a job: `machine.call`, and the compiled kernel."""
    check(read(arguments) == function)  # else its caller has gone on
    check((function & 7) == parts)
    check((read(arguments + 1 + part) & 63) != function)  # else it has run before
    failed = FAILURES and choose()
    write(arguments + 1 + part, function + FAILURE * failed)
    return failed


def run_job(team, job, arguments):
    """Run one kernel: what a Python thread that holds the pool does with `run_in_parts`."""
    parts = team & _COUNT_BITS
    function = job * 8 + parts
    write(arguments, function)
    returned = _run(team, function, arguments)
    failed = 0
    for k in range(parts):
        result = read(arguments + 1 + k)
        check((result & 63) == function)  # else the part has not run
        failed |= result > 63
        write(arguments + 1 + k, 0)
    check(returned == (RAISED if failed else parts))
    write(arguments, 0)  # the arguments are gone with the function that made them
    return 0


def train(team, jobs, arguments):
    """Run kernels one after the other, with threads that are there already."""
    for job in range(1, jobs + 1):
        run_job(team, job, arguments)
    return 0


def serve(number, owner):
    """Serve a line: `_live`. Between two parts a thread runs Python, where it may die."""
    line = _board + number * LINE
    while not (DEATHS and choose()):
        _watch(line, number, owner, 1)
        if load(line + OWNER) != owner:
            break
    store(LIVES + owner, 0)
    return 0


def hold(me, team, jobs, arguments):
    """Enter, run kernels and leave, again and again: `hold`. Ctrl-C may come between kernels."""
    for _ in range(ROUNDS):
        if settle(me, team & _COUNT_BITS) != RAISED:
            for job in range(1, jobs + 1):
                run_job(team, job, arguments)
                if INTERRUPTS and choose():
                    break
        if settle(me, 0) == RAISED:
            settle(me, 0)
    return 0


def settle(me, count):
    """Change what a caller asks for, under the lock: `_enter` and `_leave` with `_settle`."""
    while not exchange(LOCK, 0, 1):
        pass
    write(HOLDERS + me, count)
    returned = settle_locked()
    store(LOCK, 0)
    return returned


def settle_locked():
    """Start and end threads: `_settle`. Ctrl-C may end it between any two of its statements."""
    wanted, other = read(HOLDERS) - 1, read(HOLDERS + 1) - 1
    if other > wanted:
        wanted = other
    for k in range(1, LINES + 1):
        if read(THREADS + k) and k > wanted:
            relaxed(_board + k * LINE + OWNER, 0)
        if INTERRUPTS and choose():
            return RAISED
    for k in range(1, wanted + 1):
        if not is_serving(k):
            owner = next_owner()
            relaxed(_board + k * LINE + OWNER, owner)
            if INTERRUPTS and choose():
                return RAISED
            write(THREADS + k, owner)
            store(LIVES + owner, 1)
            start(k, owner)
        if INTERRUPTS and choose():
            return RAISED
    for k in range(1, LINES + 1):
        if k > wanted:
            owner = read(THREADS + k)
            write(THREADS + k, 0)
            while load(LIVES + owner):  # join
                if INTERRUPTS and choose():
                    return RAISED
    for k in range(1, wanted + 1):
        check(load(_board + k * LINE + OWNER) == read(THREADS + k))  # else nobody serves the line
    return 0


def next_owner():
    """Return a number that no thread has: `next(_owners)`.

    Where memory is sequentially consistent, a number that nothing holds any more is used again, so
    that situations that differ only in these numbers are tried once.
    """
    if not WEAK:
        owner = 1
        while is_held(owner):
            owner += 1
        return owner
    owner = read(OWNERS) + 1
    write(OWNERS, owner)
    return owner


def is_held(owner):
    """Return whether a thread with this number is alive, or a line is or was served by it."""
    held = read(LIVES + owner)
    for k in range(1, LINES + 1):
        held |= read(THREADS + k) == owner
        held |= read(_board + k * LINE + OWNER) == owner
    return held


def is_serving(number):
    """Return whether the thread of a line is alive and has not been told to end."""
    owner = read(THREADS + number)
    return load(LIVES + owner) and load(_board + number * LINE + OWNER) == owner
