"""The command `byhand`: one file for each verb, loaded when it is used."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from byhand import signals

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit with its code.

    0 is success, 1 failure, 2 usage; 130 is Ctrl-C, 143 SIGTERM and 129 SIGHUP.
    """
    try:
        signals.end_on_signals()
        from byhand.cli.app import run

        code = run(sys.argv[1:] if arguments is None else arguments)
        signals.ignore_at_exit(code)
    except KeyboardInterrupt:  # while it was still loading, or already ending
        code = signals.exit_code()
        signals.ignore_at_exit(code)
    sys.exit(code)
