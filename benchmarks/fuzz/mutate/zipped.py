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
"""Smallest size of a member whose packed bytes are not kept for the next archive."""

DATE = (1980 - 1980) << 9 | 1 << 5 | 1


def pack(members: Sequence[tuple[str, bytes]], method: int) -> bytes:
    """Return an archive of members, (name, content); names may occur twice."""
    files, directory = bytearray(), bytearray()
    for name, content in members:
        encoded = name.encode("utf-8", "replace")[:65_535]
        compress = _kept_packed if len(content) < SMALL else _packed
        checksum, packed = compress(content, method)
        sizes = checksum, len(packed), len(content), len(encoded), 0
        common = struct.pack("<5H3L2H", VERSION, IS_UTF8, method, 0, DATE, *sizes)
        place = struct.pack("<3H2L", 0, 0, 0, 0, len(files))
        directory += b"PK\1\2" + struct.pack("<H", VERSION) + common + place + encoded
        files += b"PK\3\4" + common + encoded + packed
    count = len(members)
    end = struct.pack("<4H2LH", 0, 0, count, count, len(directory), len(files), 0)
    return bytes(files + directory + b"PK\5\6" + end)


def _packed(content: bytes, method: int) -> tuple[int, bytes]:
    """Return the checksum and the compressed bytes of a member."""
    return zlib.crc32(content), _COMPRESSIONS[method](content)


_kept_packed = lru_cache(maxsize=2000)(_packed)
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
