"""The changes of the mutation tests: which functions they alter, and which tests try them."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from benchmarks.mutation import trial
from benchmarks.mutation.__main__ import LEFT_OUT, MORE, ROOMS, TABLES, Record, later_tests_of
from benchmarks.mutation.__main__ import tests_of as files_of
from benchmarks.mutation.mutants import mutants
from benchmarks.mutation.trial import _changes, _codes

SOURCE = """
LIMIT = 1
SIZES = {name: 5 // size for name, size in {"a": 2}.items()}

def outer(x):
    def inner(y):
        return y + 1
    return [inner(x), (lambda z: z * 2)(x)]

class Box:
    size = 2
    def volume(self):
        return self.size ** 3
"""


def altered(before):
    """Return the names of the functions that the change of an expression alters."""
    (mutant,) = [one for one in mutants("m.py", SOURCE) if one.before == before]
    original = _codes(compile(ast.parse(SOURCE), "m.py", "exec"))
    changes = _changes(original, mutant.tree, "m.py")
    return None if changes is None else {name for name, *_ in changes}


@pytest.mark.parametrize(
    ("before", "names"),
    [
        ("y + 1", {"outer", "outer.<locals>.inner"}),
        ("z * 2", {"outer", "outer.<locals>.<lambda>"}),
        ("self.size ** 3", {"Box.volume"}),
        ("3", {"Box.volume"}),
    ],
)
def test_a_change_alters_its_function_and_those_around_it(before, names):
    """A nested function is created again at each call, from the code of the outer one."""
    assert altered(before) == names


def test_a_change_of_a_module_or_class_body_needs_a_new_import():
    found = [one for one in mutants("m.py", SOURCE) if one.line in {2, 3, 11}]
    original = _codes(compile(ast.parse(SOURCE), "m.py", "exec"))

    assert [one.before for one in found] == ["1", "5 // size", "5", "2", "2"]
    assert [_changes(original, one.tree, "m.py") for one in found] == [None] * 5


def test_every_change_has_a_name_of_its_own():
    names = [one.name for one in mutants("m.py", SOURCE)]

    assert len(set(names)) == len(names) > 5


def test_outcomes_are_kept_for_the_next_run(tmp_path):
    first, second, *_ = mutants("m.py", SOURCE)
    record = Record(tmp_path / "outcomes.json")
    record.add(first, "killed")
    record.add(second, "alive")

    again = Record(tmp_path / "outcomes.json")

    assert again.results == {first.name: "killed", second.name: "alive"}


REACHED = """
def doubled(x):
    return 2 * x

def halved(x):
    return x / 2
"""

TESTS = """
import sys
sys.path.insert(0, {folder!r})
from changed import doubled

def test_doubled():
    assert doubled(2) == 4
"""

TRIED = """
import sys
from pathlib import Path
from benchmarks.mutation.mutants import mutants
from benchmarks.mutation.trial import try_mutants
module = sys.argv[1]
found = [one for one in mutants(module, Path(module).read_text()) if "/" in one.after + one.before]
for one, result in try_mutants(found, [sys.argv[2]], [], float("inf")):
    print(one.before, result, sep=": ")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the trials fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_failure_of_the_harness_is_not_counted_as_noticed():
    def broken():
        raise KeyError

    assert trial._result(broken, 10.0) == trial.NOT_TRIED
    assert trial.NOT_TRIED in trial.SURVIVES


def test_a_test_that_ends_by_ctrl_c_has_noticed_the_change():
    def interrupted(**_):
        raise KeyboardInterrupt

    item = SimpleNamespace(ihook=SimpleNamespace(pytest_runtest_protocol=interrupted))

    assert trial._run(SimpleNamespace(testsfailed=0), [item]) == trial.FAILED


@pytest.mark.skipif(sys.platform == "win32", reason="the trials fork")
def test_a_change_that_no_test_reaches_is_not_counted_as_noticed(tmp_path):
    module, tests = tmp_path / "changed.py", tmp_path / "test_changed.py"
    module.write_text(REACHED)
    tests.write_text(TESTS.format(folder=str(tmp_path)))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", TRIED, str(module), str(tests)]

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    assert set(done.stdout.splitlines()) == {
        "2 * x: killed", "x / 2: not reached", "return x / 2: not reached"
    }  # fmt: skip


PLAIN = """
from benchmarks.mutation.interpreted import interpret_kernels
interpret_kernels()
import numpy as np
from byhand.kernels import compiled
scaled = np.zeros((5, 2))
compiled._scale_in_parts(0, np.ones((5, 2)), 2.0, scaled)
print(type(compiled._scale_by_number).__name__, scaled.sum())
"""


def test_kernels_run_as_plain_python_and_every_part_runs():
    """In another process, because kernels that are already imported stay compiled."""
    pytest.importorskip("numba", reason="Numba is not installed")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    done = subprocess.run(
        [sys.executable, "-c", PLAIN], env=environment, capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["function", "20.0"]


def test_every_module_that_computes_has_tests_and_every_entry_exists():
    for module, tests in MORE.items():
        assert Path("src/byhand", module).is_file()
        assert all(Path("tests", name).exists() for name in tests)
    paths = [path for room in ROOMS for path in Path(room).rglob("*.py")]
    computing = [path for path in paths if any(mutants(path.as_posix(), path.read_text()))]

    assert len(computing) > 40
    for path in computing:
        own = set(files_of(path.as_posix())) - set(TABLES)
        assert own or any(one in path.as_posix() for one in LEFT_OUT), path


def test_a_change_is_tried_with_all_tests_of_its_room():
    module = "src/byhand/training/trainer.py"
    own, later = files_of(module), later_tests_of(module)

    assert own[0] == "tests/training/test_trainer.py"
    assert {"tests/training/test_checkpoint.py", "tests/test_properties.py"} <= set(later)
    assert "tests/training/test_loggers.py" not in later
    assert set(own).isdisjoint(later)
    assert all(Path(name).exists() for name in own + later)
