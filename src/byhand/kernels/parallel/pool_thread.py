"""A thread that Ctrl-C cannot leave behind while it is being started.

If Ctrl-C comes while Python's `threading.Thread` is being started, the thread may wait for ever, or
stay in the list of threads without ever having run.
"""

from __future__ import annotations

from _thread import allocate_lock, start_new_thread
from collections.abc import Callable
from typing import ClassVar

LONGEST_START = 1.0
"""Seconds to wait for a thread to begin; on a busy machine it may begin later."""


class PoolThread:
    """A thread of the pool; it ends with the process."""

    existing: ClassVar[set[int]] = set()
    """The owners of all threads of this process that have begun and have not ended."""

    def __init__(self) -> None:
        self._begun, self._running = allocate_lock(), allocate_lock()
        self._begun.acquire()

    def start(self, function: Callable[[int, int], None], number: int, owner: int) -> None:
        """Start the thread, and wait until it runs.

        Args:
            function: what it runs, with the two numbers.
            number: number of the line that it serves.
            owner: its own number, which no other thread of the process has.
        """
        start_new_thread(self._run, (function, number, owner))
        self._begun.acquire(timeout=LONGEST_START)

    def is_alive(self) -> bool:
        """Return whether the thread has begun and has not ended."""
        return self._running.locked()

    def join(self) -> None:
        """Wait for the end of the thread; not if it has not begun yet."""
        with self._running:
            pass

    def _run(self, function: Callable[[int, int], None], number: int, owner: int) -> None:
        with self._running:
            self.existing.add(owner)
            self._begun.release()
            try:
                function(number, owner)
            finally:
                self.existing.discard(owner)
