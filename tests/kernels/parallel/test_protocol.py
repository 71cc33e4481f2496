"""The pool's protocol keeps its promises in every order of steps, and the search sees faults."""

from __future__ import annotations

import pytest
from benchmarks.pool_model.compiler import compile_source
from benchmarks.pool_model.faults import PLANTED
from benchmarks.pool_model.liveness import live_variables
from benchmarks.pool_model.machine import Program
from benchmarks.pool_model.memory import Fault, Memory
from benchmarks.pool_model.model import Model
from benchmarks.pool_model.scenarios import QUICK
from benchmarks.pool_model.search import search


@pytest.mark.parametrize("scenario", QUICK, ids=lambda scenario: scenario.name)
def test_no_order_of_steps_breaks_a_promise(scenario):
    tried = search(Model(scenario))

    assert tried.fault is None, "\n".join([tried.fault, *tried.trace])
    assert tried.states > 80


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.name)
def test_a_planted_fault_is_found(planted):
    tried = search(planted.model())

    assert tried.fault is not None
    assert planted.finding in tried.fault


def test_accesses_are_those_of_the_pool_itself():
    """The steps of a caller name lines of pool.py, in the order of the source."""
    model = Model(QUICK[0])
    code = model.program.functions["_run"]
    places = [i for i, (name, _) in enumerate(code.code) if name == "call"]
    names = [code.code[place][1][0] for place in places]
    source = model.source.splitlines()

    assert names == [
        "exchange", "call", "store", "store", "store", "store",
        "call", "exchange", "call", "load", "load", "store",
    ]  # fmt: skip
    for name, place in zip(names, places, strict=True):
        assert f"{name}(" in source[code.lines[place] - 1]


COUNT = """
def count(first, last):
    total, skipped = 0, 0
    for k in range(first, last):
        if k == 2 or k == 4 and not total:
            skipped |= 1
            continue
        total += k if k < 10 else ~k & 7
    check(total)
    while total:
        total = total - 1
        if total == 5:
            break
    return check(total * 2 + skipped)
"""


def test_the_compiler_means_what_python_means():
    program = Program(compile_source(COUNT, {}))
    checked = []
    number = program.begin("count", (1, 13))
    while number:
        checked.append(program.access(number).arguments[0])
        number = program.advance(number, 0)
    expected = []
    space = {"check": expected.append}
    exec(COUNT, space)  # noqa: S102
    space["count"](1, 13)

    assert checked == expected


def test_the_compiler_refuses_what_it_does_not_know():
    with pytest.raises(NotImplementedError, match=r"the model knows no With \(line 2\)"):
        compile_source("def f(a):\n    with a:\n        pass\n", {})


def test_variables_that_are_not_read_again_are_not_compared():
    source = """
def forgets(a, b):
    c = a + b
    while check(c):
        d = c
        check(d)
    return check(b)
"""
    program = Program(compile_source(source, {}))
    (function,) = program.functions.values()
    live = live_variables(function.code)
    calls = [place for place, (name, _) in enumerate(function.code) if name == "call"]

    names = [{function.names[k] for k in live[place + 1]} for place in calls]
    assert names == [{"b", "c"}, {"b", "c"}, set()]
    assert program.begin("forgets", (1, 4)) != program.begin("forgets", (4, 1))  # b is read later
    ends = [program.advance(program.begin("forgets", pair), 0) for pair in ((1, 4), (2, 4))]
    assert ends[0] == ends[1]  # only c differed


def outcomes(accesses, view, numbers):
    """Return the possible results of several accesses in a row, each as a tuple."""
    if not accesses:
        return {()}
    first, *rest = accesses
    found = set()
    for value, seen, after in first(view, numbers):
        found |= {(value, *others) for others in outcomes(rest, seen, after)}
    return found


@pytest.mark.parametrize(("weak", "release"), [(True, True), (True, False), (False, False)])
def test_message_passing(weak, release):
    """A thread that reads a flag written with release sees all earlier writes (litmus test MP)."""
    memory = Memory([0, 1], weak)
    view, numbers = memory.new_view, memory.zeros()
    write = memory.store if release else memory.relaxed
    ((_, seen, numbers),) = memory.relaxed(view, numbers, 0, 7)
    ((_, _, numbers),) = write(seen, numbers, 1, 1)

    def load(address):
        return lambda seen, numbers: memory.load(seen, numbers, address)

    found = outcomes([load(1), load(0)], view, numbers)

    stale = {(1, 0)} if weak and not release else set()
    begun = {(0, 0), (0, 7)} if weak else set()
    assert found == {(1, 7)} | stale | begun


def test_ordinary_code_must_not_race():
    memory = Memory([0], weak=True)
    view, numbers = memory.new_view, memory.zeros()
    ((_, seen, numbers),) = memory.write(view, numbers, 0, 7)

    assert [value for value, _, _ in memory.read(seen, numbers, 0)] == [7]
    with pytest.raises(Fault, match="place 0 is read while another thread writes"):
        list(memory.read(view, numbers, 0))
    with pytest.raises(Fault, match="two threads write to place 0"):
        list(memory.write(view, numbers, 0, 8))


def test_an_exchange_replaces_the_newest_number_only():
    memory = Memory([0], weak=True)
    view, numbers = memory.new_view, memory.zeros()
    ((_, _, numbers),) = memory.store(view, numbers, 0, 1)

    found = [outcome.value for outcome in memory.exchange(view, numbers, 0, 0, 2)]

    assert found == [0]  # it saw 1; the 0 that it may still read can no longer be replaced
