"""Random streams, one for each purpose, all grown from one seed.

Because every purpose (initialisation, split, shuffle, dropout, augmentation) has a stream of
its own, and every epoch a fresh one, switching dropout on does not reshuffle the data, and
training that is resumed at epoch 7 draws what uninterrupted training would have drawn.
"""

from __future__ import annotations

import secrets
import zlib

import numpy as np

from byhand.errors import ArgumentError


def stream(seed: int, purpose: str, epoch: int = 0) -> np.random.Generator:
    """A generator that depends on the seed, the purpose's name and the epoch, and nothing else."""
    entropy = [seed, zlib.crc32(purpose.encode()), epoch]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))


def resolve_seed(seed: int | None) -> int:
    """The seed itself, or a fresh one that can be recorded when None was given."""
    if seed is None:
        return secrets.randbelow(2**31)
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ArgumentError(
            f"seed must be a whole number of at least 0 (or None for a fresh one); got {seed!r}."
        )
    return int(seed)
