"""A peer in a process of its own, which takes its turn when it is told to."""

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
    """A peer could not do its work; the message is its traceback."""


class Worker:
    """The near end: a method call here is done over there."""

    def __init__(self, peer: str) -> None:
        """Start the process; imports and data wait until it is given work."""
        context = multiprocessing.get_context("spawn")  # nothing of this process goes along
        self._pipe, far = context.Pipe()
        self._process = context.Process(target=serve, args=(peer, far), daemon=True)
        self._process.start()
        far.close()

    def prepare(self, work: Work) -> dict[str, Any]:
        """Get work ready: imports, data, trials, compiling. Returns the job's facts."""
        facts: dict[str, Any] = self._ask("prepare", work)
        return facts

    def run(self) -> float:
        """Do the work once; seconds by the worker's own clock."""
        took: float = self._ask("run")
        return took

    def accuracy(self) -> float | None:
        """On the test images, now; None where there is nothing to check."""
        share: float | None = self._ask("accuracy")
        return share

    def close(self) -> None:
        """End the process."""
        with contextlib.suppress(OSError):  # it may have ended already
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
    """The far end: what a worker does when it is asked."""

    def __init__(self, peer: str, digits: Callable[[], Digits]) -> None:
        """`digits` is called when work comes."""
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
    """Answer until told to stop."""
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
        except Exception:  # whatever a peer raises is told, not died of
            pipe.send((None, traceback.format_exc()))
