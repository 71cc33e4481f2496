"""Let a signal end training after the current step instead of in the middle of it.

`trainer.py` then restores the weights of the best epoch.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from byhand import signals
from byhand.training.run import TrainingRun

REASONS = {
    number: "interrupted (Ctrl-C)" if number == signal.SIGINT else f"interrupted ({name})"
    for number, name in signals.ENDING.items()
}
"""Why training stopped, by the signal that stopped it."""


def was_interrupted(reason: str | None) -> bool:
    """Return whether a signal is the reason why training stopped."""
    return reason in REASONS.values()


def signal_of(reason: str) -> int | None:
    """Return the signal that stopped training; None if it stopped for another reason."""
    return next((int(number) for number, text in REASONS.items() if text == reason), None)


@contextmanager
def stop_on_interrupt(run: TrainingRun) -> Iterator[None]:
    """Turn the first signal into a request to stop; a second one ends the program at once.

    That is Ctrl-C, and on the command line SIGTERM and SIGHUP too. In other programs the last two
    keep their usual effect.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set signal handlers and receives signals
        return

    def ask_to_stop(number: int, frame: FrameType | None) -> None:
        if not run.stop_reason:
            run.stop(REASONS[signal.Signals(number)])
            return
        restore()
        handler = before[number]
        if callable(handler):
            handler(number, frame)
        raise KeyboardInterrupt

    def restore() -> None:
        for number, handler in before.items():
            if signal.getsignal(number) is ask_to_stop:
                signal.signal(number, handler)

    before = {number: signal.getsignal(number) for number in REASONS if _is_ours(number)}
    for number in before:
        signal.signal(number, ask_to_stop)
    try:
        yield
    finally:
        restore()


def _is_ours(number: int) -> bool:
    """Return whether training may handle a signal."""
    handler = signal.getsignal(number)
    if number == signal.SIGINT:
        return handler is not signal.SIG_IGN
    return handler is signals.end
