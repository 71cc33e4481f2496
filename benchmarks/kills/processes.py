"""Starts processes and kills them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from byhand.atomic import LEFTOVER

POLL = 0.0005
"""Seconds between two checks of a process or a folder."""

PATIENCE = 1800.0
"""A process that does not end within this number of seconds counts as a fault."""


class Process(Protocol):
    """A process that may be killed."""

    pid: int

    def poll(self) -> int | None:
        """Return the exit code, minus the signal if one ended it; None while it runs."""


class Forked:
    """A forked child of this process: its modules are loaded, so it starts at once."""

    def __init__(self, words: Sequence[str], folder: Path, die_at: int | None, said: Path) -> None:
        from benchmarks.kills.child import run_child

        sys.stdout.flush()
        self.code: int | None = None
        self.pid = os.fork()
        if self.pid:
            return
        code = 70
        try:
            file = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
            os.dup2(file, 1)
            os.dup2(file, 2)
            code = run_child(words, folder, die_at)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def poll(self) -> int | None:
        """Return the exit code, minus the signal if one ended it; None while it runs."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code


def start(
    words: Sequence[str], folder: Path, *, die_at: int | None, said: Path, fork: bool
) -> Process:
    """Start the command in a process of its own; what it prints is added to the file `said`."""
    if fork:
        return Forked(words, folder, die_at, said)
    command = [sys.executable, "-m", "benchmarks.kills.child", "--folder", str(folder)]
    if die_at is not None:
        command += ["--die-at", str(die_at)]
    with said.open("a") as file:
        return subprocess.Popen([*command, "--", *words], stdout=file, stderr=file)


@dataclass(frozen=True)
class Kill:
    """The moment at which a process is killed, given by one of the three.

    Args:
        seconds: after this time.
        save: when the temporary file of this save appears, counted from 1.
        operation: before this change of a file, counted from 1.
    """

    seconds: float | None = None
    save: int | None = None
    operation: int | None = None


def run_until(kill: Kill | None, words: Sequence[str], folder: Path, said: Path, fork: bool) -> int:
    """Run a command until it ends or is killed; return the exit code, -9 if it was killed."""
    die_at = kill.operation if kill else None
    process = start(words, folder, die_at=die_at, said=said, fork=fork)
    ends = time.monotonic() + (PATIENCE if kill is None or kill.seconds is None else kill.seconds)
    seen: set[str] = set()
    while (code := process.poll()) is None:
        if kill is not None and kill.save is not None:
            seen |= temporary_files(folder)
        if time.monotonic() > ends or (kill and kill.save and len(seen) >= kill.save):
            os.kill(process.pid, signal.SIGKILL)
            while (code := process.poll()) is None:
                time.sleep(POLL)
            break
        time.sleep(POLL)
    return code


def temporary_files(folder: Path) -> set[str]:
    """Return the temporary files of saves below a folder."""
    found = set()
    for place, _, names in os.walk(folder):
        found |= {os.path.join(place, name) for name in names if LEFTOVER.fullmatch(name)}
    return found
