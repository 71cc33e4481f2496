"""Change IDX files: type, number of axes, their lengths, the numbers."""

from __future__ import annotations

import struct
from math import prod
from random import Random

from benchmarks.fuzz.mutate.octets import an_integer, mutate_octets

SIZES = {0x08: 1, 0x09: 1, 0x0B: 2, 0x0C: 4, 0x0D: 4, 0x0E: 8}


def mutate_idx(data: bytes, rng: Random) -> bytes:
    """Return an IDX file with another header, whether or not its numbers match."""
    if rng.random() < 0.25 or len(data) < 4 or len(data) < 4 + 4 * data[3]:
        return mutate_octets(data, rng)
    kind, axes = data[2], data[3]
    lengths = list(struct.unpack(f">{axes}I", data[4 : 4 + 4 * axes]))
    payload = data[4 + 4 * axes :]
    for _ in range(rng.choice((1, 1, 2, 3))):
        change = rng.randrange(6)
        if change == 0:
            kind = rng.choice((*SIZES, 0, 7, 0x0A, 255))
        elif change == 1 and lengths:
            lengths[rng.randrange(len(lengths))] = an_integer(rng) % (1 << 32)
        elif change == 2:
            lengths.insert(rng.randrange(len(lengths) + 1), rng.choice((0, 1, 1, 2, 1 << 31)))
        elif change == 3:
            lengths = lengths[: rng.randrange(len(lengths) + 1)]
        elif change == 4:
            lengths += [rng.choice((0, 1, 65535))] * rng.choice((1, 30, 60, 250))
        else:
            payload = mutate_octets(payload, rng)
    wanted = prod(lengths) * SIZES.get(kind, 1)
    if rng.random() < 0.6 and wanted < 1 << 16:
        payload = (payload * (wanted // max(len(payload), 1) + 1))[:wanted].ljust(wanted, b"\1")
    return struct.pack(">BBBB", 0, 0, kind, len(lengths) % 256) + b"".join(
        struct.pack(">I", length) for length in lengths
    ) + payload  # fmt: skip
