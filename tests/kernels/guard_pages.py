"""NumPy arrays that end, or begin, at a page of memory that no program may touch.

After `guard("after")` every new array of NumPy ends right before such a page, so that reading or
writing a single byte past its end kills the process (SIGSEGV). With "before" the page lies in front
of the array. NumPy takes its memory from functions that may be replaced: `PyDataMem_SetHandler` of
its C interface. The process stays guarded, so it should be one that does nothing else.
"""

from __future__ import annotations

import ctypes
import mmap
import sys

import numpy as np

SET_HANDLER = 304
"""Place of `PyDataMem_SetHandler` in the table of NumPy's C interface."""

PAGE = mmap.PAGESIZE

_size, _address = ctypes.c_size_t, ctypes.c_void_p
_Malloc = ctypes.CFUNCTYPE(_address, _address, _size)
_Calloc = ctypes.CFUNCTYPE(_address, _address, _size, _size)
_Realloc = ctypes.CFUNCTYPE(_address, _address, _address, _size)
_Free = ctypes.CFUNCTYPE(None, _address, _address, _size)


class _Allocator(ctypes.Structure):
    _fields_ = (
        ("context", _address),
        ("malloc", _Malloc),
        ("calloc", _Calloc),
        ("realloc", _Realloc),
        ("free", _Free),
    )


class _Handler(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char * 127),
        ("version", ctypes.c_uint8),
        ("allocator", _Allocator),
    )


_library = ctypes.CDLL(None, use_errno=True)
_library.mmap.restype = _address
_library.mmap.argtypes = (_address, _size, *[ctypes.c_int] * 3, ctypes.c_long)
_library.munmap.argtypes = (_address, _size)
_library.mprotect.argtypes = (_address, _size, ctypes.c_int)


class _Guarded:
    """Blocks of memory with an untouchable page after or before each.

    Args:
        place: "after" or "before".
    """

    def __init__(self, place: str) -> None:
        self.is_after = place == "after"
        self.blocks: dict[int, tuple[int, int, int]] = {}
        """Address of the data -> address and size of the whole block, and size of the data."""

    def take(self, size: int) -> int:
        """Return the address of `size` zeros beside an untouchable page."""
        usable = -(-max(size, 1) // PAGE) * PAGE
        kind = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        start = _library.mmap(None, usable + PAGE, 0, kind, -1, 0)
        if start in {None, _address(-1).value}:
            return 0
        first = start if self.is_after else start + PAGE
        _library.mprotect(first, usable, mmap.PROT_READ | mmap.PROT_WRITE)
        data = first + usable - size if self.is_after else first
        self.blocks[data] = start, usable + PAGE, size
        return int(data)

    def give_back(self, data: int) -> None:
        """Free a block; later uses of it kill the process as well."""
        start, size, _ = self.blocks.pop(data)
        _library.munmap(start, size)

    def resize(self, data: int | None, size: int) -> int:
        """Move the data to a block of another size."""
        new = self.take(size)
        if data:
            ctypes.memmove(new, data, min(size, self.blocks[data][2]))
            self.give_back(data)
        return new


_kept: list[object] = []
"""What NumPy calls and points to from now on; it must not be collected."""


def guard(place: str) -> None:
    """Guard all arrays that NumPy makes from now on in this context, "after" or "before" them."""
    blocks = _Guarded(place)
    allocator = _Allocator(
        None,
        _Malloc(lambda _, size: blocks.take(size)),
        _Calloc(lambda _, count, size: blocks.take(count * size)),
        _Realloc(lambda _, data, size: blocks.resize(data, size)),
        _Free(lambda _, data, __: blocks.give_back(data) if data else None),
    )
    handler = _Handler(b"guard pages", 1, allocator)
    python = ctypes.pythonapi
    python.PyCapsule_New.restype = ctypes.py_object
    python.PyCapsule_New.argtypes = (_address, ctypes.c_char_p, _address)
    python.PyCapsule_GetPointer.restype = _address
    python.PyCapsule_GetPointer.argtypes = (ctypes.py_object, ctypes.c_char_p)
    capsule = python.PyCapsule_New(ctypes.addressof(handler), b"mem_handler", None)
    core = sys.modules.get("numpy._core") or np.core  # NumPy 1 has the second
    table = python.PyCapsule_GetPointer(core._multiarray_umath._ARRAY_API, None)
    entry = ctypes.cast(table, ctypes.POINTER(_address))[SET_HANDLER]
    set_handler = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object)(entry)
    _kept.extend([allocator, handler, capsule, set_handler(capsule)])
