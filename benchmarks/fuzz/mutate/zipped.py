"""Writes ZIP archives, valid or not, several times as fast as `zipfile`.

Source: PKWARE, APPNOTE.TXT, .ZIP File Format Specification, 4.3.
"""

from __future__ import annotations

import bz2
import lzma
import struct
import zipfile
import zlib
from collections.abc import Sequence
from functools import lru_cache

VERSION, IS_UTF8 = 20, 1 << 11
SMALL = 1 << 16
"""Smallest size of a member whose records are not kept for the next archive."""

DATE = (1980 - 1980) << 9 | 1 << 5 | 1


def pack(members: Sequence[tuple[str, bytes]], method: int) -> bytes:
    """Return an archive of members, (name, content); names may occur twice."""
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
    packed = _COMPRESSIONS[method](content)
    sizes = zlib.crc32(content), len(packed), len(content), len(encoded), 0
    common = struct.pack("<5H3L2H", VERSION, IS_UTF8, method, 0, DATE, *sizes)
    entry = b"PK\1\2" + struct.pack("<H", VERSION) + common + struct.pack("<3HL", 0, 0, 0, 0)
    return b"PK\3\4" + common + encoded + packed, entry, encoded


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
