"""Unpack ZIP archives once, and pack changed ones several times as fast as `zipfile`, valid or not.

Source: PKWARE, APPNOTE.TXT, .ZIP File Format Specification, 4.3.
"""

from __future__ import annotations

import bz2
import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from random import Random

from benchmarks.fuzz.mutate.octets import an_integer, mutate_octets, packed

VERSION, IS_UTF8 = 20, 1 << 11
SMALL = 1 << 16
"""Smallest size of a member whose records are not kept for the next archive."""

DATE = (1980 - 1980) << 9 | 1 << 5 | 1

Members = list[tuple[str, bytes]]
"""The name and content of each member."""


def mutate_archive(data: bytes, rng: Random, change: Callable[[Members, Random], None]) -> bytes:
    """Return an archive with one to three changes of its members, or with changed bytes."""
    if rng.random() < 0.15:
        return mutate_octets(data, rng)
    try:
        members = list(_members_of(data))
    except Exception:  # damaged by an earlier change
        return mutate_octets(data, rng)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        change(members, rng)
    return _zipped(members, rng)


def _members_of(data: bytes) -> tuple[tuple[str, bytes], ...]:
    """Return name and content of each member."""
    return _just_packed.get(data) or _unpacked(data)


_just_packed: dict[bytes, tuple[tuple[str, bytes], ...]] = {}
"""The last archive that was packed, which may be changed again at once."""


@lru_cache(maxsize=500)
def _unpacked(data: bytes) -> tuple[tuple[str, bytes], ...]:
    """Unpack an archive. It is unpacked once and changed often."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return tuple((info.filename, archive.read(info)) for info in archive.infolist())


def _zipped(members: Members, rng: Random) -> bytes:
    """Return an archive of members; three in ten have a wrong number in one of their records."""
    made = _zip(members, rng)
    return _patched(made, rng) if rng.random() < 0.3 else made


def _zip(members: Members, rng: Random) -> bytes:
    # LZMA and bzip2 take milliseconds to build their tables, even for small data.
    method = METHODS[rng.choice((0, 0, 0, 1)) if rng.random() < 0.995 else rng.choice((2, 3))]
    named = [(name.replace("\ud800", "").replace("\0", "") or "x", data) for name, data in members]
    made = pack(named, method)
    _just_packed.clear()
    _just_packed[made] = tuple(named)
    return made


def _patched(data: bytes, rng: Random) -> bytes:
    """Return an archive with one field changed in a record of its ends, entries or files."""
    kind, length = rng.choice(((b"PK\1\2", 46), (b"PK\3\4", 30), (b"PK\5\6", 22)))
    starts = [found.start() for found in re.finditer(re.escape(kind), data)]
    if not starts:
        return data
    start = rng.choice(starts)
    size = rng.choice((2, 4))
    field = start + rng.randrange(4, length - size + 1, 2)
    number = rng.choice((an_integer(rng), len(data), len(data) - 1, start, rng.randrange(1 << 16)))
    return data[:field] + packed(number, size, rng) + data[field + size :]


def pack(members: Sequence[tuple[str, bytes]], method: int) -> bytes:
    """Return a valid archive of members, (name, content); names may occur twice."""
    files: list[bytes] = []
    directory: list[bytes] = []
    start = 0
    for name, content in members:
        records = _kept_records if len(content) < SMALL else _records
        file, before, after = records(name, content, method)
        files.append(file)
        directory += before, start.to_bytes(4, "little"), after
        start += len(file)
    entries, count = b"".join(directory), len(members)
    end = struct.pack("<4H2LH", 0, 0, count, count, len(entries), start, 0)
    return b"".join((*files, entries, b"PK\5\6", end))


def _records(name: str, content: bytes, method: int) -> tuple[bytes, bytes, bytes]:
    """Return the record of a file, and its entry before and after the start of the file."""
    encoded = name.encode("utf-8", "replace")[:65_535]
    small = _COMPRESSIONS[method](content)
    sizes = zlib.crc32(content), len(small), len(content), len(encoded), 0
    common = struct.pack("<5H3L2H", VERSION, IS_UTF8, method, 0, DATE, *sizes)
    entry = b"PK\1\2" + struct.pack("<H", VERSION) + common + struct.pack("<3HL", 0, 0, 0, 0)
    return b"PK\3\4" + common + encoded + small, entry, encoded


_kept_records = lru_cache(maxsize=2000)(_records)
"""The same for small members, of which most do not change from one archive to the next."""


def _deflated(content: bytes) -> bytes:
    deflate = zlib.compressobj(1, zlib.DEFLATED, -15)
    return deflate.compress(content) + deflate.flush()


def _lzma(content: bytes) -> bytes:
    """LZMA as in an archive: the version and length of the properties, these, and the stream."""
    filters = {"id": lzma.FILTER_LZMA1, "preset": 0}
    alone = lzma.compress(content, lzma.FORMAT_ALONE, filters=[filters])
    properties, stream = alone[:5], alone[13:]  # between them is the length
    return struct.pack("<BBH", 9, 4, len(properties)) + properties + stream


_COMPRESSIONS = {
    zipfile.ZIP_STORED: bytes,
    zipfile.ZIP_DEFLATED: _deflated,
    zipfile.ZIP_BZIP2: bz2.compress,
    zipfile.ZIP_LZMA: _lzma,
}
METHODS = tuple(_COMPRESSIONS)
