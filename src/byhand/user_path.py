"""Paths in the form that users write, such as ~/digits."""

from __future__ import annotations

import os
from pathlib import Path

from byhand.errors import FileError


def leads_into(path: Path, folder: Path) -> bool:
    """Return whether a path, with all links followed, lies in a folder."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # links that lead in a circle
        return False


def user_path(path: str | os.PathLike[str]) -> Path:
    """Return a path with ~ replaced by the home folder.

    Raises:
        FileError: ~name for a user who does not exist.
    """
    try:
        return (path if isinstance(path, Path) else Path(path)).expanduser()
    except RuntimeError as error:
        raise FileError(f"there is no home folder for {path}: {str(error).rstrip('.')}.") from None
