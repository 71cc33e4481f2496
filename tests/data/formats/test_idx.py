from __future__ import annotations

import contextlib
import gzip
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from byhand.data.formats.idx import TYPES, check_idx, encode_idx, idx_files, read_idx, write_idx
from byhand.errors import ArgumentError, ByhandError, FileError, FormatError

IMAGES = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("dtype", [str(dtype.newbyteorder("=")) for dtype in TYPES.values()])
def test_what_is_written_is_read_back(tmp_path, dtype: str, ending: str) -> None:
    array = IMAGES.astype(dtype)
    write_idx(tmp_path / f"a{ending}", array)

    back = read_idx(tmp_path / f"a{ending}")

    assert back.dtype == array.dtype
    assert back.dtype.isnative
    np.testing.assert_array_equal(back, array)
    assert back.flags.writeable


def test_the_bytes_are_those_of_the_format() -> None:
    labels = np.array([5, 0, 4], np.uint8)

    assert encode_idx(labels).hex(" ") == "00 00 08 01 00 00 00 03 05 00 04"
    assert encode_idx(IMAGES)[:16].hex() == "00000803000000030000000400000005"


def test_checking_returns_the_header(tmp_path) -> None:
    write_idx(tmp_path / "a.gz", IMAGES)

    header = check_idx(tmp_path / "a.gz")

    assert header.shape == (3, 4, 5)
    assert header.payload_bytes == 60


def test_a_memory_map_reads_from_disk(tmp_path) -> None:
    write_idx(tmp_path / "a", IMAGES)

    mapped = read_idx(tmp_path / "a", memory_map=True)

    assert isinstance(mapped, np.memmap)
    np.testing.assert_array_equal(mapped, IMAGES)


def test_compressed_files_cannot_be_mapped(tmp_path) -> None:
    write_idx(tmp_path / "a.gz", IMAGES)

    with pytest.raises(ArgumentError, match=r"gunzip -k a\.gz"):
        read_idx(tmp_path / "a.gz", memory_map=True)


@pytest.mark.parametrize("dtype", ["int64", "bool", "<U1", "complex64"])
def test_types_that_idx_lacks_are_refused(tmp_path, dtype: str) -> None:
    with pytest.raises(ArgumentError, match="IDX holds"):
        write_idx(tmp_path / "a", np.zeros(3, dtype))

    assert not (tmp_path / "a").exists()


GOOD = encode_idx(IMAGES)
BROKEN = {
    "empty": (b"", "header ends too early"),
    "magic cut": (GOOD[:3], "header ends too early"),
    "lengths cut": (GOOD[:10], "12 bytes of axis lengths, got 6"),
    "other magic": (b"\x89PNG" + GOOD[4:], "not an IDX file.*89 50 4e 47"),
    "unknown type": (b"\0\0\x07\x03" + GOOD[4:], "not an IDX file"),
    "no axes": (b"\0\0\x08\0" + GOOD[4:], "not an IDX file"),
    "payload cut": (GOOD[:-1], "shorter than its header says: expected 60 bytes.*got 59"),
    "payload missing": (GOOD[:16], "shorter"),
    "payload too long": (GOOD + b"\0", "longer than its header says: expected 60.*got more"),
    "huge lengths": (b"\0\0\x08\x03" + struct.pack(">III", *[2**32 - 1] * 3), "impossible array"),
}


@pytest.mark.parametrize("compress", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("name", BROKEN)
def test_every_corruption_is_one_clear_error(tmp_path, name: str, compress: bool) -> None:
    content, message = BROKEN[name]
    path = tmp_path / "images"
    path.write_bytes(gzip.compress(content) if compress else content)

    with pytest.raises(FormatError, match=message):
        read_idx(path)
    with pytest.raises(FormatError, match=message):
        check_idx(path)
    if not compress:
        with pytest.raises(FormatError, match=message):
            read_idx(path, memory_map=True)


def test_a_missing_file_is_named(tmp_path) -> None:
    with pytest.raises(FileError, match="train-images"):
        read_idx(tmp_path / "train-images-idx3-ubyte")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(data=st.data(), compress=st.booleans())
def test_no_damaged_byte_causes_anything_but_our_own_errors(tmp_path, data, compress) -> None:
    content = bytearray(gzip.compress(GOOD, mtime=0) if compress else GOOD)
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.integers(0, len(content)))
    path = tmp_path / "damaged"
    path.write_bytes(content[:cut] if data.draw(st.booleans()) else content)

    with contextlib.suppress(ByhandError):
        assert read_idx(path).nbytes < 1000


def test_the_files_of_a_folder_are_sorted_by_set_and_role(tmp_path) -> None:
    folder = tmp_path / "idx"
    names = [
        "train-images-idx3-ubyte.gz",
        "train-images-idx3-ubyte",
        "t10k-labels.idx1-ubyte",
        "emnist-letters-test-images-idx3-ubyte.gz",
        "notes.txt",
    ]
    for name in names:
        write_idx(folder / name, IMAGES)

    found = idx_files(folder)

    assert found == {
        "": {"train_images": folder / names[1], "test_labels": folder / names[2]},
        "emnist-letters-": {"test_images": folder / names[3]},
    }


@pytest.mark.parametrize("shape", [[0, 2**32 - 1, 2**32 - 1], [0] + [2**32 - 1] * 3, [1] * 65])
@pytest.mark.parametrize("memory_map", [False, True])
def test_an_impossible_array_is_an_error(tmp_path, shape: list[int], memory_map: bool) -> None:
    header = struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape)
    (tmp_path / "a").write_bytes(header + b"\0")

    with pytest.raises(FormatError, match="impossible array"):
        read_idx(tmp_path / "a", memory_map=memory_map)


def test_compressed_numbers_of_the_wrong_length_take_no_memory(tmp_path) -> None:
    """A small file may expand far, but only if its header tells the truth."""
    header = struct.pack(">BBBBI", 0, 0, 8, 1, 100_000_000)
    (tmp_path / "a.gz").write_bytes(gzip.compress(header + bytes(90_000_000), 9) + bytes(900_000))

    tracemalloc.start()
    with pytest.raises(FormatError, match="the file is shorter than its header says"):
        read_idx(tmp_path / "a.gz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 8 << 20


def test_compressed_numbers_that_expand_far_are_read(tmp_path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, 500_000, np.uint8)
    array = np.concatenate([noise, np.zeros(40_000_000, np.uint8)])
    write_idx(tmp_path / "a.gz", array)

    assert (read_idx(tmp_path / "a.gz") == array).all()
