"""A short form of `python -m benchmarks.stress`, which detects hangs, crashes and other bits."""

from __future__ import annotations

import os
import random

import pytest

pytest.importorskip("numba", reason="Numba is not installed")

from benchmarks.stress.__main__ import Tally, run
from benchmarks.stress.situations import SITUATIONS

from byhand import backend
from byhand.kernels.parallel import pool

if not pool.available():
    pytest.skip("there is no pool of threads with this BLAS", allow_module_level=True)

HERE = ["alone", "nested trainings", "many threads", "threads that die", "one core"]
"""Situations that leave no trace in the process of the tests."""


@pytest.fixture(scope="module")
def tally():
    """Digests of all tests of this file, which must agree."""
    return Tally()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("situation", [*HERE, "callbacks that raise"])
def test_results_have_the_same_bits_in_every_situation(situation, tally):
    if situation == "one core" and not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system binds no process to a core")
    before = backend.active()
    backend.use("numba")
    for seed in range(2):
        tally.add(situation, seed, list(SITUATIONS[situation](random.Random(seed))))  # noqa: S311
    backend.use(before)

    assert tally.compared > 3
    assert not tally.faults


@pytest.mark.parametrize("situation", ["fork within a training", "exit while training"])
def test_results_have_the_same_bits_in_a_process_of_their_own(situation, tally):
    run(situation, seed=1, seconds=0, patience=900, tally=tally)

    assert tally.processes[situation] == 1
    assert not tally.faults


def test_a_hang_is_counted():
    tally = Tally()
    run("alone", seed=0, seconds=60, patience=0.2, tally=tally)

    assert tally.figures()["hangs"] == 1
    assert "alone 0: no end within 0.2 seconds" in tally.faults[0]


def test_a_crash_is_counted():
    tally = Tally()
    run("no such situation", seed=0, seconds=0, patience=900, tally=tally)

    assert tally.figures()["crashes and other failures"] == 1
    assert "KeyError" in tally.faults[0]


def test_other_bits_are_counted():
    tally = Tally()
    tally.add("alone", 0, [("a", "1"), ("b", "1"), ("a", "1")])
    tally.add("fork", 1, [("a", "2")])

    assert (tally.compared, tally.different) == (4, 1)
    assert tally.faults == ["fork 1: other bits of a"]
