"""A player's folder: seeds, places, the score."""

from __future__ import annotations

import json

import pytest

from byhand.errors import ArgumentError, FileError, FormatError
from byhand.hunt.bug import BUGS
from byhand.hunt.folder import LEVELS, Place, choose, find, is_place, start
from byhand.hunt.score import read_score, write_score


def test_the_same_seed_plants_the_same_mistake_for_a_whole_class(tmp_path):
    one, other = (start(tmp_path / name, 3, seed=7) for name in ("anna", "ben"))

    for name in ("data.py", "network.py", "train.py", "evaluate.py"):
        assert (one.path / name).read_bytes() == (other.path / name).read_bytes()
    assert one.bug is choose(3, 7)


@pytest.mark.parametrize("level", LEVELS)
def test_every_mistake_of_a_level_has_a_seed(level):
    expected = {name for name, bug in BUGS.items() if bug.level == level}

    assert {choose(level, seed).name for seed in range(1000)} == expected


def test_the_mistake_cannot_be_read_in_the_folder(tmp_path):
    place = start(tmp_path, 4, seed=3)
    bug = place.bug

    score = (tmp_path / "score.json").read_text()
    program = "".join(path.read_text() for path in place.path.glob("*.py"))
    for word in (bug.name, bug.kind, bug.hint, bug.explanation):
        assert word not in score
    for word in (bug.name, bug.hint, bug.explanation):
        assert word not in program


def test_a_hunt_that_is_over_makes_room_for_one_that_was_not_hunted_yet(tmp_path):
    names = set()
    for number in range(1, 9):  # as many as there are on level 1
        place = start(tmp_path, 1)
        assert place.path == tmp_path / f"bug-{number}"
        names.add(place.bug.name)
        place.hunt.state = "found"
        place.save()

    assert names == {name for name, bug in BUGS.items() if bug.level == 1}
    assert read_score(tmp_path).total == 800


def test_an_open_hunt_is_not_replaced(tmp_path):
    start(tmp_path, 1)

    with pytest.raises(ArgumentError, match="still open"):
        start(tmp_path, 2)


def test_a_foreign_folder_is_not_written_to(tmp_path):
    (tmp_path / "bug-1").mkdir()

    with pytest.raises(FileError, match="bug-1 exists already"):
        start(tmp_path, 1)

    assert not (tmp_path / "score.json").exists()


def test_the_hunt_is_found_from_within_its_folder(tmp_path, monkeypatch):
    place = start(tmp_path / "hunt", 1)

    for folder in (tmp_path, tmp_path / "hunt", place.path):
        monkeypatch.chdir(folder)
        assert find(None).hunt.mark == place.hunt.mark
        assert find(None).path.resolve() == place.path


@pytest.mark.parametrize("name", ["patience-never-renewed", "moved-before-the-split"])
def test_a_place_is_right_before_and_after_the_player_edits_the_file(name, tmp_path):
    bug = BUGS[name]
    seed = next(seed for seed in range(1000) if choose(bug.level, seed) is bug)
    place = start(tmp_path, bug.level, seed)
    path, (line,) = place.path / f"{bug.module}.py", bug.lines

    assert is_place(place, path.name, line)
    assert not is_place(place, path.name, line + 2)
    assert not is_place(place, "evaluate.py", line)

    lines = path.read_text().splitlines()
    lines[line - 1] += "  # is this right?"
    lines[2:2] = ["# my notes", "# on two lines"]
    path.write_text("\n".join(lines))

    assert is_place(place, bug.module, line + 2)
    assert not is_place(place, path.name, line)


@pytest.mark.parametrize(
    ("file", "line", "says"),
    [("model.py", 3, "not one of the hunt's files"), ("data.py", 0, "lines 1 to"),
     ("data.py", 9999, "lines 1 to")],
)  # fmt: skip
def test_a_place_that_does_not_exist_is_an_error(file, line, says, tmp_path):
    with pytest.raises(ArgumentError, match=says):
        is_place(start(tmp_path, 1), file, line)


def test_hints_and_wrong_answers_cost_and_no_score_is_negative(tmp_path):
    hunt = start(tmp_path, 2).hunt

    assert hunt.points == hunt.worth == 200
    hunt.hints, hunt.wrong = 2, 3
    assert hunt.points == 60
    hunt.wrong = 30
    assert hunt.points == 0
    hunt.state = "revealed"
    assert hunt.points == 0


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"hunts": [{"level": 9, "seed": 1, "mark": "x"}]}', '{"hunts": 3}']
)
def test_a_damaged_score_is_one_message(text, tmp_path):
    (tmp_path / "score.json").write_text(text)

    with pytest.raises(FormatError, match="is not a valid score file"):
        find(tmp_path)


def test_a_mistake_of_another_version_is_one_message(tmp_path):
    place = start(tmp_path, 1)
    place.hunt.mark = "0" * 16
    write_score(tmp_path, place.score)

    with pytest.raises(FormatError, match="another version"):
        _ = Place(tmp_path, read_score(tmp_path), 1).bug


def test_the_score_is_a_file_that_others_can_read(tmp_path):
    start(tmp_path, 1, seed=5)

    (hunt,) = json.loads((tmp_path / "score.json").read_text())["hunts"]
    assert (hunt["level"], hunt["seed"], hunt["state"]) == (1, 5, "open")
