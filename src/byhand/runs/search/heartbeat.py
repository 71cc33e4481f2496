"""Signs of life of a trial, by which other machines tell whether its process has died.

`study.py` takes over the trials of the dead. Without a database, `claims.py` does.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import optuna

HEARTBEAT, GRACE = 10, 60
"""Seconds between signs of life of a trial in a shared database, and after which it is dead."""


@contextmanager
def heartbeat(trial: optuna.Trial) -> Iterator[None]:
    """Inside the block, show other machines that the trial is alive."""
    storage: Any = trial.storage
    stopped = threading.Event()

    def beat() -> None:
        while not stopped.wait(HEARTBEAT):
            storage.record_heartbeat(trial._trial_id)

    storage.record_heartbeat(trial._trial_id)
    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
