"""Change JSON: values of other types, missing and repeated keys, deep nesting, odd numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

from benchmarks.fuzz.mutate.octets import mutate_octets
from benchmarks.fuzz.mutate.words import NUMBERS, a_text, a_value

DEEPEST = 20

Place = tuple[Any, Any]
"""A dictionary or list, and a key or index in it."""


def mutate_json(data: bytes, rng: Random) -> bytes:
    """Return a JSON text with changes of its structure, or of its bytes."""
    if rng.random() < 0.15:
        return mutate_octets(data, rng)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return mutate_octets(data, rng)
    try:
        text = json.dumps(mutate_value(value, rng))
    except (RecursionError, ValueError):  # deeper nested, or with more digits, than Python writes
        return mutate_octets(data, rng)
    return broken_text(text, rng).encode("utf-8", "surrogatepass")


def mutate_value(value: Any, rng: Random) -> Any:
    """Change one to three places in a nested value, in place."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        places = _places(value) if isinstance(value, dict | list) else []
        if not places:
            return a_value(rng)
        rng.choice(_STEPS)(*rng.choice(places), rng)
    return value


def broken_text(text: str, rng: Random) -> str:
    """Return a JSON text, sometimes with things that no value has: repeated keys, odd numbers."""
    chance = rng.random()
    if chance < 0.05 and (start := text.find("{")) >= 0 and text[start + 1 :].strip() != "}":
        first = text[start + 1 :].split(",", 1)[0]
        return f"{text[: start + 1]}{first},{text[start + 1 :]}"
    if chance < 0.07:
        depth = rng.choice((10, 500, 2000, 50_000))
        return text.replace("null", "[" * depth + "]" * depth, 1)
    if chance < 0.10:
        return text.replace("1", rng.choice(NUMBERS), 1)
    return text


def _places(value: Any) -> list[Place]:
    """Return the places in a value, but not those nested more than `DEEPEST` times."""
    found: list[Place] = []
    left = [(value, 0)]
    while left:
        parent, depth = left.pop()
        inner: Iterable[tuple[Any, Any]]
        inner = parent.items() if isinstance(parent, dict) else enumerate(parent[:20])
        for key, child in inner:
            found.append((parent, key))
            if depth < DEEPEST and (type(child) is dict or type(child) is list):
                left.append((child, depth + 1))
    return found


def _replace(parent: Any, key: Any, rng: Random) -> None:
    parent[key] = a_value(rng)


def _remove(parent: Any, key: Any, _: Random) -> None:
    del parent[key]


def _add(parent: Any, key: Any, rng: Random) -> None:
    if isinstance(parent, dict):
        parent[a_text(rng)] = a_value(rng)
    else:
        parent.insert(key, a_value(rng))


def _rename(parent: Any, key: Any, rng: Random) -> None:
    if isinstance(parent, dict):
        parent[a_text(rng)] = parent.pop(key)


def _near(parent: Any, key: Any, rng: Random) -> None:
    """Change a number a little, or a text by a character."""
    value = parent[key]
    if isinstance(value, int | float) and not isinstance(value, bool):
        exact = abs(value) < 1 << 53
        parent[key] = rng.choice(
            (value + 1, value - 1, -value, value * 2, value / 2 if exact else 0)
        )
    elif isinstance(value, str):
        parent[key] = value[: rng.randrange(len(value) + 1)] + rng.choice(("", "é", "\0", "0"))
    elif isinstance(value, list):
        parent[key] = value * rng.choice((0, 2, 100))


def _take_from_elsewhere(parent: Any, key: Any, rng: Random) -> None:
    keys = list(parent) if isinstance(parent, dict) else range(len(parent))
    parent[key] = json.loads(json.dumps(parent[rng.choice(list(keys))]))


_STEPS: tuple[Callable[[Any, Any, Random], None], ...] = (
    _replace, _replace, _remove, _add, _rename, _near, _near, _take_from_elsewhere,
)  # fmt: skip
