"""Writes ZIP archives, valid or not, several times as fast as `zipfile`.

Source: PKWARE, APPNOTE.TXT, .ZIP File Format Specification, 4.3.
"""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Sequence

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)

VERSION, IS_UTF8 = 20, 1 << 11
DATE = (1980 - 1980) << 9 | 1 << 5 | 1


def pack(members: Sequence[tuple[str, bytes]], method: int) -> bytes:
    """Return an archive of members, (name, content); names may occur twice."""
    if method not in METHODS[:2]:
        return _pack_slowly(members, method)
    files, directory = bytearray(), bytearray()
    for name, content in members:
        encoded = name.encode("utf-8", "replace")[:65_535]
        packed = content
        if method == zipfile.ZIP_DEFLATED:
            deflate = zlib.compressobj(1, zlib.DEFLATED, -15)
            packed = deflate.compress(content) + deflate.flush()
        sizes = zlib.crc32(content), len(packed), len(content), len(encoded), 0
        common = struct.pack("<5H3L2H", VERSION, IS_UTF8, method, 0, DATE, *sizes)
        place = struct.pack("<3H2L", 0, 0, 0, 0, len(files))
        directory += b"PK\1\2" + struct.pack("<H", VERSION) + common + place + encoded
        files += b"PK\3\4" + common + encoded + packed
    count = len(members)
    end = struct.pack("<4H2LH", 0, 0, count, count, len(directory), len(files), 0)
    return bytes(files + directory + b"PK\5\6" + end)


def _pack_slowly(members: Sequence[tuple[str, bytes]], method: int) -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", method) as archive:
        warnings.simplefilter("ignore")  # repeated names
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            archive.writestr(info, content)
    return stream.getvalue()
