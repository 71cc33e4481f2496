"""Turns an error into one message on standard error and an exit code.

docs/command-line.md lists the codes. After a signal the code is 128 plus its number (`signals.py`).
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import typer

from byhand import signals
from byhand.terminal import has_colour, to_stderr, visible

USAGE, FAILURE, INTERRUPTED, BROKEN_PIPE = 2, 1, 130, 141

ParserError: Any = typer.BadParameter.__mro__[2]
"""The base of the parser's errors; newer versions of typer have a copy of click's."""


def explain(error: BaseException, debug: bool = False) -> int:
    """Print on standard error what went wrong and what to do. Returns the exit code."""
    if isinstance(error, BrokenPipeError) or isinstance(error.__context__, BrokenPipeError):
        _forget_stdout()
        return BROKEN_PIPE
    if debug and not isinstance(error, (SystemExit, typer.Exit)):
        to_stderr("".join(traceback.format_exception(error)).rstrip("\n"))
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else FAILURE
    code, message = _meaning(error)
    if message:
        _print(message)
    return code


@contextmanager
def plain_warnings() -> Iterator[None]:
    """Within a `with` block, print each warning as one line without its place in the code."""
    before = warnings.formatwarning
    warnings.formatwarning = lambda message, *_, **__: f"Warning: {visible(str(message))}\n"
    try:
        yield
    finally:
        warnings.formatwarning = before


def _meaning(error: BaseException) -> tuple[int, str]:
    """Return the exit code and the message of an error."""
    from byhand.errors import ArgumentError, ByhandError

    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return signals.exit_code(), "interrupted."
    if isinstance(error, ParserError):
        return USAGE, _usage(error)
    if isinstance(error, ByhandError):
        return (USAGE if isinstance(error, ArgumentError) else FAILURE), str(error)
    if isinstance(error, MemoryError):
        return (
            FAILURE,
            f"not enough memory: {str(error) or 'an array could not be allocated'}. Try less.",
        )
    if isinstance(error, OSError):
        return FAILURE, _system(error)
    if _was_cut_off(error):
        return signals.exit_code(), "interrupted."
    if isinstance(error, ModuleNotFoundError):
        return FAILURE, f"{error.name} is not installed. Install it with: pip install {error.name}"
    return FAILURE, (
        f"an error inside byhand: {type(error).__name__}: {error}. Run it again with --debug to "
        "see where, and please report it."
    )


def _was_cut_off(error: BaseException) -> bool:
    """Return whether an error follows from a signal, such as closing a file in mid-write."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, KeyboardInterrupt):
        cause = cause.__context__
    return cause is not None


def _usage(error: BaseException) -> str:
    """Return the parser's message with a pointer to the help."""
    message = str(getattr(error, "format_message", lambda: error)())
    option = getattr(error, "option_name", None)
    if option is not None and message.startswith("No such option"):
        message = _unknown_option(option, getattr(error, "possibilities", None) or ())
    context = getattr(error, "ctx", None)
    command = getattr(context, "command_path", None) or "byhand"
    stop = "" if message.endswith((".", "?", ")")) else "."
    return f"{message}{stop} See: {command} --help"


def _unknown_option(option: str, known: Iterable[str]) -> str:
    """Return the message for an unknown option, with the nearest known one."""
    from byhand.errors import did_you_mean

    return f"there is no option {option}.{did_you_mean(option, known, similarity=0.7)}"


def _system(error: OSError) -> str:
    """Return the message for an error of the operating system, such as a full disk."""
    where = f" {error.filename}" if error.filename else ""
    what = error.strerror or str(error)
    advice = {
        errno.ENOSPC: "Free some space, or write elsewhere with --out.",
        errno.EACCES: "Check the permissions of that path.",
        errno.EROFS: "Write elsewhere with --out.",
    }.get(error.errno or 0, "")
    return f"the system says{where}: {what}. {advice}".rstrip()


def _print(message: str) -> None:
    label = "\x1b[1;31mError:\x1b[0m" if has_colour(sys.stderr) else "Error:"
    try:
        sys.stderr.write(f"{label} {visible(message)}\n")
    except OSError:  # standard error is closed
        return


def _forget_stdout() -> None:
    """Redirect standard output, so that Python's final flush to the closed pipe does not fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
