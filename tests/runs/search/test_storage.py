"""The database of a study, and its address without the password."""

from __future__ import annotations

import contextlib
import sqlite3
from contextlib import ExitStack

import pytest

pytest.importorskip("optuna", reason="values are drawn with Optuna")

from byhand.errors import ArgumentError, ByhandError, FileError, FormatError
from byhand.runs.folder import RunFolder
from byhand.runs.search.claims import claimed
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


# --- databases of strangers -----------------------------------------------------------------------


def opened(space, folder):
    return Study(Plan(space, sampler=RANDOM, trials=2), folder)


def changed(space, folder, *commands):
    """Open a study whose database somebody has changed."""
    opened(space, folder)
    with contextlib.closing(sqlite3.connect(folder.path / "search.db")) as database:
        for command in commands:
            database.execute(command)
        database.commit()
    return opened(space, folder)


def hot_journal(database, other):
    """The journal of a transaction that was cut off, as SQLite writes it, with another file."""
    page = database.read_bytes()
    size = int.from_bytes(page[16:18], "big")
    magic, name = bytes.fromhex("d9d505f920a163d7"), str(other).encode()
    head = magic + b"".join(n.to_bytes(4, "big") for n in (1, 0, len(page) // size, 512, size))
    check = sum(page[place] for place in range(size - 200, 0, -200))
    record = (1).to_bytes(4, "big") + page[:size] + check.to_bytes(4, "big")
    numbers = (len(name).to_bytes(4, "big"), sum(name).to_bytes(4, "big"))
    return head.ljust(512, b"\0") + record + bytes(4) + name + b"".join(numbers) + magic


def test_a_journal_cannot_make_sqlite_delete_another_file(space, folder, tmp_path):
    opened(space, folder)
    precious = tmp_path / "precious"
    precious.write_text("mine")
    journal = folder.path / "search.db-journal"
    journal.write_bytes(hot_journal(folder.path / "search.db", precious))

    with pytest.raises(FormatError, match="would delete another file"):
        opened(space, folder)

    assert precious.read_text() == "mine"
    with contextlib.closing(sqlite3.connect(folder.path / "search.db")) as database:
        database.execute("select * from studies")
    assert not precious.exists()  # so the journal above is what it claims to be


def test_the_journal_of_a_killed_search_is_used(space, folder):
    opened(space, folder)
    journal = folder.path / "search.db-journal"
    whole = hot_journal(folder.path / "search.db", "")
    journal.write_bytes(whole[: -(4 + 8 + 8)])

    opened(space, folder)

    assert not journal.exists()


ENDLESS = "with recursive n(k) as (select 1 union all select k + 1 from n) select k from n"


@pytest.mark.parametrize(
    "commands",
    [
        (f"create trigger t after update on trials begin insert into trials {ENDLESS}; end",),
        ("alter table trials rename to others", f"create view trials as {ENDLESS}"),
        ("create table more (a, b generated always as (zeroblob(a)))",),
        ("create virtual table more using fts5 (a)",),
    ],
)
def test_a_database_that_computes_is_refused(commands, space, folder):
    with pytest.raises(FormatError, match="that computes"):
        changed(space, folder, *commands)


@pytest.mark.parametrize("name", ["search.db", "search.db-journal", "search.db-wal"])
def test_a_database_elsewhere_is_not_opened(name, space, folder, tmp_path):
    sqlite3.connect(tmp_path / "other.db").close()
    (folder.path / name).symlink_to(tmp_path / "other.db")

    with pytest.raises(FileError, match="leads out of its folder"):
        opened(space, folder)

    assert (tmp_path / "other.db").read_bytes() == b""


@pytest.mark.parametrize("name", ["a?mode=memory", "a{0}", "a{SCHEMA_VERSION:9999999}", "a%20b#c"])
def test_the_name_of_a_folder_is_no_part_of_an_address(name, space, tmp_path):
    (tmp_path / name).mkdir()

    opened(space, RunFolder(tmp_path / name))

    assert (tmp_path / name / "search.db").exists()
    assert [path.name for path in tmp_path.iterdir()] == [name]


STRANGE = {
    "state": "update trials set state = 'NONE'",
    "no distribution": "update trial_params set distribution_json = '{}'",
    "no JSON": "update trial_params set distribution_json = '['",
    "other distribution": """update trial_params set distribution_json =
        '{"name": "CategoricalDistribution", "attributes": {"choices": [1]}}'""",
    "no attribute": "update trial_user_attributes set value_json = ']'",
    "no number": "update trials set number = 'x'",
    "no time": "update trials set datetime_start = 'x'",
    "no table": "drop table trial_params",
    "no version": "delete from version_info",
    "other version": "update version_info set schema_version = 99",
    "other direction": "update study_directions set direction = 'x'",
}


@pytest.mark.parametrize("kind", STRANGE)
def test_values_that_optuna_does_not_write_get_an_error_of_byhand(kind, space, folder):
    study = opened(space, folder)
    with claimed(study, folder):
        pass

    with contextlib.suppress(ByhandError), ExitStack() as held:
        changed(space, folder, STRANGE[kind]).claim(held)


@pytest.mark.parametrize(
    "change",
    [
        "delete from study_directions",
        "update study_directions set direction = 'MINIMIZE'",
        "insert into study_directions (direction, study_id, objective) values ('MAXIMIZE', 1, 1)",
    ],
)
def test_a_study_that_takes_no_score_is_refused(change, space, folder):
    """Each trial of it would have failed, so that the search would never have ended."""
    opened(space, folder)

    with pytest.raises(FormatError, match="does not maximise one score"):
        changed(space, folder, change)


def test_a_trial_cannot_be_in_another_folder(space, folder):
    study = opened(space, folder)
    trial = study.study.ask()
    trial.set_user_attr("folder", "../precious")

    with pytest.raises(ArgumentError, match="leads out of that folder"):
        study.unfinished()
