"""Change NPY files and archives of them: headers, numbers, members and their names."""

from __future__ import annotations

import io
import re
import struct
import warnings
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

from benchmarks.fuzz.mutate.octets import an_integer, mutate_octets
from benchmarks.fuzz.mutate.words import NUMBERS, a_text
from benchmarks.fuzz.mutate.zipped import Members, mutate_archive

DESCRIPTIONS = (
    "|u1", "|i1", "<i2", ">i4", "<i8", "<f2", "<f4", ">f8", "<c8", "<c16", "|b1", "<U3", ">U1",
    "|S5", "|O", "O", "<M8[s]", "|V8", "<f16", "<U0", "|S0", "<U99999999", "<f3", "", "<", "i", "x",
    "f4", "(2,)f4", "[('a', '<f4')]", "<u8", "=f4", "|f4", "é",
)  # fmt: skip

SHAPES = (
    "()", "(0,)", "(1,)", "(2,)", "(10,)", "(1, 1)", "(0, 5)", "(4294967296, 2)", "(10**9,)",
    "(8589934592,)", "(9223372036854775807,)", "(9223372036854775808,)", "(-1,)", "(True,)",
    "(2, 2, 2)", "(1,) * 40", "(" + "1, " * 40 + ")", "(" + "1, " * 2000 + ")", "(1.0,)", "[3]",
    "3", "(3L,)", "(0, 4294967296, 4294967296, 4294967296)", "(" + "9" * 400 + ",)", "(２,)",
    "(1 2,)", "(L,)", "(,)", "(1,,)", "None",
)  # fmt: skip

LONGEST_HEADER = 300
"""Number of characters in which a header is searched for its description."""

_DESCRIPTION = re.compile(r"'descr': '?([^',]*)'?, .*?'shape': (\(.*?\))")

LENGTHS = (*(10, 1 << 16) * 20, 8 << 20)
"""Numbers of bytes that are added to a member; few inputs are large, because they take long."""


def mutate_npz(data: bytes, rng: Random) -> bytes:
    """Return an archive with changed members, a changed directory or changed bytes."""
    return mutate_archive(data, rng, _change_members)


def _change_members(members: Members, rng: Random) -> None:
    chance = rng.random()
    place = rng.randrange(len(members)) if members else 0
    if not members or chance < 0.05:
        members.insert(place, (a_text(rng)[:1000] + ".npy", _npy("<f4", "(2,)", bytes(8))))
        return
    name, content = members[place]
    if chance < 0.10:
        del members[place]
    elif chance < 0.15:
        members.append((rng.choice((name, name.upper(), a_text(rng)[:1000])), content))
    elif chance < 0.25:
        members[place] = (rng.choice(members)[0], content)
    elif chance < 0.35:
        members[place] = (name, mutate_octets(content, rng))
    elif chance < 0.37:
        members[place] = (name, content + bytes(rng.choice(LENGTHS)))
    else:
        members[place] = (name, mutate_npy(content, rng))


def mutate_npy(content: bytes, rng: Random) -> bytes:
    """Return an NPY file with another header, other numbers, or both."""
    start = 10 if content[6:7] == b"\1" else 12
    header, _, payload = content[start:].partition(b"\n")
    found = _DESCRIPTION.search(header[:LONGEST_HEADER].decode("latin-1"))
    if found is None or rng.random() < 0.1:
        return mutate_octets(content, rng)
    descr, shape = found[1], found[2]
    chance = rng.random()
    if chance < 0.25:
        descr = rng.choice(DESCRIPTIONS)
    elif chance < 0.5:
        shape = rng.choice((*SHAPES, f"({an_integer(rng)},)", f"({an_integer(rng)}, 1)"))
    elif chance < 0.55:
        return _npy(rng.choice(DESCRIPTIONS), rng.choice(SHAPES), payload, rng)
    elif chance < 0.75:
        payload = _other_numbers(descr, payload, rng)
    elif chance < 0.85:
        return _array_of(rng)
    else:
        return _npy(descr, shape, mutate_octets(payload, rng), rng)
    if rng.random() < 0.7:
        payload = _fitting(descr, shape, payload)
    return _npy(descr, shape, payload)


def _fitting(descr: str, shape: str, payload: bytes) -> bytes:
    """Return as many bytes as the header promises, within limits."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            size = np.dtype(descr).itemsize
        numbers = [int(axis) for axis in re.findall(r"\d+", shape)]
        wanted = int(np.prod(numbers, dtype=object)) * size
    except (TypeError, ValueError, SyntaxError):
        return payload
    if wanted > 1 << 16:
        return payload
    return (payload * (wanted // max(len(payload), 1) + 1))[:wanted].ljust(wanted, b"\0")


def _other_numbers(descr: str, payload: bytes, rng: Random) -> bytes:
    """Return the numbers with one of them replaced by an extreme value."""
    try:
        array = np.frombuffer(payload, np.dtype(descr)).copy()
        with np.errstate(all="ignore"):
            array[rng.randrange(len(array))] = np.array(
                rng.choice((an_integer(rng) % (1 << 62), -1, float("nan"), float("inf"), 1e300))
            ).astype(array.dtype)
    except (TypeError, ValueError, OverflowError, MemoryError):  # as of <U99999999
        return mutate_octets(payload, rng)
    return array.tobytes()


def _array_of(rng: Random) -> bytes:
    """Return an array of a type that data sets seldom contain."""
    array = rng.choice(_ARRAYS)(rng)
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


_ARRAYS: tuple[Callable[[Random], np.ndarray[Any, Any]], ...] = (
    lambda rng: np.array(
        [a_text(rng).replace("\ud800", "") for _ in range(rng.choice((1, 5, 30)))]
    ),
    lambda rng: np.array([rng.choice(NUMBERS) for _ in range(30)]),
    lambda _: np.array("regression"),
    lambda _: np.array(0.5),
    lambda _: np.eye(3, dtype=np.uint8)[[0, 1, 2] * 10],
    lambda _: np.zeros((30, 0)),
    lambda _: np.full((30, 28, 28, 1), 7.0, np.float16),
    lambda _: np.arange(30) * 10**7,
    lambda _: np.array([b"a", b"\xff"] * 15),
    lambda _: np.zeros((30, 784), bool),
)
"""Arrays of types that data sets seldom contain."""


def _npy(descr: str, shape: str, payload: bytes, rng: Random | None = None) -> bytes:
    fortran = "False"
    version = b"\1\0"
    end = "\n"
    if rng is not None:
        fortran = rng.choice(("True", "False", "None", "1", "__import__('os')"))
        version = rng.choice((b"\1\0", b"\2\0", b"\3\0", b"\4\0", b"\0\0"))
        end = rng.choice(("\n", "", " " * 9000, "\0", "}"))
    descr = descr if descr.startswith("[") else f"'{descr}'"
    text = f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}{end}"
    header = text.encode("utf-8", "replace")[:65_000]
    length = struct.pack("<H" if version == b"\1\0" else "<I", len(header))
    return b"\x93NUMPY" + version + length + header + payload
