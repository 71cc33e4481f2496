from __future__ import annotations

import errno
import gzip
import hashlib
import time

import pytest

from byhand.data.formats.files import opened, opened_text, payload_sha256, replacing
from byhand.errors import FileError, FormatError


def test_gzip_is_recognised_by_content_and_not_by_name(tmp_path) -> None:
    (tmp_path / "a").write_bytes(gzip.compress(b"hello"))
    (tmp_path / "b.gz").write_bytes(b"hello")

    for name in ("a", "b.gz"):
        with opened(tmp_path / name) as stream:
            assert stream.read() == b"hello"


def test_the_payload_hash_ignores_the_compression(tmp_path) -> None:
    (tmp_path / "plain").write_bytes(b"hello")
    (tmp_path / "fast").write_bytes(gzip.compress(b"hello", 1, mtime=1))
    (tmp_path / "best").write_bytes(gzip.compress(b"hello", 9, mtime=2))

    sums = {payload_sha256(tmp_path / name) for name in ("plain", "fast", "best")}

    assert sums == {hashlib.sha256(b"hello").hexdigest()}


def test_a_missing_file_is_named(tmp_path) -> None:
    with pytest.raises(FileError, match="nowhere"), opened(tmp_path / "nowhere"):
        pass


def test_a_folder_is_not_a_file(tmp_path) -> None:
    with pytest.raises(FileError, match="is a folder"), opened(tmp_path):
        pass


def test_truncated_gzip_data_are_an_error(tmp_path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(bytes(range(256)) * 100)[:-20])

    with pytest.raises(FormatError, match=r"a\.gz.*too early"):
        payload_sha256(tmp_path / "a.gz")


def test_corrupted_gzip_data_are_an_error(tmp_path) -> None:
    content = bytearray(gzip.compress(bytes(range(256)) * 100, mtime=0))
    content[len(content) // 2] ^= 0xFF
    (tmp_path / "a.gz").write_bytes(content)

    with pytest.raises(FormatError, match=r"a\.gz.*corrupted"):
        payload_sha256(tmp_path / "a.gz")


def test_text_must_be_utf8(tmp_path) -> None:
    (tmp_path / "a.csv").write_bytes("größe".encode("latin-1"))

    with pytest.raises(FormatError, match="UTF-8"), opened_text(tmp_path / "a.csv") as stream:
        stream.read()


def test_a_byte_order_mark_is_skipped(tmp_path) -> None:
    (tmp_path / "a.csv").write_bytes("label".encode("utf-8-sig"))

    with opened_text(tmp_path / "a.csv") as stream:
        assert stream.read() == "label"


def test_a_failed_replacement_leaves_the_old_file_and_nothing_else(tmp_path) -> None:
    target = tmp_path / "kept"
    target.write_text("old")

    with pytest.raises(ZeroDivisionError), replacing(target) as temporary:
        temporary.write_text(f"half {1 / 0}")

    assert target.read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"kept", "home", "work"}


def test_a_full_disk_is_one_clear_message(tmp_path) -> None:
    with pytest.raises(FileError, match="No space left"), replacing(tmp_path / "a"):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_other_errors_pass_through(tmp_path) -> None:
    with pytest.raises(ConnectionResetError), replacing(tmp_path / "a"):
        raise ConnectionResetError("the network's")


def test_a_folder_that_cannot_be_made_is_one_clear_message(tmp_path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(FileError, match="cannot write"), replacing(tmp_path / "file" / "a"):
        pass


def written(tmp_path, content):
    path = tmp_path / "a.gz"
    path.write_bytes(content)
    return path


def test_members_of_a_gzip_file_follow_each_other_and_zeros_may_follow_them(tmp_path):
    parts = [bytes([number]) * 50_000 for number in range(40)]
    path = written(tmp_path, b"".join(map(gzip.compress, parts)) + bytes(100_000))

    with opened(path) as stream:
        assert stream.read() == b"".join(parts)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (gzip.compress(b"") * 50_000, "too many parts"),
        (gzip.compress(b"a") + b"b", "too early"),
        (gzip.compress(b"a") + b"other bytes", "corrupted"),
        (gzip.compress(bytes(999))[:-1], "too early"),
        (gzip.compress(bytes(999))[:-5] + bytes(5), "corrupted"),
    ],
    ids=[
        "members",
        "a byte more",
        "bytes more",
        "cut",
        "another checksum",
    ],  # it has the time in it
)
def test_damaged_parts_of_a_gzip_file_are_refused(tmp_path, content, message):
    with pytest.raises(FormatError, match=message), opened(written(tmp_path, content)) as stream:
        stream.read()


def test_a_name_of_megabytes_in_a_gzip_header_takes_no_time(tmp_path):
    head, content = b"\x1f\x8b\x08\x08" + bytes(6), gzip.compress(b"hello")[10:]
    path = written(tmp_path, head + b"a" * 5_000_000 + b"\0" + content + bytes(5_000_000))
    began = time.process_time()

    with opened(path) as stream:
        assert stream.read() == b"hello"
    assert time.process_time() - began < 0.5
