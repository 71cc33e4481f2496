"""Flushes subnormal results to zero during a run.

Numbers below 2^-126 in float32 (1.2e-38; 2.2e-308 in float64) are stored with fewer digits, and
CPUs need up to a hundred times as long for them. They occur in training: the running mean of a
gradient that has become 0 shrinks with every step, and rounding keeps it from reaching 0. The
CPU can write 0 in their place. The setting belongs to a thread.
"""

from __future__ import annotations

import ctypes
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple


class _Control(NamedTuple):
    """The place of the setting in the floating-point environment of C's <fenv.h>."""

    size: int
    """Bytes of the environment, rounded up."""
    word: int
    """Number of the 32-bit word that holds the setting."""
    flag: int
    """Bit of that word: results are flushed if it is set."""


_X86_FLAG, _ARM_FLAG = 1 << 15, 1 << 24  # FTZ of MXCSR; FZ of FPCR
_CONTROLS = {
    ("linux", "x86_64"): _Control(32, 7, _X86_FLAG),
    ("linux", "aarch64"): _Control(8, 0, _ARM_FLAG),
    ("darwin", "x86_64"): _Control(16, 1, _X86_FLAG),
    ("darwin", "arm64"): _Control(16, 2, _ARM_FLAG),
}
"""`fenv_t` of glibc and musl, and of macOS."""


@contextmanager
def flush_subnormals() -> Iterator[None]:
    """Write 0 instead of subnormal numbers within a `with` block, in this thread.

    On systems whose setting is not known, nothing changes.
    """
    before = _set(True)
    try:
        yield
    finally:
        _set(before)


def are_flushed() -> bool:
    """Return whether this thread writes 0 instead of subnormal numbers."""
    smallest = ctypes.c_float(2.0**-126)
    smallest.value /= 2  # computed in double precision, and converted by C
    return smallest.value == 0


def _set(flush: bool) -> bool:
    """Switch flushing on or off; return whether it was on."""
    functions = _functions()
    if functions is None:
        return False
    control, read, write = functions
    environment = (ctypes.c_uint32 * (control.size // 4))()
    read(environment)
    before = bool(environment[control.word] & control.flag)
    if before != flush:
        environment[control.word] ^= control.flag
        write(environment)
    return before


@cache
def _functions() -> tuple[_Control, Any, Any] | None:
    """Return the setting's place and C's functions that read and write the environment."""
    control = _CONTROLS.get((sys.platform, platform.machine()))
    if control is None:
        return None
    for library in (None, "libm.so.6"):
        try:
            found = ctypes.CDLL(library)
            return control, found.fegetenv, found.fesetenv
        except (AttributeError, OSError):
            continue
    return None
