"""The kinds of errors. Each also derives from the built-in error in parentheses.

    ByhandError
    ├── ArgumentError        (ValueError)       an option, a name or an array that cannot be used
    ├── DataError            (ValueError)       data that was read but is not what it should be
    │   └── FormatError                         a file that is truncated, corrupted or another kind
    ├── FileError            (OSError)          a file or folder that is missing or not writable
    ├── DivergedError        (ArithmeticError)  training that diverged to NaN or infinity
    ├── RankError            (ConnectionError)  a process of a shared training that ended or differs
    └── MissingPackageError  (ImportError)      an optional package that is not installed

Every message says what was expected, what was given, and what to do. For a misspelt name,
`did_you_mean` adds the nearest one that exists.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "ArgumentError",
    "ByhandError",
    "DataError",
    "DivergedError",
    "FileError",
    "FormatError",
    "MissingPackageError",
    "RankError",
    "did_you_mean",
    "missing_package",
    "unknown_name",
]


class ByhandError(Exception):
    """Base class of every error that byhand raises on purpose."""


class ArgumentError(ByhandError, ValueError):
    """An option, a name or an array that cannot be used as given."""


class DataError(ByhandError, ValueError):
    """Data that was read but is not what it should be (NaN, wrong labels, wrong scale)."""


class FormatError(DataError):
    """A file that is truncated, corrupted or of another format than expected."""


class FileError(ByhandError, OSError):
    """A file or folder that is missing, unreadable or cannot be written."""


class DivergedError(ByhandError, ArithmeticError):
    """Training that reached NaN or infinity; the message names layer, step and likely cause."""


class RankError(ByhandError, ConnectionError):
    """A process of a shared training that has ended, or whose data or weights differ."""


class MissingPackageError(ByhandError, ImportError):
    """An optional package that is not installed; the message has the command that installs it."""


MOST_LISTED, MOST_COMPARED = 1000, 10_000
"""Number of names in a message, and of those compared with an unknown one: a table has 100,000."""


def missing_package(purpose: str, package: str, extra: str) -> MissingPackageError:
    """Return the error for a package of an extra of byhand.

    Args:
        purpose: what needs it, such as "figures need".
        package: its name in text, such as "Matplotlib".
        extra: the extra that installs it, such as "figures".
    """
    return MissingPackageError(
        f'{purpose} {package}, which is not installed: pip install "byhand[{extra}]"'
    )


def unknown_name(kind: str, name: object, choices: Iterable[str]) -> ArgumentError:
    """Return the error for a name that is not in a table, with the nearest one that is.

    Args:
        kind: the kind of name, such as "activation".
        name: the unknown name.
        choices: the valid names.
    """
    known = list(choices)
    hint = did_you_mean(name, known)
    listed = ", ".join(known[:MOST_LISTED]) + (", ..." if len(known) > MOST_LISTED else "")
    return ArgumentError(f"unknown {kind} {name!r}.{hint} Choose from: {listed}.")


def did_you_mean(name: object, choices: Iterable[str], similarity: float = 0.5) -> str:
    """Return " Did you mean 'relu'?" with the nearest of the choices, or "" if none is near.

    Args:
        name: the unknown name.
        choices: the valid names.
        similarity: ratio of matching letters that the nearest one needs (`difflib`), up to 1.
    """
    known = list(choices)[:MOST_COMPARED]
    nearest = difflib.get_close_matches(str(name).lower(), known, n=1, cutoff=similarity)
    return f" Did you mean {nearest[0]!r}?" if nearest else ""
