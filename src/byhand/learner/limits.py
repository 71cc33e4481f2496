"""Limits of time and memory for the process that runs a learner's code.

`MEMORY` and `FILE_BYTES` are the same for all. The time depends on the task: `SECONDS` in
`course/process.py`, `hunt/check.py` and `examine/examine.py`. A process that sleeps too long is
killed by `learner/process.py`.
"""

from __future__ import annotations

import math
import sys
import time

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
