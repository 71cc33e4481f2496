"""The fuzzer of searches changes databases, resumes searches to their end, and tells escapes."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
import time
from itertools import count

import pytest

if sys.platform == "win32":
    pytest.skip("the fuzzer forks", allow_module_level=True)
pytest.importorskip("optuna", reason="values are drawn with Optuna")

from benchmarks.fuzz import searches
from benchmarks.fuzz.files import write_files
from benchmarks.fuzz.mutate import mutation_of
from benchmarks.fuzz.quick_random import QuickRandom

pytestmark = pytest.mark.filterwarnings(
    "ignore:This process .* is multi-threaded:DeprecationWarning"
)


def test_a_changed_database_is_mostly_still_one():
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE trials (number INTEGER, state TEXT)")
        database.executemany("INSERT INTO trials VALUES (?, ?)", [(0, "RUNNING"), (1, '{"a": 1}')])
        database.commit()
        valid = database.serialize()
    rng = QuickRandom("databases")

    found = [mutation_of("search.db")(valid, rng) for _ in range(300)]

    assert sum(content != valid for content in found) > 250
    readable, dropped = 0, 0
    for content in found:
        with contextlib.closing(sqlite3.connect(":memory:")) as database:
            try:
                database.deserialize(content)
                rows = database.execute("SELECT * FROM trials").fetchall()
            except sqlite3.Error as error:
                dropped += "no such table" in str(error)
            else:
                readable += rows is not None
    assert readable > 240
    assert dropped > 0


def test_changed_searches_are_resumed_and_counted_by_their_answers(capsys):
    with pytest.raises(SystemExit) as ended:
        searches.main(["--inputs", "3", "--seed", "1"])

    counts = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    assert ended.value.code == 0
    assert sum(int(count) for count, _ in counts) == 3
    answers = {"refused", "resumed, all trials", "resumed, other trials"}
    assert {answer for _, answer in counts} <= answers


def test_an_interrupted_search_that_nobody_changed_is_resumed_with_all_trials(tmp_path):
    files = searches.interrupted_search(tmp_path / "made")
    (tmp_path / "place" / "search").mkdir(parents=True)
    write_files(tmp_path / "place" / "search", files)

    assert searches.DATABASE in files
    assert searches.resumed(tmp_path / "place") == "resumed, all trials"


@pytest.mark.parametrize(
    ("resume", "answer"),
    [
        (lambda *_: 1 / 0, "ESCAPE ZeroDivisionError: division by zero"),
        (lambda *_: all(count(1)), "ESCAPE over 1 s"),
        (lambda *_: time.sleep(600), "ESCAPE waits for over 0.5 s"),
        (lambda *_: os._exit(3), "ESCAPE died with 3"),
        (
            lambda folder, _: (folder.path.parent / "precious").write_text(""),
            "ESCAPE changed files elsewhere",
        ),
        (
            lambda folder, _: (folder.path.parent / "more").write_text(""),
            "ESCAPE changed files elsewhere",
        ),
    ],
    ids=["error", "endless", "asleep", "death", "overwritten", "written"],
)
def test_a_search_that_escapes_is_told(resume, answer, tmp_path, monkeypatch):
    monkeypatch.setattr(searches, "resume", resume)
    monkeypatch.setattr(searches, "SECONDS", 1)
    if "waits" in answer:
        monkeypatch.setattr(searches, "PATIENCE", 0.5)
    (tmp_path / "search").mkdir()

    assert searches.resumed(tmp_path).startswith(answer)
