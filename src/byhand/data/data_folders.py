"""The folders in which data sets lie: your own, the cache of downloads, those of other libraries.

The environment variable BYHAND_DATA names a folder that is searched before the cache. It does not
move the cache, which is in the operating system's cache folder.
"""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path

from byhand.errors import FileError
from byhand.user_path import user_path

PACKAGED_DIGITS = "digits.npz"


def packaged_digits() -> Path:
    """Return the file of the UCI digits that comes with byhand."""
    return Path(str(resources.files("byhand.data") / PACKAGED_DIGITS))


def cache_folder() -> Path:
    """Return the folder for downloads: byhand's folder in the operating system's cache.

    On Linux it is in $XDG_CACHE_HOME or ~/.cache; BYHAND_DATA does not move it.
    """
    import pooch  # imported late: most programs need no download

    return Path(pooch.os_cache("byhand")).expanduser()


def keras_folder() -> Path:
    """Return the folder in which Keras keeps its data sets."""
    home = os.environ.get("KERAS_HOME")
    return (user_path(home) if home else Path.home() / ".keras") / "datasets"


def data_folder(folder: str | os.PathLike[str], what: str) -> Path:
    """Return the folder as a path.

    Raises:
        FileError: it is not a folder.
    """
    path = user_path(folder)
    if not path.is_dir():
        raise FileError(f"{what} is {path}, which is not a folder. Create it or name another.")
    return path
