"""A task of a Dask cluster: one training that one of its workers does for a search.

The task carries everything but the data: the small files of the search's folder, and those of the
trial if it was interrupted before. The worker makes a folder from them, trains in a process of its
own, and answers with the files of the trial. It writes only to Dask's scratch folder.

While it trains, the worker logs the history as events, which the sender shows and compares with
other trials. It asks the scheduler twice a second whether to end the trial, because the search was
interrupted, because the trial falls behind, or because the sender is gone.
"""

from __future__ import annotations

import queue
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from byhand.runs.folder import RunFolder
from byhand.runs.search.dask_cluster import dask
from byhand.runs.search.workers import MOST_DEATHS, REFUSED, STOPPED, Worker

SECONDS_BETWEEN = 0.5
SECONDS_TO_STOP = 60.0


@dataclass(frozen=True)
class ClusterTask:
    """One training, as it travels to a Dask worker.

    Args:
        key: name of the task.
        search: name of the search on the scheduler, for its events.
        told: options and claim, for the process that trains.
        kernels: the backend to compute with.
        head: files of the search's folder, by name.
        folder: name of the trial's folder.
        files: files of the trial, if it was interrupted before.
    """

    key: str
    search: str
    told: Mapping[str, Any]
    kernels: str
    head: Mapping[str, bytes]
    folder: str
    files: Mapping[str, bytes]

    @property
    def prune(self) -> str:
        """Name of the event that ends this trial."""
        return f"{self.key}-prune"


@dataclass(frozen=True)
class Answer:
    """The end of a task.

    Args:
        worker: address of the Dask worker.
        code: exit code of the process that trained.
        complaint: what it printed on standard error.
        files: files of the trial, by name.
    """

    worker: str
    code: int
    complaint: str
    files: Mapping[str, bytes]


def do_task(task: ClusterTask) -> Answer:
    """Train the trial of a task on this Dask worker; a process that dies is started again."""
    here = dask().get_worker()
    with tempfile.TemporaryDirectory(prefix="byhand-", dir=here.local_directory) as place:
        folder = RunFolder(Path(place))
        write_files(folder.path, task.head)
        if task.files:
            write_files(folder.path / task.folder, task.files)
        deaths = 0
        while True:
            code, complaint = _train(task, folder)
            deaths += code not in (0, REFUSED, STOPPED)
            if code in (0, REFUSED, STOPPED) or deaths == MOST_DEATHS:
                break
        return Answer(here.address, code, complaint, read_files(folder.path / task.folder))


def _train(task: ClusterTask, folder: RunFolder) -> tuple[int, str]:
    """Train in a process until it ends; return its exit code and its complaints."""
    answers: queue.Queue[Any] = queue.Queue()
    process = Worker(folder, dict(task.told), answers, task.kernels)
    sender = _Sender(task, folder.path / task.folder / "history.csv")
    try:
        while True:
            try:
                if answers.get(timeout=SECONDS_BETWEEN)[1] is None:
                    break
            except queue.Empty:
                pass
            sender.show_history()
            if sender.wants_it_pruned():
                process.prune()
            if sender.wants_it_stopped():
                process.stop()
    finally:
        process.stop()
        process.wait(SECONDS_TO_STOP)
    return int(process.process.returncode), "\n".join(process.complaints)


class _Sender:
    """The search that sent a task, as seen from a Dask worker.

    Args:
        task: the task.
        history_file: the history that the training writes.
    """

    def __init__(self, task: ClusterTask, history_file: Path) -> None:
        self.task, self.history_file = task, history_file
        self.shown = 0
        self.client, self.worker = dask().get_client(), dask().get_worker()
        self.stop = dask().Event(task.search, client=self.client)
        self.prune = dask().Event(task.prune, client=self.client)

    def show_history(self) -> None:
        """Log what was added to the history since the last time."""
        try:
            text = self.history_file.read_text("utf-8")
        except OSError:  # no epoch has been written yet
            return
        if len(text) > self.shown:
            event = {"key": self.task.key, "at": self.shown, "text": text[self.shown :]}
            self.worker.log_event(self.task.search, event)
            self.shown = len(text)

    def wants_it_pruned(self) -> bool:
        """Return whether the trial falls behind."""
        return bool(self.prune.is_set())

    def wants_it_stopped(self) -> bool:
        """Return whether the search was interrupted, or its process has gone."""
        if self.stop.is_set():
            return True
        here = self.worker.address
        return self.task.key not in self.client.processing([here]).get(here, ())


# --- files ----------------------------------------------------------------------------------------


def read_files(folder: Path) -> dict[str, bytes]:
    """Return the content of the files in a folder, by name, without hidden ones."""
    if not folder.is_dir():
        return {}
    files = (file for file in folder.iterdir() if not file.name.startswith("."))
    return {file.name: file.read_bytes() for file in files if file.is_file()}


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder, which is made if it does not exist."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
