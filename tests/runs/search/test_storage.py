"""The database of a study, and its address without the password."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest

pytest.importorskip("optuna", reason="values are drawn with Optuna")

from byhand.errors import FileError
from byhand.runs.search.conduct import Crew
from byhand.runs.search.plan import Plan
from byhand.runs.search.sampler import RANDOM
from byhand.runs.search.storage import address, without_password
from byhand.runs.search.study import Study
from byhand.runs.train import search


def test_a_damaged_database_gets_a_message(space, folder):
    (folder.path / "search.db").write_bytes(b"no database" * 1000)

    with pytest.raises(FileError, match=r"the database sqlite:.*search.db cannot be used: file is"):
        Study(Plan(space, sampler=RANDOM, trials=2), folder)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ann:secret@host:5432/name", "postgresql://ann@host:5432/name"),
        ("postgresql://ann@host/name", "postgresql://ann@host/name"),
        ("postgresql:///name", "postgresql:///name"),
        ("postgresql://ann:p@ss@host/name", "postgresql://ann@host/name"),
    ],
)
def test_a_password_is_not_shown(url, shown):
    assert without_password(url) == shown


def test_an_address_names_the_driver():
    assert address("postgres://host/name") == "postgresql+psycopg://host/name"
    assert address("sqlite:///search.db") == "sqlite:///search.db"


def test_the_database_is_one_file_in_the_folder(space, options):
    run = search(Plan(space, sampler=RANDOM, trials=2), options, Crew())

    with contextlib.closing(sqlite3.connect(run.path / "search.db")) as database:
        (count,) = database.execute("select count(*) from trials").fetchone()
    assert count == 2
