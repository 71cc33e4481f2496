"""Untrusted archives: no header is trusted, and nothing is executed."""

from __future__ import annotations

import os
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from byhand.errors import FileError, FormatError
from byhand.npz_archive import names_in, read_arrays


def npy(descr="<f8", shape="(2,)", data=bytes(16), header=None, version=b"\1\0"):
    text = header or f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"
    length = struct.pack("<H" if version == b"\1\0" else "<I", len(text))
    return b"\x93NUMPY" + version + length + text.encode() + data


def archive(path, compression=zipfile.ZIP_DEFLATED, **members):
    with zipfile.ZipFile(path, "w", compression) as bundle:
        for name, content in members.items():
            bundle.writestr(f"{name}.npy", content)
    return path


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=">i2").reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.array("one"),
        np.array(["ä", "bcd"]),
        np.array([b"ab"]),
        np.zeros((0, 3), np.uint8),
        np.array([True, False]),
        np.float32(3),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_numpy_writes_is_read(tmp_path, array, save):
    save(tmp_path / "a.npz", a=array, other=np.ones(3))

    back = read_arrays(tmp_path / "a.npz", {"a"})

    assert list(back) == ["a"]
    assert back["a"].dtype == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(back["a"], array)
    assert names_in(tmp_path / "a.npz") == ["a", "other"]


@pytest.mark.parametrize("version", [b"\2\0", b"\3\0"])
def test_later_versions_of_the_format_are_read(tmp_path, version):
    path = archive(tmp_path / "a.npz", a=npy(version=version))

    assert read_arrays(path)["a"].tolist() == [0, 0]


def test_other_programs_may_order_and_space_the_header_differently(tmp_path):
    header = '{ "shape":(2L,),"descr" : "<f8","fortran_order":False}\n'

    assert read_arrays(archive(tmp_path / "a.npz", a=npy(header=header)))["a"].tolist() == [0, 0]


REFUSED = {
    "32 GiB asked for": npy(shape="(4294967296,)"),
    "too few numbers": npy(shape="(3,)"),
    "too many numbers": npy(shape="(1,)"),
    "a shape beyond all memory": npy(shape=f"({2**60}, {2**60})"),
    "a shape beyond all memory, empty": npy(shape=f"(0, {2**62})", data=b""),
    "a number of five thousand digits": npy(shape=f"({'9' * 5000},)"),
    "65 axes": npy(shape="(1," + "1," * 64 + ")", data=bytes(8)),
    "a negative axis": npy(shape="(-2,)"),
    "text without width": npy("<U0", f"({2**50},)", b""),
    "characters that do not exist": npy("<U1", data=b"\xff" * 8),
    "dates": npy("<M8[s]"),
    "records": npy("|V8"),
    "an unknown type": npy("<i3"),
    "a type of no length": npy("<U999999999", "(0,)", b""),
    "a length of more than 32 bits": npy("<U1073741825", "(1,)", bytes(4)),
    "code": npy(header="{'descr': (lambda: 1)(), 'fortran_order': False, 'shape': (2,), }"),
    "a key twice": npy(header="{'descr': '<f8', 'descr': '<f8', 'shape': (2,), }"),
    "a missing key": npy(header="{'descr': '<f8', 'fortran_order': False, }"),
    "nested brackets": npy(header="(" * 9000),
    "many spaces": npy(header="{'descr': '<f8'" + " " * 9900),
    "a long header": npy(header=" " * 10_001),
    "half a header": npy()[:30],
    "half a length": npy()[:9],
    "another version": npy(version=b"\7\0"),
    "nothing": b"",
}


@pytest.mark.parametrize("name", REFUSED)
def test_every_damaged_array_is_one_clear_error(tmp_path, name):
    path = archive(tmp_path / "a.npz", x=REFUSED[name])

    with pytest.raises(FormatError, match=r"a\.npz: not a readable NPZ archive of plain arrays"):
        read_arrays(path)


@pytest.mark.parametrize("descr", ["|O", "O", "|O8"])
def test_pickled_objects_are_refused(tmp_path, descr):
    with pytest.raises(FormatError, match="pickled Python objects"):
        read_arrays(archive(tmp_path / "a.npz", x=npy(descr)))


def test_a_member_expands_no_further_than_a_data_set_does(tmp_path):
    huge = npy("|u1", f"({2**26},)", bytes(2**26))
    path = archive(tmp_path / "a.npz", x=huge)
    del huge

    tracemalloc.start()
    with pytest.raises(FormatError, match="over 100 times their size"):
        read_arrays(path)
    assert tracemalloc.get_traced_memory()[1] < 2 << 20
    tracemalloc.stop()


def test_members_expand_no_further_together_than_a_data_set_does(tmp_path):
    zeros = np.zeros(9 << 20, np.uint8)
    np.savez_compressed(tmp_path / "a.npz", a=zeros, b=zeros)

    assert (read_arrays(tmp_path / "a.npz", ["a"])["a"] == zeros).all()
    with pytest.raises(FormatError, match=r"a\.npz: .* expand to more than 16,777,216"):
        read_arrays(tmp_path / "a.npz")


def test_a_member_that_expands_further_than_its_size_says_is_cut_off(tmp_path):
    content = npy("|u1", "(16,)")
    path = archive(tmp_path / "a.npz", x=content + bytes(2**20))
    data = path.read_bytes()
    path.write_bytes(
        data.replace(struct.pack("<I", len(content) + 2**20), struct.pack("<I", len(content)))
    )

    with pytest.raises(FormatError, match=r"a\.npz"):
        read_arrays(path)


def test_members_that_share_their_bytes_are_refused(tmp_path):
    path = archive(tmp_path / "a.npz", a=npy(data=os.urandom(16)), b=npy(data=os.urandom(16)))
    data = bytearray(path.read_bytes())
    first = data.index(b"PK\1\2")
    for start in (first, data.index(b"PK\1\2", first + 4)):
        data[start + 20 : start + 24] = struct.pack("<I", len(data))
    path.write_bytes(data)

    with pytest.raises(FormatError, match="its members overlap"):
        read_arrays(path)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused(tmp_path, compression):
    path = archive(tmp_path / "a.npz", compression, x=npy())

    with pytest.raises(FormatError, match="compressed in a way that NumPy does not use"):
        read_arrays(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_occurs_twice_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as bundle:
        bundle.writestr("x.npy", npy())
        bundle.writestr("x.npy", npy())

    with pytest.raises(FormatError, match="'x' occurs twice"):
        read_arrays(tmp_path / "a.npz")


def test_an_archive_of_a_hundred_thousand_names_is_refused_before_they_are_read(tmp_path):
    record = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", *[0] * 18) + b""
    directory = record * 30_000
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 30_000, 30_000, len(directory), 0, 0)
    (tmp_path / "a.npz").write_bytes(directory + end)

    with pytest.raises(FormatError, match="its directory is too large"):
        read_arrays(tmp_path / "a.npz")


def test_a_pipe_is_refused_without_waiting(tmp_path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no pipes with names")
    os.mkfifo(tmp_path / "a.npz")

    with pytest.raises(FileError, match="it is a pipe or a device; expected a file"):
        read_arrays(tmp_path / "a.npz")


def test_an_archive_of_very_many_arrays_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(5_001):
            archive.writestr(f"{number:x}", b"")

    with pytest.raises(FormatError, match="more than 5,000 arrays"):
        names_in(path)
