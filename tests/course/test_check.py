"""A learner's file runs in a separate process; whatever it does, the check reports it."""

from __future__ import annotations

import sys

import pytest

from byhand.course.check import check_file
from byhand.course.folder import answer_key, start_course, with_holes
from byhand.course.judge import HOLE, RIGHT, WRONG
from byhand.course.lessons import LESSONS, load_lesson

LESSON = load_lesson(3)
KEY = answer_key(LESSON)
SOFTMAX = """\
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)
"""


def checked(tmp_path, text, seconds=10.0):
    path = tmp_path / "lesson_03_softmax.py"
    path.write_text(text, "utf-8")
    return check_file(path, LESSON, seconds)


def with_softmax(code):
    assert SOFTMAX in KEY
    return KEY.replace(SOFTMAX, code)


def test_the_answer_key_is_right_in_its_own_process(tmp_path):
    found = checked(tmp_path, KEY)

    assert [one.status for one in found.findings] == [RIGHT] * 3
    assert found.right == 3


def test_a_new_file_is_all_holes(tmp_path):
    found = checked(tmp_path, with_holes(KEY, ["softmax", "cross_entropy", "softmax_gradient"]))

    assert [one.status for one in found.findings] == [HOLE] * 3


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "    return Z @ Z\n",
            "`return Z @ Z`: ValueError: the shapes do not fit: in A @ B, A has 3 columns",
        ),
        (
            "    import math\n    return math.exp(Z)\n",
            "this function takes one number and got a whole array",
        ),
        ("    return Z.mean(axis=1, keepdim=True)\n", "TypeError"),
        ("    return None\n", "it returns nothing. Does it end with `return`?"),
        ("    return 'text'\n", "expected numbers; got 'text'"),
        ("    return {1: Z}\n", "expected numbers; got a dict"),
        ("    return Z, Z\n", "its shape is"),
        ("    raise SystemExit(3)\n", "SystemExit: 3"),
        ("    return input()\n", "EOFError"),
        ("    return np.zeros(10**11)\n", "Unable to allocate"),
    ],
)
def test_a_wrong_function_is_reported_and_the_others_are_judged(tmp_path, code, message):
    found = checked(tmp_path, with_softmax(code))

    assert found.findings[0].status == WRONG
    assert message in found.findings[0].message
    assert [one.status for one in found.findings[1:]] == [RIGHT, RIGHT]


def test_an_error_is_reported_with_the_shapes_of_the_arguments(tmp_path):
    found = checked(tmp_path, with_softmax("    return Z @ Z\n"))

    assert found.findings[0].message.endswith("(called with Z (7, 3))")


def test_an_endless_loop_ends_and_does_not_hide_the_other_functions(tmp_path):
    found = checked(tmp_path, with_softmax("    while True:\n        pass\n"), seconds=3.0)

    assert "no result after 3 s. Does a loop never end?" in found.findings[0].message
    assert [one.status for one in found.findings[1:]] == [RIGHT, RIGHT]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def softmax(Z)\n    pass\n", "line 1, `def softmax(Z)`: SyntaxError: expected ':'"),
        ("import numpyy\n", "ModuleNotFoundError: No module named 'numpyy'"),
        ("import os\nos._exit(7)\n", "the process ended with code 7"),
        ("raise SystemExit\n", "SystemExit"),
    ],
)
def test_a_file_that_does_not_run_is_reported_with_its_line(tmp_path, text, message):
    found = checked(tmp_path, text)

    assert {one.status for one in found.findings} == {WRONG}
    assert message in found.findings[0].message


def test_a_missing_function_is_named(tmp_path):
    found = checked(tmp_path, KEY.replace("def softmax(", "def soft_max("))

    assert found.findings[0].message == "there is no function softmax; was it renamed or removed?"


def test_what_the_code_prints_is_passed_on_but_not_all_of_it(tmp_path):
    found = checked(tmp_path, KEY + "\nfor i in range(1000):\n    print('line', i)\n")

    assert found.printed[:2] == ("line 0", "line 1")
    assert len(found.printed) == 10
    assert found.right == 3


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_memory_is_limited(tmp_path):
    found = checked(tmp_path, with_softmax("    return np.ones((9 << 27,))\n"))

    assert "Unable to allocate 9.00 GiB" in found.findings[0].message


def test_two_mistakes_at_once_are_both_reported(tmp_path):
    text = answer_key(load_lesson(5)).replace("X.T @ dZ1", "-X.T @ dZ1")
    path = tmp_path / "lesson_05_hidden_layer.py"
    path.write_text(text.replace("A1.T @ dZ2", "dZ2.T @ A1"), "utf-8")

    found = check_file(path, load_lesson(5))

    assert found.findings[2].message.startswith(
        "db1 and db2 are right. dW1: the sign is wrong. dW2: transposed: "
    )
    assert found.findings[3].message.endswith(
        "(It calls backward, which is not right yet: fix that first.)"
    )


def test_lists_of_the_right_numbers_are_not_arrays(tmp_path):
    softmax = SOFTMAX.replace("keepdims=True)\n", "keepdims=True)\n").rstrip() + ".tolist()\n"

    found = checked(tmp_path, with_softmax(softmax.replace("return E", "return (E").replace(
        ".tolist()", ").tolist()")))  # fmt: skip

    assert "return an array: `np.array(...)`" in found.findings[0].message


def test_the_mean_over_the_batch_is_named_with_its_number(tmp_path):
    text = KEY.replace("return (A - T) / len(labels)", "return (A - T) * 2.0 / 2")

    found = checked(tmp_path, text)

    assert found.findings[2].message == (
        "the mean over the batch is missing: divide by the number of examples"
    )


def test_infinity_is_shown_with_the_arguments_that_give_it(tmp_path):
    text = KEY.replace("np.log(np.maximum(p, 1e-12)).mean()", "np.log(p).sum() / A.size")

    found = checked(tmp_path, text)

    assert found.findings[1].message == (
        "it contains infinity with A = [[1. , 0. , 0. ], [0.2, 0.3, 0.5]], labels = [1, 2]"
    )


def test_files_that_are_there_stay(tmp_path):
    start_course(tmp_path)
    mine = tmp_path / "lesson_01_numpy_drills.py"
    mine.write_text("# mine")
    (tmp_path / "lesson_02_one_neuron.py").unlink()

    written, kept = start_course(tmp_path)

    assert [path.name for path in written] == ["lesson_02_one_neuron.py"]
    assert len(kept) == len(LESSONS) - 1
    assert mine.read_text() == "# mine"


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize(
    "reply",
    [
        "open(place, 'wb').write(b'\\xff')",
        "open(place, 'w').write('[' * 5000)",
        "open(place, 'w').write('[1]')",
        "open(place, 'w').write('{}')",
        "open(place, 'w').write('{\"error\": null, \"outcomes\": []}')",
        "open(place, 'w').write('{\"error\": null, \"outcomes\": [[1]]}')",
        "os.symlink('/dev/zero', place)",
        "os.mkfifo(place)",
    ],
)
def test_a_file_that_writes_its_own_results_is_reported(reply, tmp_path):
    code = f"import os, sys\nplace = sys.argv[2]\n{reply}\nos._exit(0)\n"

    found = checked(tmp_path, code)

    assert found.right == 0
    assert (
        "the code changed the file in which its results are returned" in found.findings[0].message
    )
