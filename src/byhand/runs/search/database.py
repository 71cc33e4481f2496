"""The database of a search in its folder: the SQLite file search.db, which may come from anyone.

SQLite does what a file says. A trigger or a view computes for as long as it likes whenever a table
is used, and the journal beside the file may name another file, anywhere, that SQLite then deletes.
Optuna writes none of these, so each is refused before Optuna opens the file.
"""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

from byhand.errors import FileError, FormatError
from byhand.runs.folder import RunFolder
from byhand.untrusted_files import regular_file

DATABASE = "search.db"

ENDINGS = ("", "-journal", "-wal", "-shm")
"""Endings of the files that SQLite opens for a database."""

OTHER_FILE = bytes.fromhex("d9d505f920a163d7")
"""The last bytes of a journal that names a further file, of changes to several databases."""

MOST_VALUE = 16 << 20
"""Largest number of bytes of a value, also of one that SQLite computes."""

SECONDS = 60
"""Time to wait for other processes that write."""

_COMPUTED = re.compile(r"\b(AS|USING)\b", re.IGNORECASE)


def database_file(folder: RunFolder) -> Path:
    """Return the path of the database in the folder of a search; there may be no file yet.

    Raises:
        FileError: it is a link that leads out of the folder, or no regular file.
        FormatError: it holds what no search writes.
        sqlite3.Error: it is damaged.
    """
    path, journal, *_ = (folder.file(DATABASE + ending) for ending in ENDINGS)
    if _ends_with(journal, OTHER_FILE):
        raise FormatError(f"{journal} is no journal of a search: SQLite would delete another file.")
    if path.exists():
        with regular_file(path, "the database"), closing(connect(path)) as database:
            for kind, name, text in database.execute("SELECT type, name, sql FROM sqlite_master"):
                if kind not in ("table", "index") or _COMPUTED.search(str(text)):
                    raise FormatError(
                        f"{path} is not the database of a search: {str(name)[:80]!r} is a {kind} "
                        "that computes."
                    )
    return path


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection to a database."""
    connection = sqlite3.connect(path, timeout=SECONDS, check_same_thread=False)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_VALUE)
    return connection


def _ends_with(path: Path, ending: bytes) -> bool:
    try:
        with regular_file(path, "the journal") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - len(ending)))
            return file.read() == ending
    except FileError:
        if path.exists():
            raise
        return False  # there is none, or another process has just finished with it
