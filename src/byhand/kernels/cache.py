"""Compiled code on disk, checked before it is loaded.

Numba stores machine code in pickles and loads a damaged file without a check, so the process fails
with a pickle error or crashes. Here each entry is one file that begins with the digest of the rest
and is replaced as a whole. Code that cannot be read or written is compiled again, so the kernels
work even if the cache is damaged, full or read-only.
"""

from __future__ import annotations

import hashlib
import pickle
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import FunctionCache
from numba.core.runtime import rtsys
from numba.core.serialize import dumps

from byhand.atomic import remove_leftovers, write_whole

DIGEST_BYTES = 32
SUFFIX = ".kernel"


class Entries:
    """The entries of one function, with the interface of Numba's own class."""

    def __init__(self, folder: str, name: str, stamp: str) -> None:
        """Store the folder, the common prefix of all entries, and a digest of all sources."""
        self.folder, self.name = Path(folder), name
        self.stamp = _digest(repr((stamp, numba.__version__)).encode()).hex()[:16]

    def load(self, key: Any) -> Any:
        """Return the data of a key, or None if there are none or they are damaged."""
        path = self._path(key)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        digest, data = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
        if digest != _digest(data):
            raise ValueError(f"{path} is damaged")
        return pickle.loads(data)  # noqa: S301 - written by this class, as the digest shows

    def save(self, key: Any, data: Any) -> None:
        """Write the data of a key; remove entries of other sources."""
        remove_leftovers(self.folder)
        for path in self.folder.glob(f"{self.name}.*{SUFFIX}"):
            if not path.name.startswith(f"{self.name}.{self.stamp}."):
                path.unlink(missing_ok=True)
        pickled = dumps(data)
        write_whole(self._path(key), _digest(pickled) + pickled)

    def flush(self) -> None:
        """Remove all entries."""
        for path in self.folder.glob(f"{self.name}.*{SUFFIX}"):
            path.unlink(missing_ok=True)

    def _path(self, key: Any) -> Path:
        return (
            self.folder
            / f"{self.name}.{self.stamp}.{_digest(repr(key).encode()).hex()[:16]}{SUFFIX}"
        )


class KernelCache(FunctionCache):  # type: ignore[misc]
    """Numba's cache of one function, with checked entries and reported failures."""

    def __init__(self, function: Any, stamp: str) -> None:
        super().__init__(function)
        self._cache_file = Entries(self._cache_path, self._impl.filename_base, stamp)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled function for a signature; None to compile it.

        Numba would first prepare to compile: it imports its whole library, which takes longer than
        fitting a small table. Code that is compiled already only needs the runtime.
        """
        try:
            rtsys.initialize(target_context)
            with self._guard_against_spurious_io_errors():
                return self._load_overload(sig, target_context)
        except Exception as error:
            _warn(f"reading compiled kernels from {self._cache_path}", repr(error))
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Store a compiled function for other processes, if possible."""
        try:
            super().save_overload(sig, data)
        except Exception as error:
            _warn(f"keeping compiled kernels in {self._cache_path}", repr(error))


@cache
def _warn(what: str, error: str) -> None:
    """Warn once for each kind of failure."""
    warnings.warn(
        f"{what} failed: {error}. They are compiled again. If you see this at every start, free "
        "space, delete the folder, or set NUMBA_CACHE_DIR to a writable folder.",
        RuntimeWarning,
        stacklevel=2,
    )


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
