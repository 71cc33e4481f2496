"""Workers: each peer runs in its own process and takes a turn on request."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import traceback
from collections.abc import Callable
from functools import cache
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.speed.cases import Work
from benchmarks.speed.digits import Digits, load_digits
from benchmarks.speed.job import Job
from benchmarks.speed.peers import PEERS

STOP_SECONDS = 10


class PeerError(Exception):
    """Raised when a peer fails at its work; the message is its traceback."""


class Worker:
    """The main process's end of the pipe: each method runs in the peer's process."""

    def __init__(self, peer: str) -> None:
        """Start the process; it imports the peer and loads data when it gets work."""
        context = multiprocessing.get_context("spawn")  # inherits nothing of this process
        self._pipe, far = context.Pipe()
        self._process = context.Process(target=serve, args=(peer, far), daemon=True)
        self._process.start()
        far.close()

    def prepare(self, work: Work) -> dict[str, Any]:
        """Prepare work (imports, data, trials, compiling); return the job's facts."""
        facts: dict[str, Any] = self._ask("prepare", work)
        return facts

    def run(self) -> float:
        """Run the work once; return its seconds by the worker's own clock."""
        took: float = self._ask("run")
        return took

    def accuracy(self) -> float | None:
        """Return the current accuracy on the test images, or None if the job has none."""
        accuracy: float | None = self._ask("accuracy")
        return accuracy

    def close(self) -> None:
        """End the process."""
        with contextlib.suppress(OSError):  # the process may have ended already
            self._pipe.send(("stop", ()))
        self._process.join(STOP_SECONDS)
        if self._process.is_alive():
            self._process.terminate()

    def _ask(self, what: str, *arguments: object) -> Any:
        try:
            self._pipe.send((what, arguments))
            answer, error = self._pipe.recv()
        except (EOFError, OSError) as gone:
            raise PeerError("the peer's process has ended") from gone
        if error:
            raise PeerError(error)
        return answer


class Desk:
    """The worker's end of the pipe: the peer's work in its own process."""

    def __init__(self, peer: str, digits: Callable[[], Digits]) -> None:
        """Remember the peer; `digits` loads the data when work comes."""
        self.peer, self.digits = PEERS[peer], digits
        self.job: Job | None = None

    def prepare(self, work: Work) -> dict[str, Any]:
        """See `Worker.prepare`."""
        self.job = None
        gc.collect()
        self.job = self.peer.prepare(work, self.digits())
        return self.job.facts

    def run(self) -> float:
        """See `Worker.run`."""
        assert self.job is not None
        return self.job.timed()

    def accuracy(self) -> float | None:
        """See `Worker.accuracy`."""
        if self.job is None or self.job.predict is None:
            return None
        return self.digits().accuracy(self.job.predict())


def serve(peer: str, pipe: Connection) -> None:
    """Answer requests from a pipe until told to stop."""
    desk = Desk(peer, cache(load_digits))
    while True:
        try:
            what, arguments = pipe.recv()
        except EOFError:
            return
        if what == "stop":
            return
        try:
            pipe.send((getattr(desk, what)(*arguments), None))
        except Exception:  # report any error of a peer instead of ending
            pipe.send((None, traceback.format_exc()))
