"""Paths as users write them."""

from __future__ import annotations

import os
from pathlib import Path

from byhand.errors import FileError


def user_path(path: str | os.PathLike[str]) -> Path:
    """Return a path in which ~ is the home folder.

    Raises:
        FileError: ~name for a user who does not exist.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise FileError(f"there is no home folder for {path}: {str(error).rstrip('.')}.") from None
