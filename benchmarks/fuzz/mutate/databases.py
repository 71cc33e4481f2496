"""Change an SQLite database by SQL, so that it stays one: cells, rows and tables."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from random import Random
from typing import Any

from benchmarks.fuzz.mutate.json_text import mutate_json
from benchmarks.fuzz.mutate.octets import an_integer, mutate_octets
from benchmarks.fuzz.mutate.words import a_text

BEGINNING = b"SQLite format 3\0"

WORDS = ("RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING", "MAXIMIZE", "MINIMIZE", "NOT_SET",
         "FINITE", "INF_POS", "INF_NEG", "NAN", "folder", "search", '"trial-000"', '"../elsewhere"',
         "0001-01-01 00:00:00", "9999-12-31 23:59:59.999999")  # fmt: skip
"""Words that Optuna writes, or might read as its own."""


def mutate_database(content: bytes, rng: Random) -> bytes:
    """Return a database with one to three changes; now and then other bytes."""
    if rng.random() < 0.1 or not content.startswith(BEGINNING):
        return mutate_octets(content, rng)
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(content)
        for _ in range(rng.choice((1, 1, 2, 3))):
            with suppress(sqlite3.Error, OverflowError, UnicodeEncodeError):  # it forbids this one
                _change(database, rng)
        database.commit()
        return database.serialize()


def _change(database: sqlite3.Connection, rng: Random) -> None:
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    if not tables:
        return
    (table,) = rng.choice(tables)
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    rows = [row for (row,) in database.execute(f"SELECT rowid FROM {table}")]  # noqa: S608
    column, row, chance = rng.choice(columns), rng.choice(rows or [1]), rng.random()
    if chance < 0.03:
        database.execute(f"DROP TABLE {table}")
    elif chance < 0.15:
        database.execute(f"DELETE FROM {table} WHERE rowid = ?", (row,))  # noqa: S608
    elif chance < 0.18:
        database.execute(f"DELETE FROM {table}")  # noqa: S608
    else:
        found = database.execute(f"SELECT {column} FROM {table} WHERE rowid = ?", (row,))  # noqa: S608
        (before,) = found.fetchone() or (None,)
        every = "" if chance < 0.9 else " OR 1"
        database.execute(
            f"UPDATE {table} SET {column} = ? WHERE rowid = ?{every}",  # noqa: S608
            (_other(before, rng), row),
        )


def _other(before: Any, rng: Random) -> Any:
    """Return another value for a cell."""
    kind = rng.randrange(6)
    if kind == 0 and isinstance(before, str):
        return mutate_json(before.encode(), rng).decode("utf-8", "replace")
    if kind == 1:
        return an_integer(rng)
    if kind == 2:
        return rng.choice((0.0, -1.5, 1e308, float("inf"), 5e-324, None, b"\xff\xfe"))
    return rng.choice(WORDS) if kind < 5 else a_text(rng)
