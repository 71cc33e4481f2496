"""Change safetensors files: offsets, shapes, types, metadata and their nested values."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import numpy as np

from benchmarks.fuzz.mutate.json_text import broken_text, mutate_value
from benchmarks.fuzz.mutate.octets import an_integer, mutate_octets
from benchmarks.fuzz.mutate.words import a_cell, a_text, a_value

KINDS = ("F64", "F32", "F16", "BF16", "I64", "I8", "U8", "BOOL", "F8_E4M3", "F4", "", "f32", "X")


def mutate_tensors(data: bytes, rng: Random, *within: str) -> bytes:
    """Return a safetensors file with changes.

    Args:
        data: the file.
        rng: source of all random choices.
        within: keys that lead into the metadata, such as "facts", "doubt"; only this part changes.
    """
    chance = rng.random()
    try:
        length = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + length])
        if not isinstance(header.get("__metadata__"), dict):
            raise ValueError
    except (ValueError, AttributeError, RecursionError):
        return mutate_octets(data, rng)
    payload = data[8 + length :]
    if within:
        _change_within(header["__metadata__"], within, rng)
    elif chance < 0.1:
        return mutate_octets(data, rng)
    elif chance < 0.45:
        _change_metadata(header["__metadata__"], rng)
    elif chance < 0.65:
        _change_entry(header, rng)
    elif chance < 0.75:
        mutate_value(header, rng)
    elif chance < 0.9:
        payload = _other_numbers(payload, rng)
    else:
        payload = _add_tensor(header, payload, rng)
    try:
        text = broken_text(json.dumps(header), rng).encode("utf-8", "surrogatepass")
    except (RecursionError, ValueError):  # deeper nested, or with more digits, than Python writes
        return mutate_octets(data, rng)
    size = an_integer(rng) if rng.random() < 0.01 else len(text)
    return (size % (1 << 64)).to_bytes(8, "little") + text + payload


def _change_metadata(metadata: dict[str, str], rng: Random) -> None:
    """Change the JSON within an entry, or replace the entry."""
    if not metadata:
        return
    key = rng.choice(list(metadata))
    if rng.random() < 0.15:
        metadata[key] = a_cell(rng)
        return
    try:
        value = json.loads(metadata[key])
    except (ValueError, TypeError, RecursionError):
        metadata[key] = rng.choice((a_cell(rng), "float64", "float32", "byhand-1"))
        return
    metadata[key] = broken_text(json.dumps(mutate_value(value, rng)), rng)


def _change_within(metadata: dict[str, str], keys: tuple[str, ...], rng: Random) -> None:
    first, *others = keys
    try:
        value = json.loads(metadata[first])
        inner = value
        for key in others[:-1]:
            inner = inner[key]
        inner[others[-1]] = mutate_value(inner[others[-1]], rng)
    except (ValueError, TypeError, LookupError, RecursionError):
        return
    metadata[first] = broken_text(json.dumps(value), rng)


def _change_entry(header: dict[str, Any], rng: Random) -> None:
    """Change the type, shape or offsets of a tensor, or give it those of another."""
    names = [name for name in header if name != "__metadata__"]
    if not names:
        return
    name = rng.choice(names)
    entry = header[name]
    change = rng.randrange(7)
    if not isinstance(entry, dict) or change == 0:
        header[name] = a_value(rng)
    elif change == 1:
        entry["dtype"] = rng.choice(KINDS)
    elif change == 2:
        entry["shape"] = [an_integer(rng) for _ in range(rng.choice((0, 1, 1, 2, 3, 70)))]
    elif change == 3:
        entry["shape"] = list(reversed(entry.get("shape") or [1]))
    elif change == 4:
        entry["data_offsets"] = [an_integer(rng), an_integer(rng)]
    elif change == 5:
        entry["data_offsets"] = header[rng.choice(names)].get("data_offsets")
    else:
        header[rng.choice((a_text(rng), rng.choice(names)))] = header.pop(name)


def _other_numbers(payload: bytes, rng: Random) -> bytes:
    """Return the tensors with some numbers replaced by extreme values."""
    numbers = np.frombuffer(payload[: len(payload) // 4 * 4], np.float32).copy()
    if not len(numbers) or rng.random() < 0.3:
        return mutate_octets(payload, rng)
    for _ in range(rng.choice((1, 1, 3))):
        numbers[rng.randrange(len(numbers))] = rng.choice(
            (np.nan, np.inf, -np.inf, 3.4e38, -3.4e38, 1e-45, -1.0, 0.0)
        )
    return numbers.tobytes() + payload[len(numbers) * 4 :]


def _add_tensor(header: dict[str, Any], payload: bytes, rng: Random) -> bytes:
    name = rng.choice(("input.factor", "input.offset", "W9", "best.weights", "0/W1", a_text(rng)))
    kind, size = rng.choice((("F32", 4), ("F64", 8), ("I64", 8), ("U8", 1)))
    shape = rng.choice(([], [0], [1], [4], [2, 2], [0, 1 << 40], [1] * 70))
    count = int(np.prod(shape, dtype=object))
    header[name] = {
        "dtype": kind,
        "shape": shape,
        "data_offsets": [len(payload), len(payload) + count * size],
    }
    return payload + rng.randbytes(count * size)
