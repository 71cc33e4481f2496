"""Starts a process that runs a learner's code, and returns how it ended.

An endless loop ends when the processor time in `limits.py` is used up. A process that only waits is
killed here.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from byhand.learner.limits import FILE_BYTES, MEMORY
from byhand.untrusted_files import read_bytes

WAITING = 6
"""Allowed clock time as a multiple of processor time, because other programs run as well."""

PRINTED_LINES = 10
"""Number of printed lines that are returned."""

UNREADABLE = "the code changed the file in which its results are returned, which cannot be read"

PRINTED_BYTES = 1 << 16
"""Number of printed bytes that are read back."""


@dataclass(frozen=True)
class Ended:
    """The outcome of a process.

    Args:
        reply: the JSON that it wrote, or None.
        printed: the first lines that the code printed.
        error: why there is no reply.
    """

    reply: dict[str, Any] | None
    printed: tuple[str, ...] = ()
    error: str | None = None


def run_worker(module: str, request: Mapping[str, Any], seconds: float) -> Ended:
    """Run a module as `python -m MODULE REQUEST REPLY` in its own process and folder.

    Args:
        module: name of the module; it limits itself with `limit_resources`.
        request: the task as JSON; `seconds` and `memory` are added.
        seconds: processor time that it may take.

    Raises:
        TimeoutError: the process exceeded its time.
    """
    with tempfile.TemporaryDirectory(prefix="byhand-learner-") as folder:
        asked, reply = Path(folder, "request.json"), Path(folder, "reply.json")
        limits = {"seconds": seconds, "memory": MEMORY}
        asked.write_text(json.dumps({**request, **limits}), "utf-8")
        code, out, errors = _start(module, [str(asked), str(reply)], folder, WAITING * seconds)
        printed = tuple(out.splitlines()[:PRINTED_LINES])
        if not reply.exists():
            return Ended(None, printed, _cause_of_death(code, errors))
        try:
            return Ended(_read(reply), printed)
        except (OSError, ValueError, RecursionError) as error:
            return Ended(None, printed, f"{UNREADABLE}: {error}")


def _read(reply: Path) -> dict[str, Any]:
    """Return what is in a reply, a file that the learner's code can write as well."""
    found = json.loads(read_bytes(reply, FILE_BYTES, "the reply"))
    if not isinstance(found, dict):
        raise ValueError("it is not a table")
    return found


def _start(module: str, arguments: list[str], folder: str, seconds: float) -> tuple[int, str, str]:
    """Run the module until it ends; return its code and the beginning of what it printed."""
    environment = {
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONIOENCODING": "utf-8",
        "MPLBACKEND": "Agg",  # a figure that is shown opens no window
    }
    out, errors = Path(folder, "printed.txt"), Path(folder, "errors.txt")
    with out.open("wb") as printed, errors.open("wb") as complaints:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=folder,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=complaints,
        )
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            process.kill()
            process.wait()
            raise TimeoutError from error
    if code == -getattr(signal, "SIGXCPU", 0) != 0:
        raise TimeoutError
    return code, _beginning(out), _end(errors)


def _beginning(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(PRINTED_BYTES).decode("utf-8", "replace")


def _end(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - (1 << 16)))
        return file.read().decode("utf-8", "replace")


def _cause_of_death(code: int, errors: str) -> str:
    """Return why a process ended without a reply."""
    lines = errors.strip().splitlines()
    if "MemoryError" in errors:
        return f"more than {MEMORY >> 30} GB of memory was needed. How large do the arrays become?"
    return f"the process ended with code {code}" + (f": {lines[-1]}" if lines else ".")
