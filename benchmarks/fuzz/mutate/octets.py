"""Change bytes without regard to their meaning."""

from __future__ import annotations

import struct
from collections.abc import Callable
from random import Random

INTEGERS = (
    0, 1, 2, 3, 4, 7, 8, 16, 31, 32, 33, 63, 64, 65, 100, 127, 128, 255, 256, 1000, 4096, 32767,
    32768, 65535, 65536, 100_000, (1 << 24) - 1, 1 << 24, 10**8, (1 << 31) - 1, 1 << 31,
    (1 << 32) - 1, 1 << 32, 1 << 40, 1 << 53, (1 << 58) - 1, 1 << 62, (1 << 63) - 1, 1 << 63,
    (1 << 64) - 1,
)  # fmt: skip
"""Numbers at the limits of types."""

MOST = 1 << 18
"""Largest size of a mutated file in bytes."""

Step = Callable[[bytearray, Random], None]


def mutate_octets(data: bytes, rng: Random) -> bytes:
    """Return the bytes with one to eight changes."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 8))):
        rng.choice(_STEPS)(changed, rng)
    return bytes(changed[:MOST])


def an_integer(rng: Random) -> int:
    """Return a number near a limit."""
    return rng.choice(INTEGERS) + rng.choice((0, 0, 0, 0, 1, -1))


def packed(number: int, size: int, rng: Random) -> bytes:
    """Return the lowest bytes of a number, in either byte order."""
    return (number % (1 << 8 * size)).to_bytes(size, rng.choice(("little", "big")))


def _flip(data: bytearray, rng: Random) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _set(data: bytearray, rng: Random) -> None:
    if data:
        data[rng.randrange(len(data))] = rng.randrange(256)


def _set_number(data: bytearray, rng: Random) -> None:
    size = rng.choice((1, 2, 4, 8))
    if len(data) >= size:
        start = rng.randrange(len(data) - size + 1)
        data[start : start + size] = packed(an_integer(rng), size, rng)


def _set_fraction(data: bytearray, rng: Random) -> None:
    kind = rng.choice(("<f", "<d", ">f", ">d"))
    number = rng.choice((float("nan"), float("inf"), -float("inf"), 3e38, 1e-45, -0.0, -1.0))
    size = struct.calcsize(kind)
    if len(data) >= size:
        start = rng.randrange(len(data) - size + 1)
        data[start : start + size] = struct.pack(kind, number)


def _remove(data: bytearray, rng: Random) -> None:
    start, end = _range(data, rng)
    del data[start:end]


def _repeat(data: bytearray, rng: Random) -> None:
    start, end = _range(data, rng)
    times = rng.choice((1, 1, 2, 10, 1000))
    if (end - start) * times <= MOST:
        data[start:start] = data[start:end] * times


def _insert(data: bytearray, rng: Random) -> None:
    start = rng.randrange(len(data) + 1)
    data[start:start] = rng.randbytes(rng.choice((1, 1, 2, 4, 16, 200)))


def _fill(data: bytearray, rng: Random) -> None:
    start, end = _range(data, rng)
    data[start:end] = rng.choice((b"\0", b"\xff", b" ", b"9")) * (end - start)


def _swap(data: bytearray, rng: Random) -> None:
    start, end = _range(data, rng)
    block = data[start:end]
    del data[start:end]
    place = rng.randrange(len(data) + 1)
    data[place:place] = block


def _cut(data: bytearray, rng: Random) -> None:
    del data[rng.randrange(len(data) + 1) :]


def _range(data: bytearray, rng: Random) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.choice((1, 1, 2, 4, 8, 30, 300)))


_STEPS: tuple[Step, ...] = (
    _flip, _set, _set_number, _set_fraction, _remove, _repeat, _insert, _fill, _swap, _cut,
)  # fmt: skip
