"""`byhand hunt`: a whole hunt, each ending, the tools, and the teacher's key."""

from __future__ import annotations

import subprocess
import sys

import pytest

from byhand.hunt import check as checking
from byhand.hunt.bug import BUGS
from byhand.hunt.folder import choose


def seed_of(name):
    bug = BUGS[name]
    return next(seed for seed in range(1000) if choose(bug.level, seed) is bug)


@pytest.fixture
def hunting(byhand, tmp_path):
    """Start the hunt for a mistake; return the folder of the program."""

    def begin(name):
        bug = BUGS[name]
        assert byhand("hunt", "start", "--level", bug.level, "--seed", seed_of(name)).code == 0
        return tmp_path / "hunt" / "bug-1"

    return begin


@pytest.mark.parametrize("verb", ["hunt", "course"])
def test_a_group_without_a_verb_prints_its_help(byhand, verb):
    said = byhand(verb)

    assert said.code == 0
    assert said.out.startswith(f"Usage: byhand {verb}")
    assert "  check " in said.out
    assert not said.err


def test_start_says_what_to_do_and_the_program_runs_with_numpy_alone(byhand, tmp_path):
    said = byhand("hunt", "start", "--level", 3, "--seed", 1)

    assert said.code == 0
    assert "Level 3, seed 1: 300 points." in said.out
    assert "byhand hunt answer FILE:LINE" in said.out
    for name in ("train.py", "evaluate.py"):
        block = "import sys; sys.modules['byhand'] = None; import runpy; sys.path.insert(0, '.'); "
        code = f"{block}runpy.run_path({name!r}, run_name='__main__')"
        folder = tmp_path / "hunt" / "bug-1"
        process = subprocess.run(
            [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True
        )
        assert process.returncode == 0, process.stderr
    assert "test accuracy" in process.stdout


def test_a_mistake_that_is_mended_is_found_and_explained(byhand, hunting):
    path = hunting("bias-gradient-of-everything") / "network.py"
    before = byhand("hunt", "check")
    path.write_text(path.read_text().replace("dZ1.sum()", "np.sum(dZ1, axis=0)"))
    after = byhand("hunt", "check")

    assert before.code == 1
    assert before.out == "The mistake is still there.\n"
    assert after.code == 0
    assert after.out.startswith("Found!")
    assert 'planted  g["b1"] = dZ1.sum()' in after.out
    assert 'right    g["b1"] = dZ1.sum(axis=0)' in after.out
    assert "fun-MNIST" in after.out
    assert "300 of 300 points; 300 points in all." in after.out
    assert byhand("hunt", "check").out == "Fixed.\n"
    assert byhand("hunt", "score", "--json").json["total"] == 300
    assert byhand("hunt", "check", "--json").json["state"] == "found"


def test_what_the_player_breaks_is_named_but_the_mistake_is_not(byhand, hunting):
    path = hunting("uphill") / "train.py"
    path.write_text(path.read_text().replace("RATE = 0.1", "RATE = 0.2"))

    said = byhand("hunt", "check")
    found = byhand("hunt", "check", "--json").json

    assert said.code == 1
    assert "train.py: RATE was right and no longer is (it was 0.1 and is now 0.2)" in said.out
    assert "step" not in said.out
    assert found == {
        "mended": False, "broken": {"train.RATE": "it was 0.1 and is now 0.2"}, "state": "open"
    }  # fmt: skip


def test_answers_and_hints_cost_points(byhand, hunting):
    hunting("uphill")
    (line,) = BUGS["uphill"].lines
    hints = [byhand("hunt", "hint").out for _ in range(4)]
    wrong = byhand("hunt", "answer", "network.py:5")
    right = byhand("hunt", "answer", f"bug-1/train.py:{line}")

    assert "Hint 1: It is in training" in hints[0]
    assert "Now worth 80 of 100 points." in hints[0]
    assert "Hint 3: It is in the function step of train.py." in hints[2].replace("\n ", "")
    assert hints[3] == hints[2]
    assert wrong.code == 1
    assert wrong.out == "No, the mistake is not in network.py:5.\nNow worth 30 of 100 points.\n"
    assert right.code == 0
    assert "30 of 100 points; 30 points in all." in right.out


def test_whoever_gives_up_sees_the_mistake_and_may_start_the_next_hunt(byhand, hunting):
    hunting("uphill")
    refused = byhand("hunt", "start")
    revealed = byhand("hunt", "reveal")
    again = byhand("hunt", "hint")
    byhand("hunt", "start", "--seed", 4)
    score = byhand("hunt", "score")

    assert refused.code == 2
    assert "still open" in refused.err
    assert "planted  velocity[name] = MOMENTUM * velocity[name] + rate * g[name]" in revealed.out
    assert "0 of 100 points; 0 points in all." in revealed.out
    assert again.code == 2
    assert "is over (revealed)" in again.err
    assert score.out.splitlines()[1].split()[:1] == ["bug-1"]
    assert score.out.splitlines()[-1] == "0 points"
    assert [hunt["state"] for hunt in byhand("hunt", "score", "--json").json["hunts"]] == [
        "revealed", "open"
    ]  # fmt: skip


def test_the_key_needs_its_flag(byhand):
    refused = byhand("hunt", "key", "--seed", 7, "--level", 2)
    said = byhand("hunt", "key", "--seed", 7, "--level", 2, "--answer-key")

    assert refused.code == 2
    assert "the answer is for teachers" in refused.err
    assert choose(2, 7).name in said.out


def test_the_gradient_check_of_a_program_with_a_mistake(byhand, hunting):
    hunting("bias-gradient-of-everything")

    lines = byhand("hunt", "gradcheck").out.splitlines()
    rows = byhand("hunt", "gradcheck", "--json").json

    assert lines[1].split()[0] == "dW3"
    assert lines[1].endswith("right")
    assert lines[6].endswith("wrong: has shape (), and b1 has (32,)")
    assert rows[5]["parameter"] == "b1"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("def step(", "def step("), "The mistake is still there."),
        (
            ("    for name in p:\n", "    while True:\n        pass\n    for name in p:\n"),
            "did not finish within 2 s",
        ),
        (("import numpy as np", "import nunpy as np"), "No module named 'nunpy'"),
        (("def step(", "def step((("), "SyntaxError"),
        (("MOMENTUM * vel", "MOMENTUM * val"), "train.py: step does not run: NameError"),
    ],
)
def test_a_program_that_does_not_run_is_one_message(change, says, byhand, hunting, monkeypatch):
    if "while True" in change[1]:
        monkeypatch.setattr(checking, "HUNT_SECONDS", 2.0)
    path = hunting("uphill") / "train.py"
    path.write_text(path.read_text().replace(*change))

    said = byhand("hunt", "check")

    assert said.code == 1
    assert says in said.out + said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("check",), "there is no hunt in this folder"),
        (("start", "--level", 5), "'--level'"),
        (("answer", "network.py"), "there is no hunt"),
    ],
)
def test_wrong_use_is_one_message(words, says, byhand):
    said = byhand("hunt", *words)

    assert said.code in (1, 2)
    assert says in said.err


@pytest.mark.parametrize("line", ["network.py", "61", ":61", "network.py:x"])
def test_an_answer_without_a_line_costs_nothing(line, byhand, hunting):
    hunting("uphill")

    said = byhand("hunt", "answer", line)

    assert said.code == 2
    assert "expected FILE:LINE, such as network.py:61" in said.err
    assert byhand("hunt", "score", "--json").json["hunts"][0]["wrong"] == 0
