"""The command `byhand`: one file a verb, each loaded when it is used."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and leave with its exit code: 0 well, 1 failure, 2 usage, 130 Ctrl-C."""
    try:
        from byhand.cli.app import run

        code = run(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:  # while it was still loading
        code = 130
    sys.exit(code)
