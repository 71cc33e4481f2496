"""The changes of the mutation tests: which functions they alter, and which tests try them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from benchmarks.mutation.__main__ import LEFT_OUT, MORE, ROOMS, Record
from benchmarks.mutation.__main__ import tests_of as files_of
from benchmarks.mutation.mutants import mutants
from benchmarks.mutation.trial import _changes, _codes

SOURCE = """
LIMIT = 1

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
    found = [one for one in mutants("m.py", SOURCE) if one.line in {2, 10}]
    original = _codes(compile(ast.parse(SOURCE), "m.py", "exec"))

    assert [one.before for one in found] == ["1", "2"]
    assert [_changes(original, one.tree, "m.py") for one in found] == [None, None]


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


def test_every_module_that_computes_has_tests_and_every_entry_exists():
    for module, tests in MORE.items():
        assert Path("src/byhand", module).is_file()
        assert all(Path("tests", name).exists() for name in tests)
    paths = [path for room in ROOMS for path in Path(room).rglob("*.py")]
    computing = [path for path in paths if any(mutants(path.as_posix(), path.read_text()))]

    assert len(computing) > 40
    for path in computing:
        assert files_of(path.as_posix()) or any(one in path.as_posix() for one in LEFT_OUT), path
