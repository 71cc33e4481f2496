"""Change image files: sizes and chunks of PNG, segments of JPEG, tags of TIFF."""

from __future__ import annotations

import struct
import zlib
from functools import cache
from random import Random

from benchmarks.fuzz.mutate.octets import an_integer, mutate_octets, packed

Chunks = list[tuple[bytes, bytes]]
MAGIC = b"\x89PNG\r\n\x1a\n"
KINDS = (b"PLTE", b"tRNS", b"iCCP", b"zTXt", b"iTXt", b"tEXt", b"eXIf", b"acTL", b"fcTL", b"fdAT",
         b"gAMA", b"pHYs", b"IDAT", b"IEND", b"sRGB", b"xxXx")  # fmt: skip


def mutate_picture(data: bytes, rng: Random) -> bytes:
    """Return an image file with a changed structure or changed bytes."""
    if rng.random() < 0.3:
        return mutate_octets(data, rng)
    if data.startswith(MAGIC):
        return _mutate_png(data, rng)
    if data.startswith(b"\xff\xd8"):
        return _mutate_jpeg(data, rng)
    return _set_numbers(data, rng)


def _mutate_png(data: bytes, rng: Random) -> bytes:
    chunks = _chunks(data)
    for _ in range(rng.choice((1, 1, 2))):
        if chunks:
            _change_chunk(chunks, rng)
    return MAGIC + b"".join(_chunk(kind, content) for kind, content in chunks)


def _change_chunk(chunks: Chunks, rng: Random) -> None:
    place = rng.choice((0, 0, rng.randrange(len(chunks))))
    kind, content = chunks[place]
    change = rng.randrange(6)
    if kind == b"IHDR" and len(content) == 13 and change < 4:
        chunks[place] = (kind, _other_header(content, rng))
    elif change == 0:
        chunks.insert(place, (rng.choice(KINDS), rng.randbytes(rng.choice((0, 1, 6, 300)))))
    elif change == 1:
        text = b"profile\0\0" + _zeros(rng.choice((10, 1 << 20, 8 << 20)))
        chunks.insert(1, (rng.choice((b"iCCP", b"zTXt")), text))
    elif change == 2:
        chunks[place] = (rng.choice(KINDS), content)
    elif change == 3:
        del chunks[place]
    elif change == 4 and kind == b"IDAT":
        chunks[place] = (kind, _other_pixels(content, rng))
    else:
        chunks[place] = (kind, mutate_octets(content, rng))


def _other_header(content: bytes, rng: Random) -> bytes:
    width, height, *others = struct.unpack(">IIBBBBB", content)
    change = rng.randrange(4)
    if change == 0:
        width = an_integer(rng) % (1 << 32)
    elif change == 1:
        height = an_integer(rng) % (1 << 32)
    elif change == 2:
        width = height = rng.choice((100, 1000, 4000, 9000, 13_000, 60_000))
    else:
        others[rng.randrange(5)] = rng.choice((0, 1, 2, 3, 4, 6, 8, 16, 255))
    return struct.pack(">IIBBBBB", width, height, *others)


def _other_pixels(content: bytes, rng: Random) -> bytes:
    try:
        pixels = zlib.decompress(content)
    except zlib.error:
        return mutate_octets(content, rng)
    if rng.random() < 0.05:
        return _zeros(4 << 20)
    return zlib.compress(mutate_octets(pixels, rng))


def _chunks(data: bytes) -> Chunks:
    found: Chunks = []
    place = len(MAGIC)
    while place + 12 <= len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        found.append((data[place + 4 : place + 8], data[place + 8 : place + 8 + length]))
        place += 12 + length
    return found


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def _mutate_jpeg(data: bytes, rng: Random) -> bytes:
    """Set a number of the frame header, or in an EXIF block, or the length of a segment."""
    changed = bytearray(data)
    starts = [i for i in range(len(data) - 9) if data[i] == 0xFF and data[i + 1] not in (0, 0xFF)]
    frames = [i for i in starts if data[i + 1] in (0xC0, 0xC1, 0xC2)]
    if frames and rng.random() < 0.5:
        start = frames[0] + rng.choice((4, 5, 5, 7, 7, 9))
        changed[start : start + 2] = packed(an_integer(rng), 2, rng)
    elif starts:
        start = rng.choice(starts) + rng.choice((1, 2, 3))
        changed[start : start + 2] = packed(an_integer(rng), 2, rng)
    return bytes(changed)


def _set_numbers(data: bytes, rng: Random) -> bytes:
    """Set numbers in the first bytes of a file, and in the last, where TIFF keeps its tags."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4)) if data else 0):
        size = rng.choice((1, 2, 4))
        span = min(len(data), 200)
        start = rng.randrange(span) if rng.random() < 0.6 else len(data) - 1 - rng.randrange(span)
        changed[start : start + size] = packed(an_integer(rng), size, rng)[: len(data) - start]
    return bytes(changed)


@cache
def _zeros(size: int) -> bytes:
    return zlib.compress(bytes(size))
