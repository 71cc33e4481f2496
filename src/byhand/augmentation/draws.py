"""Random numbers that depend only on a key and a position: the generator SplitMix64.

Each image of each epoch has a 64-bit key. Its k-th random number is a function of key and k alone,
so an image is the same in any batch, in any order and on any number of threads.

    z = key + (k + 1) 0x9E3779B97F4A7C15                  the k-th state
    z = (z ^ (z >> 30)) 0xBF58476D1CE4E5B9                mixed, modulo 2^64
    z = (z ^ (z >> 27)) 0x94D049BB133111EB
    z =  z ^ (z >> 31)

Source: G. Steele, D. Lea, C. Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from byhand.arrays import FloatArray, IntArray

Keys: TypeAlias = NDArray[np.uint64]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
BITS = 24
"""Bits of a uniform number: as many as the fraction of a float32 has."""

AFFINE, ELASTIC, NOISE, ERASING = range(4)
"""For each effect, the draw of an image's key that is the effect's own key."""


def draws(keys: Keys, positions: IntArray | int) -> Keys:
    """Return the draws of generators at these positions: one for each key and position."""
    z = keys + (np.atleast_1d(positions).astype(np.uint64) + np.uint64(1)) * GOLDEN
    z = (z ^ (z >> np.uint64(30))) * FIRST
    z = (z ^ (z >> np.uint64(27))) * SECOND
    mixed: Keys = z ^ (z >> np.uint64(31))
    return mixed


def uniform_pairs(keys: Keys, count: int) -> tuple[FloatArray, FloatArray]:
    """Return two uniform numbers from [-1, 1) for each key and each of `count` positions.

    The upper and the lower 24 bits of a draw give one number each: u = bits / 2^23 - 1.

    Returns:
        Two arrays (n, count), float32.
    """
    z = draws(keys[:, None], np.arange(count))
    upper, lower = z >> np.uint64(64 - BITS), z & np.uint64((1 << BITS) - 1)
    return _signed(upper), _signed(lower)


def _signed(bits: Keys) -> FloatArray:
    return bits.astype(np.float32) * np.float32(2.0 ** (1 - BITS)) - np.float32(1)


def epoch_key(rng: np.random.Generator) -> int:
    """Return the key of an epoch, a random 64-bit number."""
    return int(rng.integers(0, 2**64, dtype=np.uint64))


def keys_of_rows(key: int, rows: IntArray) -> Keys:
    """Return a key for each row: draw number `row` of the generator of the epoch's key."""
    return draws(np.array([key], np.uint64), rows)
