"""HDF5 files from strangers: read by another process, which may crash, loop or take memory."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
import zipfile

import numpy as np
import pytest

from byhand.errors import ByhandError, FormatError
from byhand.interop.keras import hdf5, load_keras
from byhand.interop.keras.hdf5 import Group, Stored, member, read_array, read_hdf5, write_arrays

h5py = pytest.importorskip("h5py", reason="h5py is not installed")

ARRAYS = {"dense": {"W": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.ones(3)}}


def changed(change):
    """Return a valid file after a change."""
    stream = io.BytesIO(write_arrays(ARRAYS))
    with h5py.File(stream, "r+") as file:
        change(file)
    return stream.getvalue()


def test_arrays_are_read_as_they_were_written():
    file = read_hdf5(write_arrays(ARRAYS))

    variables = member(file, "layers/dense/vars")
    assert isinstance(variables, Group)
    assert list(variables.members) == ["0", "1"]
    W = read_array(variables.members["0"], "W", (2, None))
    b = read_array(variables.members["1"], "b", (3,))
    np.testing.assert_array_equal(W, ARRAYS["dense"]["W"])
    np.testing.assert_array_equal(b, ARRAYS["dense"]["b"])
    assert (W.dtype, b.dtype) == (np.float32, np.float64)
    assert member(file, "layers/none") is None
    assert member(file, "layers/dense/vars/0/deeper") is None


def test_attributes_are_text_or_lists_of_text():
    def describe(file):
        file.attrs["model_config"] = "é"
        file["layers"].attrs["weight_names"] = [b"a", b"\xff"]
        file["layers"].attrs["model_config"] = np.bytes_(b"plain")
        file["layers/dense"].attrs["weight_names"] = 3
        file["layers/dense"].attrs["other"] = "not read"

    file = read_hdf5(changed(describe))

    assert file.attributes == {"model_config": "é"}
    assert member(file, "layers").attributes == {
        "model_config": "plain",
        "weight_names": ["a", "\ufffd"],
    }
    assert member(file, "layers/dense").attributes == {"weight_names": "3"}


def add_link(file):
    file["layers/dense/vars/2"] = h5py.SoftLink("/layers")


def add_type(file):
    file["layers/dense/vars/2"] = np.dtype("f4")


@pytest.mark.parametrize(
    ("add", "words"), [(add_link, "is a link"), (add_type, "neither a group nor an array")]
)
def test_what_is_no_array_has_a_fault_and_the_others_are_read(add, words):
    variables = member(read_hdf5(changed(add)), "layers/dense/vars")

    assert isinstance(variables, Group)
    assert words in variables.members["2"].fault
    assert variables.members["0"].numbers.shape == (2, 3)
    with pytest.raises(FormatError, match=words):
        member(variables, "2")


def test_an_array_without_axes_is_read():
    def add(file):
        file["alone"] = np.float32(2.5)

    alone = member(read_hdf5(changed(add)), "alone")

    assert isinstance(alone, Stored)
    assert alone.shape == ()
    assert read_array(alone, "alone", ()) == 2.5


def test_an_array_that_is_named_many_times_does_not_take_memory_many_times():
    def repeat(file):
        file["large"] = np.zeros(1 << 16, np.float32)
        for k in range(100):
            file[f"again {k}"] = file["large"]

    content = changed(repeat)
    file = read_hdf5(content)

    arrays = [one for one in file.members.values() if isinstance(one, Stored)]
    read = [one.numbers.nbytes for one in arrays if one.numbers is not None]
    assert sum(read) <= 2 * len(content)
    assert sum("shares its bytes" in one.fault for one in arrays) > 90


def test_a_group_within_itself_is_refused():
    def nest(file):
        file["layers/inner"] = file["layers"]

    with pytest.raises(FormatError, match="groups that contain themselves"):
        read_hdf5(changed(nest))


@pytest.mark.parametrize("content", [b"", b"\x89HDF\r\n\x1a\n", bytes(5000)])
def test_other_files_are_refused(content):
    with pytest.raises(FormatError, match="not an HDF5 file, or is damaged"):
        read_hdf5(content)


# --- the process ------------------------------------------------------------------------------

LOOPS = "while True: pass"
WAITS = "import time; time.sleep(60)"
CRASHES = "import os; os.kill(os.getpid(), 11)"
FAILS = "1 / 0"


@pytest.mark.parametrize("code", [LOOPS, WAITS, CRASHES, FAILS])
def test_a_process_that_does_not_answer_means_a_damaged_file(code, tmp_path, monkeypatch):
    worker = tmp_path / "worker.py"
    worker.write_text(code)
    monkeypatch.setattr(hdf5, "WORKER", worker)
    monkeypatch.setattr(hdf5, "PATIENCE", 0.5)

    with pytest.raises(FormatError, match="crashed, or read it without end"):
        read_hdf5(b"")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
@pytest.mark.parametrize("code", [LOOPS, "taken = bytearray(1 << 30)", "open('/', 'w')"])
def test_the_worker_limits_itself(code, tmp_path, monkeypatch):
    """Its limits end an endless loop after a second of processor time, and refuse memory."""
    source = hdf5.WORKER.read_text("utf-8")
    assert source.count("        with open(numbers") == 1
    worker = tmp_path / "worker.py"
    planted = "        if True:\n" + f"            {code}\n" + "        with open(numbers"
    worker.write_text(source.replace("        with open(numbers", planted))
    monkeypatch.setattr(hdf5, "WORKER", worker)

    with pytest.raises(FormatError) as caught:
        read_hdf5(write_arrays(ARRAYS))

    words = {LOOPS: "without end", "taken = bytearray(1 << 30)": "more memory"}
    if code in words and sys.platform == "linux":
        assert words[code] in str(caught.value)


def whole_model():
    from benchmarks.fuzz.hdf5 import corpus

    return corpus()["a.h5"]


@pytest.mark.parametrize(("place", "value"), [(857, 255), (857, 8), (6664, 16), (9991, 128)])
def test_bytes_with_which_the_library_crashes_or_loops(place, value, tmp_path):
    """One changed byte of this file ended HDF5 2.0 by SIGSEGV (857) or never (6664, 9991)."""
    content = bytearray(whole_model())
    content[place] = value
    (tmp_path / "a.h5").write_bytes(content)
    began = time.monotonic()

    with contextlib.suppress(ByhandError):
        load_keras(tmp_path / "a.h5")

    assert time.monotonic() - began < 60


def test_damaged_files_give_errors_of_byhand():
    from benchmarks.fuzz.hdf5 import try_inputs

    answers = try_inputs(40, 1)

    assert answers.total() == 40
    assert not [answer for answer in answers if answer.startswith("ESCAPE")]
    assert answers["refused"] > 10


# --- files of older Keras, as strangers write them ------------------------------------------------


def older(path, layers, arrays):
    """A model of Keras 2 with these layers; the arrays of each by its name."""
    first = {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4], "name": "i"}}
    described = {"class_name": "Sequential", "config": {"layers": [first, *layers]}}
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(described)
        for owner, own in arrays.items():
            group = file.create_group(f"model_weights/{owner}")
            group.attrs["weight_names"] = [str(k) for k in range(len(own))]
            for number, array in enumerate(own):
                group[str(number)] = array
    return path


def layer(kind, name="d", **config):
    return {"class_name": kind, "config": {"name": name, **config}}


DENSE = layer("Dense", units=3)
WEIGHTS = {"d": [np.ones((4, 3), np.float32), np.ones(3, np.float32)]}
NORM = [np.ones(4), np.ones(4), np.ones(4), -np.ones(4)]


@pytest.mark.parametrize("kind", [">f8", np.longdouble])
def test_numbers_of_any_float_type_keep_their_range_or_are_refused(kind, tmp_path):
    large = np.full((4, 3), 1e300, kind)
    net = load_keras(older(tmp_path / "a.h5", [DENSE], {"d": [large, WEIGHTS["d"][1]]}))

    assert net.parameters["W1"].max() == 1e300
    if kind is np.longdouble:
        path = older(tmp_path / "b.h5", [DENSE], {"d": [large * 1e20, WEIGHTS["d"][1]]})
        with pytest.raises(FormatError, match="too large"):
            load_keras(path)


@pytest.mark.parametrize(
    ("layers", "arrays", "words"),
    [
        (
            [layer("Normalization", "z", mean=[float("nan")] * 4, variance=[1] * 4)],
            {},
            "not finite",
        ),
        (
            [layer("Normalization", "z", mean=[1] * 4, variance=[float("nan")] * 4)],
            {},
            "not finite",
        ),
        (
            [layer("Normalization", "z", mean=[1] * 4, variance=[float("inf")] * 4)],
            {},
            "not finite",
        ),
        ([layer("BatchNormalization", "n")], {"n": NORM}, "negative numbers"),
        ([DENSE], {}, "the same name"),
        ([layer("Dense", "d/e", units=3)], {}, "missing|arrays"),
    ],
)
def test_what_would_give_nan_or_copies_is_refused(layers, arrays, words, tmp_path):
    with pytest.raises(FormatError, match=words):
        load_keras(older(tmp_path / "a.h5", [*layers, DENSE], WEIGHTS | arrays))


def test_layers_cannot_share_an_array(tmp_path):
    square = [np.ones((4, 4)), np.ones(4)]
    layers = [layer("Dense", "d", units=4), layer("Dense", "d/e", units=4)]
    path = older(tmp_path / "a.h5", layers, {"d/e": square})
    with h5py.File(path, "r+") as file:
        file["model_weights/d"].attrs["weight_names"] = ["e/0", "e/1"]

    with pytest.raises(FormatError, match="the same array"):
        load_keras(path)


def test_a_name_of_the_file_is_cut_in_messages(tmp_path):
    path = older(tmp_path / "a.h5", [layer("Dense", "d", units=3, activation="q" * 10**6)], WEIGHTS)

    with pytest.raises(ByhandError) as error:
        load_keras(path)

    assert len(str(error.value)) < 1000


@pytest.mark.parametrize("way", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_archives_are_compressed_as_keras_does(way, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.keras", "w", way) as archive:
        archive.writestr("config.json", "{}")

    with pytest.raises(FormatError, match="does not use"):
        load_keras(tmp_path / "a.keras")


def test_an_archive_of_very_many_files_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.keras", "w") as archive:
        for number in range(25_000):
            archive.writestr(zipfile.ZipInfo(str(number)), b"")

    with pytest.raises(FormatError, match="directory is too large"):
        load_keras(tmp_path / "a.keras")


def test_a_python_that_does_not_know_where_it_is_says_so(monkeypatch):
    monkeypatch.setattr(sys, "executable", "")

    with pytest.raises(ByhandError, match="another Python"):
        read_hdf5(write_arrays(ARRAYS))
