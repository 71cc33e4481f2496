"""Text, cells and values that readers handle badly."""

from __future__ import annotations

from random import Random
from typing import Any

from benchmarks.fuzz.mutate.octets import an_integer

TEXTS = (
    "", " ", "0", "-1", "a", "é", "\u2028", "\ufeff", "\u202e", "\x1b[31m", "\0", "\r", "\n", "\t",
    "..", "../../escape", "/etc/passwd", "/dev/zero", "C:\\x", "~", "~nosuchuser/x", "a/b", ".",
    "CON", "=1+1", "@SUM(A1)", "<script>", "</script>", "'", '"', "\\", "%s%n", "{0}", "NaN",
    "inf", "-inf", "1e400", "1_000", "0x10", "１２", "²", "٣", "True", "null", "x" * 1000,
    "x" * 70_000, "W1", "b1", "relu", "softmax", "mnist", "digits", "\ud800", "🂡", "𝟙",
)  # fmt: skip

NUMBERS = ("nan", "NaN", "inf", "-Infinity", "1e400", "-1e400", "1e-400", "-0", "-0.0", "00", "+1",
           ".5", "5.", "1e", "1e5", "0x10", "1_000", "1,5", "9" * 30, "9" * 400, "1e308", "5e-324",
           "3.5e38", "1e-45", "9007199254740993", "9223372036854775807", "9223372036854775808",
           "-9223372036854775809", "100000000", "1000000000000", "1" * 5000, "0.1", "1.0",
           "16777217")  # fmt: skip
"""Numbers as text."""


def a_text(rng: Random) -> str:
    """Return a text that a reader may handle badly."""
    return rng.choice(TEXTS)


def a_cell(rng: Random) -> str:
    """Return a text or a number as text."""
    return rng.choice((a_text, lambda rng: rng.choice(NUMBERS), lambda rng: str(an_integer(rng))))(
        rng
    )


def a_value(rng: Random) -> Any:
    """Return a plain value of any type, sometimes nested."""
    kind = rng.randrange(9)
    if kind == 0:
        return a_text(rng)
    if kind == 1:
        return an_integer(rng)
    if kind == 2:
        return rng.choice((0.5, -0.5, 1e308, 1e-320, float("nan"), float("inf"), -float("inf")))
    if kind == 3:
        return rng.choice((True, False, None))
    if kind == 4:
        return []
    if kind == 5:
        return {}
    if kind == 6:
        return [a_value(rng) for _ in range(rng.choice((1, 2, 3)))]
    if kind == 7:
        return {a_text(rng): a_value(rng)}
    return rng.choice((-1, 0, 1, 2, 10**6, -(10**30), 10**400, [0] * 1000, [[[[]]]]))
