"""Untrusted files: regular files only, no more bytes than expected, strict JSON."""

from __future__ import annotations

import os
import select

import pytest

from byhand.errors import FileError, FormatError
from byhand.untrusted_files import is_plain_name, parse_json, read_bytes, regular_file


def test_a_regular_file_is_read(tmp_path):
    (tmp_path / "a").write_bytes(b"hello")

    with regular_file(tmp_path / "a") as file:
        assert file.read() == b"hello"
    assert read_bytes(tmp_path / "a", 5) == b"hello"


def test_a_file_is_read_through_a_link(tmp_path):
    (tmp_path / "a").write_bytes(b"hello")
    (tmp_path / "link").symlink_to("a")

    assert read_bytes(tmp_path / "link", 100) == b"hello"


def test_a_larger_file_is_refused(tmp_path):
    (tmp_path / "a").write_bytes(b"hello")

    with pytest.raises(FormatError, match=r"the recipe .*a has more than 4 bytes"):
        read_bytes(tmp_path / "a", 4, "the recipe")


@pytest.mark.parametrize("place", ["pipe", "folder", "/dev/zero", "/dev/null"])
def test_anything_but_a_regular_file_is_refused_without_waiting(tmp_path, place):
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no pipes with names")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()

    with pytest.raises(FileError, match=r"the model .* cannot be read: it is a"):
        read_bytes(tmp_path / place, 100, "the model")


def test_a_file_of_the_system_without_bytes_yet_is_refused_without_waiting():
    if not os.path.exists("/proc/kmsg"):
        pytest.skip("this system has no such file")
    if os.path.isfile("/proc/kmsg") and _has_bytes_now("/proc/kmsg"):
        pytest.skip("messages of the kernel are waiting there")

    with pytest.raises(FileError):
        read_bytes("/proc/kmsg", 100)


def _has_bytes_now(path):
    with open(path, "rb", buffering=0) as file:
        return bool(select.select([file], [], [], 0)[0])


def test_a_huge_file_is_refused_without_reading_it(tmp_path):
    with (tmp_path / "a").open("wb") as file:
        file.truncate(1 << 40)  # a hole without blocks on the disk

    with pytest.raises(FormatError, match=r"has more than 1,073,741,824 bytes"):
        read_bytes(tmp_path / "a", 1 << 30)


@pytest.mark.parametrize("place", ["gone", "a\0b", "x" * 300, "~nobody-at-all/a"])
def test_a_name_that_no_file_has_is_one_clear_error(tmp_path, place):
    with pytest.raises(FileError):
        read_bytes(place if place.startswith("~") else tmp_path / place, 100)


def test_an_error_of_the_block_passes_through(tmp_path):
    (tmp_path / "a").write_bytes(b"")

    with pytest.raises(ZeroDivisionError), regular_file(tmp_path / "a"):
        _ = 1 / 0


def test_json_is_read_as_usual():
    assert parse_json('{"a": [1, 2.5, null], "b": {"a": "x"}}') == {
        "a": [1, 2.5, None],
        "b": {"a": "x"},
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "the key 'c' occurs twice"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("9" * 5000, "limit"),
        ("{", "Expecting"),
        (b'"\xff"', "decode byte"),
    ],
    ids=["twice", "lists", "objects", "digits", "cut", "bytes"],
)
def test_json_with_a_trap_is_a_value_error(text, message):
    with pytest.raises(ValueError, match=message):
        parse_json(text)


@pytest.mark.parametrize(
    ("name", "is_plain"),
    [("best.safetensors", True), ("...", True), ("", False), (".", False), ("..", False),
     ("a/b", False), ("/a", False), ("a\\b", False), ("a\0", False)],
)  # fmt: skip
def test_a_plain_name_stays_in_its_folder(name, is_plain):
    assert is_plain_name(name) is is_plain
