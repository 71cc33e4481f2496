"""Signals that end a program: Ctrl-C (SIGINT), SIGTERM and SIGHUP.

The command line handles all three alike: outside training they raise `Interrupted`, and during
training they ask it to stop (`byhand.training.interrupt`). Once the program is ending, further
signals are ignored, so that impatience leaves neither a traceback nor half a file.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType

ENDING = {
    number: name
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if (number := getattr(signal, name, None)) is not None  # Windows has no SIGHUP
}
"""Signals that end a program, and their names."""

_received: list[int] = []


class Interrupted(KeyboardInterrupt):
    """A signal that ends the program.

    Args:
        number: number of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"interrupted ({ENDING[signal.Signals(number)]})")
        self.number = number


def end_on_signals() -> None:
    """Let each signal raise `Interrupted`, except those ignored since the program started."""
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup ignores SIGHUP
            signal.signal(number, end)


def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    """Handle a signal: raise `Interrupted` once, and ignore further signals."""
    _received.append(number)
    sys.unraisablehook = _ignore_unraisable  # destructors of what is cut off in the middle
    for other in ENDING:
        if signal.getsignal(other) is not signal.SIG_IGN:
            # A function, because Python reports a pending signal that is ignored by SIG_IGN.
            signal.signal(other, _ignore)
    raise Interrupted(number)


def ignore_at_exit(code: int) -> None:
    """Ignore signals while the interpreter shuts down and removes its own handlers.

    Does nothing unless a signal ends the program: a first one ends it as usual.

    Args:
        code: exit code of the program; above 128 a signal ends it, even if training handled it.
    """
    if code > 128:
        for number in ENDING:
            signal.signal(number, _ignore)  # takes a signal that is pending now
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)


def exit_code() -> int:
    """Return the exit code of an interrupted program: 128 + the number of the signal."""
    return 128 + (_received[0] if _received else signal.SIGINT)


def _ignore(number: int, frame: FrameType | None) -> None:
    """Ignore a signal."""


def _ignore_unraisable(error: sys.UnraisableHookArgs) -> None:
    """Ignore an error in a destructor."""
