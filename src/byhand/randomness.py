"""Random streams, one for each purpose and epoch, all derived from one seed.

Every purpose (initialisation, split, shuffle, dropout, augmentation) has its own stream, and every
epoch a fresh one. So switching dropout on does not reshuffle the data, and training that resumes at
epoch 7 draws the same numbers as uninterrupted training. The bits of a result also depend on the
backend, the threads and the CPU; docs/reliability.md says what is promised. A network without a
seed draws one; `byhand train` takes 0.
"""

from __future__ import annotations

import secrets
import zlib

import numpy as np

from byhand.errors import ArgumentError


def stream(seed: int, purpose: str, epoch: int = 0) -> np.random.Generator:
    """Return a generator that depends only on seed, purpose and epoch."""
    entropy = [seed, zlib.crc32(purpose.encode()), epoch]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))


def resolve_seed(seed: int | None) -> int:
    """Return the seed, or a fresh one if it is None."""
    if seed is None:
        return secrets.randbelow(2**31)
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ArgumentError(
            f"seed must be an integer of at least 0 (or None for a fresh one); got {seed!r}."
        )
    return int(seed)
