"""Starts the processes that are killed, and kills them."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from byhand.atomic import LEFTOVER

PATIENCE = 1800.0
"""Seconds after which a process that does not end is a fault."""


@dataclass(frozen=True)
class Kill:
    """When a process is to be killed; one of `seconds`, `save` and `operation` is given.

    Args:
        seconds: after this time.
        save: when the temporary file of this save has been created, counted from 1.
        delay: seconds after that.
        operation: before this change of a file, counted from 1.
    """

    seconds: float | None = None
    save: int | None = None
    delay: float = 0.0
    operation: int | None = None

    def __str__(self) -> str:
        if self.seconds is not None:
            return f"after {self.seconds:.4f} s"
        if self.save is not None:
            return f"{self.delay * 1000:.2f} ms into save {self.save}"
        return f"before change {self.operation}"


@dataclass(frozen=True)
class Start:
    """How a process is started.

    Args:
        words: the command line.
        folder: the folder of the run.
        said: what the process prints is added to this file.
        fork: fork this process, which has its modules already, instead of starting Python.
    """

    words: Sequence[str]
    folder: Path
    said: Path
    fork: bool


def run_until(kill: Kill | None, start: Start) -> int:
    """Run a command until it ends or is killed; return the exit code, -9 if it was killed.

    The process writes one byte to a pipe for each save, and the system closes the pipe when the
    process ends. So this process sleeps until there is something to do.
    """
    news, sender = os.pipe()
    try:
        pid = (_forked if start.fork else _spawned)(start, kill, news, sender)
    finally:
        os.close(sender)
    try:
        if _is_time_to_kill(kill, news):
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
    finally:
        os.close(news)
    return os.waitstatus_to_exitcode(status)


def _is_time_to_kill(kill: Kill | None, news: int) -> bool:
    """Wait for the moment of a kill; return False if the process has ended before."""
    seconds = PATIENCE if kill is None or kill.seconds is None else kill.seconds
    ends, saves = time.monotonic() + seconds, 0
    while select.select([news], [], [], max(0.0, ends - time.monotonic()))[0]:
        word = os.read(news, 64)
        if not word:
            return False
        saves += len(word)
        if kill and kill.save is not None and saves >= kill.save:
            time.sleep(kill.delay)
            return True
    return True


def _spawned(start: Start, kill: Kill | None, _: int, sender: int) -> int:
    """Start Python with the command; return the number of the process."""
    command = [sys.executable, "-m", "benchmarks.kills.child", "--folder", str(start.folder)]
    command += ["--news", str(sender)]
    if kill and kill.operation is not None:
        command += ["--die-at", str(kill.operation)]
    with start.said.open("a") as file:
        process = subprocess.Popen(
            [*command, "--", *start.words], stdout=file, stderr=file, pass_fds=[sender]
        )
    process.returncode = 0  # `run_until` waits for it
    return process.pid


def _forked(start: Start, kill: Kill | None, news: int, sender: int) -> int:
    """Fork this process and run the command in the child; return the number of the child."""
    from benchmarks.kills.child import run_child

    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        os.close(news)
        file = os.open(start.said, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        os.dup2(file, 1)
        os.dup2(file, 2)
        code = run_child(start.words, start.folder, kill.operation if kill else None, sender)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def temporary_files(folder: Path) -> set[str]:
    """Return the temporary files of saves below a folder."""
    found = set()
    for place, _, names in os.walk(folder):
        found |= {os.path.join(place, name) for name in names if LEFTOVER.fullmatch(name)}
    return found
