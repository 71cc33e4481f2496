"""Read one input with limits on time, memory and side effects; report what escapes."""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType

import byhand
from byhand.errors import ByhandError

SECONDS = 1.0
"""Limit of processor time for an input, in seconds."""

PATIENCE = 10
"""Limit of seconds, for readers that wait without computing. Waiting for a core is not counted."""

LOOKS = 10
"""Number of looks at the clock within each of these two limits."""

MEMORY = 64 << 20
"""Limit of memory for an input, in addition to twice its size."""

SOURCES = os.path.dirname(byhand.__file__)
_PAGE = resource.getpagesize()


class _TooLongError(BaseException):
    """Raised when time is up. No reader catches it, because it is not an `Exception`."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of an input.

    Args:
        answer: "accepted", or the type and the place of the error that refused it.
        escape: the misbehaviour of the reader; "" if there was none.
    """

    answer: str
    escape: str = ""


ACCEPTED = Outcome("accepted")


class Watch:
    """Sets limits for the readers of this process, which should do nothing else.

    Two timers look at the clock again and again. One that is set for each input would take as long
    as the fastest readers do.
    """

    def __init__(self) -> None:
        self.status = os.open("/proc/self/statm", os.O_RDONLY)
        self.hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        self.touched = ""
        self.folder = ""
        self.is_on = False
        self.is_timed = False
        self.schedule = _opened("/proc/self/schedstat")
        self.began = 0.0  # processor time at which the input began
        self.waits_from: tuple[float, float] | None = None  # that input, and the time of a look
        signal.signal(signal.SIGPROF, self._look_at_seconds)
        signal.signal(signal.SIGALRM, self._look_at_patience)
        signal.setitimer(signal.ITIMER_PROF, SECONDS / LOOKS, SECONDS / LOOKS)
        signal.setitimer(signal.ITIMER_REAL, PATIENCE / LOOKS, PATIENCE / LOOKS)
        sys.addaudithook(self._audit)

    def tried(self, read: Callable[[Path], object], folder: Path, size: int) -> Outcome:
        """Return the outcome of a reader for the input in a folder."""
        self.touched, self.folder = "", str(folder)
        limit = self._address_space() + MEMORY + 2 * size
        resource.setrlimit(resource.RLIMIT_AS, (limit, self.hard))
        self.began = time.process_time()
        self.is_on = self.is_timed = True
        try:
            read(folder)
        except _TooLongError as error:
            outcome = Outcome("late", f"over {SECONDS:g} s at {_place(error.__traceback__)}")
        except BaseException as error:
            outcome = _judged(error)
        else:
            outcome = ACCEPTED
        finally:
            self.is_on = self.is_timed = False
            seconds = time.process_time() - self.began
            resource.setrlimit(resource.RLIMIT_AS, (self.hard, self.hard))
        if self.touched:
            return Outcome(outcome.answer, self.touched)
        if not outcome.escape and seconds > SECONDS:
            return Outcome("late", f"over {SECONDS:g} s, then {outcome.answer}")
        return outcome

    def _address_space(self) -> int:
        """Return the number of bytes that this process has allocated so far."""
        return int(os.pread(self.status, 200, 0).split(b" ", 1)[0]) * _PAGE

    def _clock(self) -> float:
        """Return the time in seconds, less that in which this process has waited for a core."""
        waited = 0 if self.schedule is None else int(os.pread(self.schedule, 200, 0).split()[1])
        return time.monotonic() - waited / 1e9

    def _look_at_seconds(self, _number: int, _frame: FrameType | None) -> None:
        """End a reader that has used its processor time."""
        if self.is_timed and time.process_time() - self.began > SECONDS:
            self._end()

    def _look_at_patience(self, _number: int, _frame: FrameType | None) -> None:
        """End a reader that has been waiting since an earlier look, but not for a core."""
        if not self.is_timed:
            return
        if self.waits_from is None or self.waits_from[0] != self.began:  # the first look
            self.waits_from = self.began, self._clock()
        elif self._clock() - self.waits_from[1] >= PATIENCE * (1 - 1 / LOOKS):
            self._end()

    def _end(self) -> None:
        """Raise once in this input, not again while the reader cleans up."""
        self.is_timed = False
        raise _TooLongError

    def _audit(self, event: str, arguments: tuple[object, ...]) -> None:
        """Record forbidden actions of a reader: write, start a process, connect, unpickle."""
        if not self.is_on:
            return
        if event == "open":
            path, _, flags = arguments
            writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            if writes:
                self.touched = f"opens {self._shown(path)} for writing"
        elif event in _FORBIDDEN:
            self.touched = f"{event} {self._shown(arguments[0] if arguments else '')}"

    def _shown(self, path: object) -> str:
        return str(path).replace(self.folder, "FOLDER")[:80]


_FORBIDDEN = {
    "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate",
    "os.chmod", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.putenv", "os.kill",
    "subprocess.Popen", "socket.connect", "socket.getaddrinfo", "pickle.find_class",
    "shutil.rmtree", "ctypes.dlopen", "urllib.Request", "webbrowser.open",
}  # fmt: skip


def _opened(path: str) -> int | None:
    """Return a descriptor of a file; None if there is no such file."""
    try:
        return os.open(path, os.O_RDONLY)
    except OSError:
        return None


def _judged(error: BaseException) -> Outcome:
    """Return whether an error is one of the library's own, and not caused by a lack of memory."""
    place = _place(error.__traceback__)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MemoryError):
            return Outcome("MemoryError", f"memory at {_place(cause.__traceback__)}")
        if isinstance(cause, _TooLongError):
            return Outcome("late", f"over {SECONDS:g} s at {place}")
        cause = cause.__cause__ or cause.__context__
    answer = f"{type(error).__name__} at {place}"
    if isinstance(error, ByhandError):
        return Outcome(answer)
    if type(error).__name__ == "BrokenPromiseError":
        return Outcome("accepted", str(error))
    return Outcome(answer, answer)


def _place(trace: TracebackType | None) -> str:
    """Return the innermost line of byhand in a traceback."""
    found: TracebackType | None = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.startswith(SOURCES):
            found = trace
        trace = trace.tb_next
    if found is None:
        return "no line of byhand"
    code = found.tb_frame.f_code
    return f"{code.co_filename[len(SOURCES) + 1 :]}:{found.tb_lineno} {code.co_name}"


def quiet() -> None:
    """Ignore warnings, as a user's program does; byhand's own tests turn them into errors."""
    warnings.simplefilter("ignore")
