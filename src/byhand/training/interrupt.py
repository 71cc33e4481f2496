"""Let Ctrl-C end training after the current step instead of in the middle of it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from byhand.training.run import TrainingRun

INTERRUPTED = "interrupted (Ctrl-C)"


@contextmanager
def stop_on_interrupt(run: TrainingRun) -> Iterator[None]:
    """Turn the first Ctrl-C into a request to stop; a second one ends it at once."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set signal handlers and receives signals
        return

    def ask_to_stop(signum: int, frame: FrameType | None) -> None:
        if run.stop_reason:
            raise KeyboardInterrupt
        run.stop(INTERRUPTED)

    before = signal.signal(signal.SIGINT, ask_to_stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
