"""`byhand course`: start, check, solution and the table of a class."""

from __future__ import annotations

import csv
import io
import shutil

from byhand.course.folder import answer_key
from byhand.course.lessons import LESSONS, load_lesson

EXERCISES = sum(len(load_lesson(number).exercises) for number in LESSONS)


def test_start_says_what_to_do_next_and_check_finds_the_folder(byhand):
    said = byhand("course", "start")
    checked = byhand("course", "check", 1)

    assert said.code == 0
    assert "12 lessons are in course." in said.out
    assert "byhand course check 1" in said.out
    assert checked.code == 1
    assert "lesson 1: 0 of 6 right, 6 to do" in checked.out


def test_a_right_lesson_has_exit_code_0_and_names_the_next(byhand, tmp_path):
    byhand("course", "start", "mine")
    (tmp_path / "mine" / "lesson_03_softmax.py").write_text(answer_key(load_lesson(3)))

    said = byhand("course", "check", 3, "--folder", "mine")

    assert said.code == 0
    assert "lesson 3: 3 of 3 right" in said.out
    assert "Next: Backpropagation on paper" in said.out


def test_a_mistake_is_reported_as_text_and_as_json(byhand, tmp_path):
    byhand("course", "start")
    wrong = answer_key(load_lesson(3)).replace("(A - T) / len(labels)", "A - T")
    (tmp_path / "course" / "lesson_03_softmax.py").write_text(wrong)

    said = byhand("course", "check", 3)
    found = byhand("course", "check", 3, "--json").json

    assert "the mean over the batch is missing" in said.out
    assert [one["status"] for one in found["exercises"]] == ["right", "right", "wrong"]


def test_without_a_folder_the_message_says_how_to_start(byhand):
    said = byhand("course", "check", 1)

    assert said.code == 1
    assert "byhand course start" in said.err


def test_an_unknown_lesson_is_refused(byhand):
    said = byhand("course", "check", 13)

    assert said.code == 2
    assert "there is no lesson 13. Choose one from 1 to 12." in said.err


def test_answers_are_printed_only_when_asked_for(byhand):
    refused = byhand("course", "solution", 3)
    said = byhand("course", "solution", 3, "--answer-key")

    assert refused.code == 2
    assert "E / E.sum" not in refused.out + refused.err
    assert said.code == 0
    assert "E / E.sum" in said.out


def test_the_list_has_every_lesson(byhand):
    said = byhand("course", "list")

    assert len(said.out.splitlines()) == len(LESSONS) + 1


def test_a_class_is_a_table_with_a_row_for_each_exercise_of_each_learner(byhand, tmp_path):
    byhand("course", "start", "class/ada")
    (tmp_path / "class/ada/lesson_01_numpy_drills.py").write_text(answer_key(load_lesson(1)))
    (tmp_path / "class" / "=cmd" / "course").mkdir(parents=True)
    shutil.copy(tmp_path / "class/ada/lesson_12_making_it_fast.py", tmp_path / "class/=cmd/course")
    (tmp_path / "class" / "notes").mkdir()

    said = byhand("course", "report", "class", "--out", "class.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "class.csv").read_text())))

    assert said.code == 0
    assert f"ada: 6 of {EXERCISES} right" in said.out
    assert len(rows) == 2 * EXERCISES
    assert [row["status"] for row in rows if row["learner"] == "ada"].count("right") == 6
    assert {row["learner"] for row in rows} == {"ada", "'=cmd"}
    assert [r["status"] for r in rows if r["learner"] == "'=cmd"].count("no file") == EXERCISES - 4


def test_a_folder_without_learners_is_refused(byhand, tmp_path):
    (tmp_path / "empty").mkdir()

    for folder in ("empty", "nowhere"):
        said = byhand("course", "report", folder)
        assert said.code == 1
        assert "one folder for each learner" in said.err


def test_without_a_command_it_shows_its_help(byhand):
    said = byhand("course")

    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("Usage: byhand course")
