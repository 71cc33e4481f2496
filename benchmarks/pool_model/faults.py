"""Faults that are planted in the protocol, to show that the search finds them."""

from __future__ import annotations

from typing import NamedTuple

from benchmarks.pool_model.model import POOL, ROLES, Model, Scenario


class Planted(NamedTuple):
    """A change of the source, and a scenario in which it breaks something.

    Args:
        name: The fault.
        changes: Texts that occur once in the source of the pool or of the roles, and their
            replacements.
        scenario: The scenario in which it shows.
        finding: A part of the message of the fault that is found.
    """

    name: str
    changes: tuple[tuple[str, str], ...]
    scenario: Scenario
    finding: str

    def model(self) -> Model:
        """Return the model of the changed source."""
        sources = [POOL.read_text(), ROLES.read_text()]
        for old, new in self.changes:
            counts = [source.count(old) for source in sources]
            assert sorted(counts) == [0, 1], f"{self.name}: {old!r} occurs {counts} times"
            sources = [source.replace(old, new) for source in sources]
        return Model(self.scenario, *sources)


_POST = """        store(line + FUNCTION, function)
        store(line + ARGUMENTS, arguments)
        store(line + PARTS, parts)
        store(line, POSTED)
"""
_TAKE = "if load(line) == POSTED and exchange(line, POSTED, TAKEN):"
_READ = "            function, arguments = load(line + FUNCTION), load(line + ARGUMENTS)\n"
_RUN = "            store(line + FAILED, call(function, arguments, part, load(line + PARTS)))\n"
_FREE = "            store(line, EMPTY)\n"
_OWN = "while polls < patience and load(line + OWNER) == owner:"

ONE, TWICE = Scenario("one thread"), Scenario("one thread, two kernels", jobs=2)
DEATHS = Scenario("a thread dies", deaths=True)
FAILURES = Scenario("a part raises an exception", jobs=2, failures=True)
CALLERS = Scenario("two callers", (2, 2))
LEAVING = Scenario("enter and leave", rounds=1)
CTRL_C = Scenario("Ctrl-C, and Ctrl-C again", rounds=2, interrupts=True, weak=False)
"""Ctrl-C in sequentially consistent memory: `_settle` runs under a lock."""

PLANTED = [
    Planted(
        "a thread takes a part in two steps",
        ((_TAKE, "if load(line) == POSTED:\n            store(line, TAKEN)"),),
        TWICE,
        "race",
    ),
    Planted(
        "the caller takes a part back in two steps",
        (("if exchange(line, POSTED, EMPTY):", "if load(line) == POSTED and not store(line, 0):"),),
        ONE,
        "race",
    ),
    Planted(
        "a part is posted before its arguments are written",
        ((_POST, "        store(line, POSTED)\n" + _POST.replace("store(line, POSTED)", "pass")),),
        ONE,
        "",
    ),
    Planted(
        "the number of parts is written last",
        (
            (
                _POST,
                "        store(line + FUNCTION, function)\n"
                "        store(line + ARGUMENTS, arguments)\n"
                "        store(line, POSTED)\n"
                "        store(line + PARTS, parts)\n",
            ),
        ),
        ONE,
        "",
    ),
    Planted(
        "a part is posted without release",
        (("        store(line, POSTED)\n", "        relaxed(line, POSTED)\n"),),
        ONE,
        "",
    ),
    Planted(
        "a line is freed without release",
        ((_FREE, "            relaxed(line, EMPTY)\n"),),
        ONE,
        "race",
    ),
    Planted(
        "the arguments are read before the part is taken",
        (("        " + _TAKE, _READ.removeprefix("    ") + "        " + _TAKE), (_READ, "")),
        TWICE,
        "",
    ),
    Planted(
        "the line is freed before the part has run",
        ((_RUN + _FREE, _FREE + _RUN),),
        ONE,
        "",
    ),
    Planted(
        "the caller does not take parts back",
        (("if exchange(line, POSTED, EMPTY):", "if False:"),),
        DEATHS,
        "never returns",
    ),
    Planted(
        "the caller does not wait for parts that were taken",
        (("while load(line) != EMPTY:", "while False:"),),
        ONE,
        "",
    ),
    Planted(
        "the caller waits for the wrong state",
        (("while load(line) != EMPTY:", "while load(line) == POSTED:"),),
        ONE,
        "",
    ),
    Planted(
        "the board is not claimed",
        (("if not exchange(board, EMPTY, TAKEN):", "if False:"),),
        CALLERS,
        "",
    ),
    Planted(
        "the board is claimed in two steps",
        (
            (
                "if not exchange(board, EMPTY, TAKEN):",
                "if load(board) == TAKEN or store(board, TAKEN):",
            ),
        ),
        CALLERS,
        "race",
    ),
    Planted(
        "the board is not freed",
        (("    store(board, EMPTY)\n", ""),),
        ONE,
        "not free",
    ),
    Planted(
        "the failure is written after the line is freed",
        (
            (
                _RUN + _FREE,
                "            raised = call(function, arguments, part, load(line + PARTS))\n"
                + _FREE
                + "            store(line + FAILED, raised)\n",
            ),
        ),
        FAILURES,
        "",
    ),
    Planted(
        "the failure of a thread's part is ignored",
        (("        failed |= load(line + FAILED)\n", ""),),
        FAILURES,
        "check",
    ),
    Planted(
        "a thread does not look for a new owner",
        ((_OWN, "while True:"),),
        LEAVING,
        "never returns",
    ),
    Planted(
        "a thread that was told to end counts as serving",
        (
            (
                "load(LIVES + owner) and load(_board + number * LINE + OWNER) == owner",
                "load(LIVES + owner)",
            ),
        ),
        CTRL_C,
        "serves",
    ),
    Planted(
        "the lock is not taken",
        (("while not exchange(LOCK, 0, 1):", "while False:"),),
        Scenario("two callers enter and leave", (2, 2), rounds=1),
        "",
    ),
]
