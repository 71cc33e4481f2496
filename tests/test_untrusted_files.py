"""Untrusted files: regular files only, no more bytes than expected, strict JSON."""

from __future__ import annotations

import os
import select
import socket
import time
from contextlib import closing

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


def test_a_socket_is_refused_without_waiting(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the path of a socket may have only about 100 characters
    with closing(socket.socket(getattr(socket, "AF_UNIX", socket.AF_INET))) as listening:
        if not hasattr(socket, "AF_UNIX"):
            pytest.skip("this system has no sockets with names")
        listening.bind("socket")
        listening.listen()

        with pytest.raises(FileError, match="the model socket cannot be read"):
            read_bytes("socket", 100, "the model")


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


def test_json_may_be_nested_up_to_the_limit():
    value = parse_json('{"a":[' * 25 + "1" + "]}" * 25)
    for _ in range(25):
        value = value["a"][0]
    assert value == 1
    assert len(parse_json("[" + "[], " * 200 + "[]]")) == 201


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "the key 'c' occurs twice"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("[" * 60 + "]" * 60, "nested too deeply"),
        ('{"a":' * 51 + "1" + "}" * 51, "nested too deeply"),
        ("9" * 5000, "limit"),
        ("{", "Expecting"),
        (b'"\xff"', "decode byte"),
    ],
    ids=["twice", "lists", "objects", "deep lists", "deep objects", "digits", "cut", "bytes"],
)
def test_json_with_a_trap_is_a_value_error(text, message):
    with pytest.raises(ValueError, match=message):
        parse_json(text)


@pytest.mark.parametrize(
    ("name", "is_plain"),
    [("best.safetensors", True), ("...", True), ("", False), (".", False), ("..", False),
     ("a/b", False), ("/a", False), ("a\\b", False), ("a\0", False),
     ("é" * 127, True), ("é" * 128, False), ("\ud800", True)],
)  # fmt: skip
def test_a_plain_name_stays_in_its_folder(name, is_plain):
    assert is_plain_name(name) is is_plain


def test_the_last_of_many_keys_is_found_to_occur_twice_in_no_time():
    keys = ",".join(f'"{number}":0' for number in range(50_000))
    began = time.process_time()

    with pytest.raises(ValueError, match="the key '49999' occurs twice"):
        parse_json(f'{{{keys},"49999":1}}')
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "text",
    [
        "[" + "[]," * 1_000_000 + "0]",
        "[" + "{}," * 1_000_000 + "0]",
        "[" + "-9," * 2_000_000 + "0]",
        "{" + ",".join(f'"{number}":0' for number in range(500_000)) + "}",
        '"' + "a" * 9_000_000 + "\N{SNOWMAN}" + '"',
    ],
)
@pytest.mark.parametrize("kind", [str, bytes])
def test_json_whose_values_take_far_more_memory_than_its_text_is_refused(text, kind):
    with pytest.raises(ValueError, match="too many values"):
        parse_json(text if kind is str else text.encode())


def test_json_of_half_a_million_numbers_is_read():
    assert len(parse_json("[" + "0.123456789012," * 500_000 + "1]")) == 500_001
