"""Runs a player's program in a separate process: the check of a fix, and the tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from byhand.errors import ByhandError
from byhand.learner.limits import HUNT_SECONDS
from byhand.learner.process import run_worker


class ProgramError(ByhandError):
    """Raised for a player's program that does not run."""


def run_job(folder: Path, job: str) -> Any:
    """Return the result of a check or a tool for the program in a folder.

    Args:
        folder: the folder with the program's four files.
        job: "check" or a name from `TOOLS`.

    Raises:
        ProgramError: the program does not run, or exceeds its time or memory.
    """
    request = {"folder": str(folder.resolve()), "job": job}
    try:
        ended = run_worker("byhand.hunt.worker", request, HUNT_SECONDS)
    except TimeoutError:
        raise ProgramError(
            f"the program in {folder} did not finish within {HUNT_SECONDS:.0f} s. "
            "Does a loop never end?"
        ) from None
    error = ended.error if ended.reply is None else ended.reply["error"]
    if error:
        raise ProgramError(f"the program in {folder} does not run: {error}")
    assert ended.reply is not None  # noqa: S101 - otherwise there is an error
    return ended.reply["result"]
