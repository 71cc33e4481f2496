"""Commands in processes of their own, to be interrupted and killed."""

from __future__ import annotations

import subprocess
import sys


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
