"""Limits of time and memory for the process that runs a learner's code.

The time depends on the task. An endless loop ends when its processor time is used up; a process
that sleeps too long is killed by `learner/process.py`.
"""

from __future__ import annotations

import math
import sys
import time

COURSE_SECONDS = 10.0
"""Processor time that all functions of an exercise's file together may take."""

HUNT_SECONDS = 30.0
"""Processor time that a check or a tool of the bug hunt may take; they need two or three."""

EXAMINE_SECONDS = 30.0
"""Processor time that a learner's network may take, each time that it is run."""

MEMORY = 4 << 30
"""Bytes of memory that a learner's process may take."""

FILE_BYTES = 1 << 28
"""Largest file that the process may write; its printed output is a file, too."""


def limit_resources(memory: int, seconds: float) -> None:
    """Limit memory and processor time of this process from now on, if the system supports it.

    Unlike clock time, processor time does not pass while other programs run.

    Args:
        memory: bytes that the process may take.
        seconds: processor time it may take from now on.
    """
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    end = math.ceil(time.process_time() + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (end, end + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
