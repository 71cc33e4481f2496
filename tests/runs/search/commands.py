"""Processes to be interrupted and killed: how they are started, found and met in time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SECONDS = 600
"""Limit for what happens soon, on a machine that is not busy with other things."""


def command(*arguments):
    """Start a command in a separate process."""
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from byhand.cli import main; main(sys.argv[1:])"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def children(pid):
    """The processes that any thread of a process has started; none once it has ended."""
    files = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(word) for file in files for word in read_if_there(file).split()]


def workers_of(pid):
    """The workers among them; a process may have children of other kinds."""
    return [
        child
        for child in children(pid)
        if b"search.worker" in read_if_there(Path(f"/proc/{child}/cmdline"))
    ]


def read_if_there(file):
    """The bytes of a file of a process; none once the process has ended."""
    try:
        return file.read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def met_in_time(attempt, times=10):
    """Repeat an attempt until it returns a result; without one it came too late.

    A search may end before it is killed, if this process was not given a core in between.
    """
    for _ in range(times):
        if found := attempt():
            return found
    raise AssertionError(f"too late in all of {times} attempts")
