"""The worker processes of a search: started, watched, replaced when they die, and stopped.

A worker gets its options as one line of JSON on standard input, and trains until that is closed by
`run_workers`, or by the system if this process dies. With a claim among the options it trains only
that one. It answers with one line for each finished trial.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import IO, Any

from byhand import backend, errors
from byhand.errors import ByhandError, FileError
from byhand.runs.folder import RunFolder
from byhand.runs.search.outcome import Trials
from byhand.runs.search.plan import Plan
from byhand.runs.train_options import TrainOptions
from byhand.threads import cores

REFUSED, STOPPED = 3, 4
"""Exit codes of a worker: an error of byhand, which is its last answer, and an order to stop."""

PRUNE = "prune"
"""The line that tells a worker to end a trial that falls behind."""

SECONDS_BETWEEN = 0.5
SECONDS_BETWEEN_MACHINES = 5.0
SECONDS_TO_STOP = 60.0

MOST_DEATHS = 3
"""Deaths per worker, without a finished trial, after which the search gives up."""

Watch = Callable[[Trials], None]


def default_jobs(plan: Plan) -> int:
    """Return the number of worker processes: one for each core, at most one for each training."""
    return max(1, min(cores(), plan.trainings))


def threads_of(jobs: int, wanted: int | None) -> int:
    """Return the number of threads of each worker, dividing the cores among them."""
    return wanted or max(1, cores() // jobs)


class Worker:
    """One worker process.

    Args:
        folder: folder of the search.
        options: the worker's options.
        answers: receives its answers, and None at its end.
        kernels: the backend it computes with; by default that of this process.
    """

    def __init__(
        self,
        folder: RunFolder,
        options: dict[str, Any],
        answers: queue.Queue[Any],
        kernels: str | None = None,
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "byhand.runs.search.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the process that watches
            env={**os.environ, "BYHAND_KERNELS": kernels or backend.active()},
        )
        self.complaints: deque[str] = deque(maxlen=20)
        self.threads = [
            threading.Thread(target=self._read_answers, args=(answers,), daemon=True),
            threading.Thread(target=self._read_complaints, daemon=True),
        ]
        for thread in self.threads:
            thread.start()
        self._tell(json.dumps({"folder": str(folder.path), **options}))

    def _tell(self, line: str) -> None:
        with suppress(OSError):  # it has ended
            self._stdin.write(f"{line}\n")
            self._stdin.flush()

    @property
    def _stdin(self) -> IO[str]:
        assert self.process.stdin is not None  # noqa: S101 - it is a pipe
        return self.process.stdin

    def prune(self) -> None:
        """Ask the worker to end its training after the current epoch, because others are better."""
        self._tell(PRUNE)

    def stop(self) -> None:
        """Ask the worker to stop after the current step and to save."""
        with suppress(OSError):
            self._stdin.close()

    def wait(self, seconds: float) -> None:
        """Wait until the worker has ended; kill it after a while."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for thread in self.threads:
            thread.join()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            with suppress(OSError):
                if stream is not None:
                    stream.close()

    def _read_answers(self, answers: queue.Queue[Any]) -> None:
        assert self.process.stdout is not None  # noqa: S101 - it is a pipe
        for line in self.process.stdout:
            answers.put((self, line.strip()))
        answers.put((self, None))

    def _read_complaints(self) -> None:
        assert self.process.stderr is not None  # noqa: S101 - it is a pipe
        self.complaints.extend(line.rstrip() for line in self.process.stderr)


def run_workers(
    plan: Plan, folder: RunFolder, options: TrainOptions, jobs: int, watch: Watch | None
) -> Generator[None, None, None]:
    """Run worker processes until nothing is left to train; yield after each finished trial.

    A worker that dies is replaced, and the trial that it was training is finished.

    Raises:
        ByhandError: a worker cannot continue, or workers die one after the other.
    """
    told = {
        "threads": threads_of(jobs, options.threads),
        "snapshots": options.snapshots,
        "data_dir": None if options.sources.data_dir is None else str(options.sources.data_dir),
        "offline": options.sources.offline,
    }
    trials, deaths = Trials(plan, folder), 0
    trials.known()  # creates the database before several workers open it
    answers: queue.Queue[Any] = queue.Queue()
    workers = [Worker(folder, told, answers) for _ in range(min(jobs, plan.trainings))]
    try:
        while workers:
            if watch is not None:
                watch(trials)
            try:
                worker, answer = answers.get(timeout=SECONDS_BETWEEN)
            except queue.Empty:
                continue
            if answer is not None:
                deaths = 0
                yield
                continue
            workers.remove(worker)
            worker.wait(SECONDS_TO_STOP)
            if worker.process.returncode:
                deaths += 1
                _check(worker, deaths, jobs)
            if worker.process.returncode or (not workers and is_more_to_do(plan, folder, watch)):
                workers.append(Worker(folder, told, answers))
    finally:
        for worker in workers:
            worker.stop()
        for worker in workers:
            worker.wait(SECONDS_TO_STOP)


def _check(worker: Worker, deaths: int, jobs: int) -> None:
    """Raise if another worker would not help."""
    complaint = "\n".join(worker.complaints)
    if worker.process.returncode == REFUSED:
        kind, _, message = complaint.splitlines()[-1].partition(": ")
        raise getattr(errors, kind, ByhandError)(message)
    if deaths >= MOST_DEATHS * jobs:
        raise FileError(
            f"the search was given up: {deaths} worker processes ended one after the other, the "
            f"last with code {worker.process.returncode}. {complaint[-2000:]}".rstrip()
        )


def is_more_to_do(plan: Plan, folder: RunFolder, watch: Watch | None) -> bool:
    """Wait for trials on other machines; return whether one of them died and must be repeated."""
    if not plan.study:
        return False
    from byhand.runs.search.claims import turn
    from byhand.runs.search.study import Study

    study, trials = Study(plan, folder), Trials(plan, folder)
    while True:
        with turn(folder):
            waiting, running = study.unfinished()
        if waiting or not running:
            return bool(waiting)
        if watch is not None:
            watch(trials)
        time.sleep(SECONDS_BETWEEN_MACHINES)
