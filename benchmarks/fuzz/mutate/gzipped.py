"""Change gzip files: the content, the stream around it, and the size to which it expands."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable
from functools import cache, lru_cache
from random import Random

from benchmarks.fuzz.mutate.octets import mutate_octets


def in_gzip(inner: Callable[[bytes, Random], bytes]) -> Callable[[bytes, Random], bytes]:
    """Return a mutation of gzip files that uses `inner` for their content."""

    def mutate(data: bytes, rng: Random) -> bytes:
        chance = rng.random()
        if chance < 0.25:
            return mutate_octets(data, rng)
        try:
            content = _content(data)
        except (OSError, EOFError, zlib.error):
            return mutate_octets(data, rng)
        if chance < 0.30:
            return _other_stream(data, content, rng)
        if chance < 0.302:
            return _compressed(content, rng) + bomb(rng.choice((1, 40, 200)))
        return _compressed(inner(content, rng), rng)

    return mutate


@lru_cache(maxsize=500)
def _content(data: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
        return stream.read(1 << 20)  # the data may be a bomb


def _compressed(content: bytes, rng: Random) -> bytes:
    return gzip.compress(content, rng.choice((0, 0, 1, 6)), mtime=0)


def _other_stream(data: bytes, content: bytes, rng: Random) -> bytes:
    """Several members, trailing bytes, header fields, a wrong length or checksum."""
    half = rng.randrange(len(content) + 1)
    flags = rng.randrange(256)
    return rng.choice(
        (
            gzip.compress(content[:half]) + gzip.compress(content[half:]),
            gzip.compress(b"") * 100 + data,
            data + rng.choice((b"\0" * 100, b"x" * 100, b"\x1f\x8b", data)),
            data[:3] + bytes([flags]) + data[4:],
            data[:10] + zlib.compress(content) + data[-8:],
            data[:-8] + rng.randbytes(8),
            data[:-4] + b"\xff\xff\xff\xff",
        )
    )


def bomb(megabytes: int) -> bytes:
    """Return gzip members that expand a thousand times."""
    return _megabyte() * megabytes


@cache
def _megabyte() -> bytes:
    return gzip.compress(bytes(1 << 20), 9, mtime=0)
