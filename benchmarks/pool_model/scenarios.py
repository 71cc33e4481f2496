"""The scenarios: some for the tests, in seconds, and all for the command, in minutes."""

from __future__ import annotations

from benchmarks.pool_model.model import Scenario

QUICK = [
    Scenario("one thread, three kernels", jobs=3),
    Scenario("two threads", (3,), threads=2),
    Scenario("a thread dies", jobs=2, deaths=True),
    Scenario("a part raises an exception", jobs=2, failures=True),
    Scenario("two callers", (2, 2)),
    Scenario("a caller with more parts than threads", (3,), threads=1, deaths=True),
    Scenario("enter and leave twice", rounds=2),
    Scenario("Ctrl-C", rounds=1, interrupts=True),
]
"""Scenarios that take less than a second each."""

FULL = [
    *QUICK,
    Scenario("two threads, two kernels", (3,), threads=2, jobs=2),
    Scenario("two threads, three kernels", (3,), threads=2, jobs=3),
    Scenario("two threads that die, parts that raise", (3,), threads=2, deaths=True, failures=True),
    Scenario("two callers, two kernels each", (2, 2), jobs=2),
    Scenario("two callers, three kernels each", (2, 2), jobs=3),
    Scenario("two callers with different teams", (3, 2), threads=2),
    Scenario("two callers, threads that die, parts that raise", (2, 2), deaths=True, failures=True),
    Scenario("two callers enter and leave", (2, 2), rounds=1),
    Scenario("Ctrl-C, and Ctrl-C again", rounds=2, interrupts=True, weak=False),
    Scenario("two callers and Ctrl-C", (2, 2), rounds=1, interrupts=True, weak=False),
    Scenario("three threads", (4,), threads=3),
    Scenario("three threads, three kernels", (4,), threads=3, jobs=3, weak=False),
    Scenario("three threads that die", (4,), threads=3, jobs=2, deaths=True, weak=False),
]
