"""The fuzzer finds planted faults, and within a few seconds none in the readers."""

from __future__ import annotations

import faulthandler
import io
import json
import os
import re
import signal
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path
from random import Random

import numpy as np
import pytest

if sys.platform == "win32":
    pytest.skip("the fuzzer forks", allow_module_level=True)

from benchmarks.fuzz import page, rounds, watch
from benchmarks.fuzz.__main__ import main
from benchmarks.fuzz.campaign import replay
from benchmarks.fuzz.files import Files, Link, Pipe, Place, read_files, write_files
from benchmarks.fuzz.ledger import Ledger
from benchmarks.fuzz.mutate import MUTATIONS, mutation_of
from benchmarks.fuzz.mutate.folders import mutate_files
from benchmarks.fuzz.mutate.zipped import METHODS, pack
from benchmarks.fuzz.quick_random import QuickRandom
from benchmarks.fuzz.readers import READERS, BrokenPromiseError, Reader
from benchmarks.fuzz.rounds import try_one

from byhand.errors import FormatError

pytestmark = pytest.mark.filterwarnings(
    "ignore:This process .* is multi-threaded:DeprecationWarning"
)

SEEDS = [{"a.csv": b"1,2\n3,4\n"}]


def test_no_reader_lets_anything_escape(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--inputs", "540", "--keep", str(tmp_path)])

    said = capsys.readouterr()
    assert (ended.value.code, said.err) == (0, "")
    assert said.out.splitlines()[-1].split()[:2] == ["all", "540"]


@pytest.mark.parametrize("name", READERS)
def test_most_inputs_are_malformed_but_not_beyond_recognition(name):
    reader = READERS[name]
    seeds = reader.corpus()
    rng = Random(1)  # noqa: S311

    made = [reader.mutate(rng.choice(seeds), rng) for _ in range(40)]

    assert sum(files not in seeds for files in made) > 30
    assert all(files.keys() for files in made)


@pytest.mark.parametrize("method", METHODS)
def test_packed_archives_are_valid(method):
    members = [("a.npy", b"1234" * 50), ("é/b.npy", b"")]

    with zipfile.ZipFile(io.BytesIO(pack(members, method))) as archive:
        assert archive.testzip() is None
        assert [(info.filename, archive.read(info)) for info in archive.infolist()] == members


@pytest.mark.parametrize("ending", MUTATIONS)
def test_a_mutation_takes_any_bytes_and_repeats_itself(ending):
    for data in (b"", b"\0", b"{}", b"PK\5\6", b"\x1f\x8b", b"\x89PNG\r\n\x1a\n", bytes(100)):
        first, second = (mutation_of(ending)(data, Random(7)) for _ in range(2))  # noqa: S311

        assert isinstance(first, bytes)
        assert first == second


# --- planted faults -----------------------------------------------------------------------------


def divides(folder):
    return 1 / 0


def takes_memory(folder):
    return bytearray(300 << 20)


def hides_lack_of_memory(folder):
    try:
        np.zeros(300 << 20, np.uint8)
    except MemoryError as error:
        raise FormatError("too large") from error


def never_ends(folder):
    while True:
        pass


def waits(folder):
    (folder / "a.csv").read_bytes()


def writes(folder):
    (folder.parent / "escaped").write_text("a")


def starts_a_process(folder):
    os.system("true")  # noqa: S605


def unpickles(folder):
    np.load(io.BytesIO(PICKLED), allow_pickle=True)


def dies(folder):
    faulthandler.disable()  # the traceback would look like a crash of the tests
    os.kill(os.getpid(), signal.SIGSEGV)


def breaks_its_promise(folder):
    raise BrokenPromiseError("a network with NaN")


def nests_too_deeply(folder):
    return nests_too_deeply(folder)


def pickled():
    stream = io.BytesIO()
    np.save(stream, np.array([Path()], object), allow_pickle=True)
    return stream.getvalue()


PICKLED = pickled()

FAULTS = {
    divides: "ZeroDivisionError at no line of byhand",
    takes_memory: "memory at no line of byhand",
    hides_lack_of_memory: "memory at no line of byhand",
    never_ends: "over 0.1 s at no line of byhand",
    writes: "opens .* for writing",  # a long path is cut
    starts_a_process: "os.system",
    unpickles: "pickle.find_class",
    dies: "killed by SIGSEGV",
    breaks_its_promise: "a network with NaN",
    nests_too_deeply: "RecursionError",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_planted_fault_is_found(fault, tmp_path, monkeypatch):
    if fault is never_ends:
        monkeypatch.setattr(watch, "SECONDS", 0.1)
    reader = Reader("planted", lambda: SEEDS, fault)

    kind = try_one(reader, SEEDS[0], tmp_path / "place")

    assert re.search(FAULTS[fault], kind), kind


def test_every_input_has_its_own_time(tmp_path, monkeypatch):
    """Inputs that are late do not take the time of the next ones, nor lend them theirs."""
    monkeypatch.setattr(watch, "SECONDS", 0.1)
    monkeypatch.setattr(rounds, "TRIES_AGAIN", 0)

    def read(folder):
        content = (folder / "a.csv").read_bytes()
        return never_ends(folder) if content == b"late" else sum(range(10_000))

    given = iter([b"late", b"1", b"2", b"late", b"late", b"3"])
    reader = Reader("planted", lambda: SEEDS, read, lambda files, rng: {"a.csv": next(given)})
    place = tmp_path / "place"
    found = rounds.Round(reader, rounds.Found(seeds=SEEDS), "0", 6, float("inf"), place).found()

    assert dict(found.counts) == {"over 0.1 s at no line of byhand": 3}
    assert dict(found.answers) == {"accepted": 3, "late": 3}


def test_a_reader_that_cleans_up_slowly_is_interrupted_once(tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "SECONDS", 0.1)

    def read(folder):
        try:
            never_ends(folder)
        finally:
            until = time.process_time() + 0.1
            while time.process_time() < until:
                pass
            raise FormatError("cleaned up")

    reader = Reader("planted", lambda: SEEDS, read)

    assert try_one(reader, SEEDS[0], tmp_path / "place") == "over 0.1 s at no line of byhand"


def test_a_reader_that_waits_at_a_pipe_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "PATIENCE", 0.2)

    kind = try_one(Reader("planted", lambda: SEEDS, waits), {"a.csv": Pipe()}, tmp_path / "place")

    assert kind.startswith("over 1 s")


def test_a_reader_that_has_to_wait_for_a_core_is_not_late(tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "PATIENCE", 0.1)
    monkeypatch.setattr(watch.Watch, "_clock", lambda self: time.monotonic() / 1e6)

    reader = Reader("starved", lambda: SEEDS, lambda folder: time.sleep(0.5))

    assert try_one(reader, SEEDS[0], tmp_path / "place") == ""


def test_a_reader_that_refuses_with_the_librarys_error_is_right(tmp_path):
    def refuses(folder):
        raise FormatError("no table")

    assert try_one(Reader("right", lambda: SEEDS, refuses), SEEDS[0], tmp_path / "place") == ""


def test_a_fault_is_found_among_mutations_and_kept(tmp_path, monkeypatch, capsys):
    def read(folder):
        path = folder / "a.csv"
        if path.is_file() and b"2" not in path.read_bytes():
            raise IndexError

    monkeypatch.setitem(READERS, "planted", Reader("planted", lambda: SEEDS, read))
    arguments = ["--reader", "planted", "--inputs", "300", "--keep", str(tmp_path / "kept")]

    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--json", str(tmp_path / "figures.json")])

    (kept,) = (tmp_path / "kept").iterdir()
    ledger = json.loads((tmp_path / "figures.json").read_text())
    figures = ledger["readers"]["planted"]
    assert ended.value.code == 1
    assert json.loads((kept / "escape.json").read_text())["reader"] == "planted"
    assert b"2" not in read_files(kept / "input")["a.csv"]
    assert list(figures["escapes"]) == ["IndexError at no line of byhand"]
    assert figures["inputs"] == 300
    assert ledger["campaigns"][0]["new_escapes"] == ["planted: IndexError at no line of byhand"]
    assert replay(kept) == 1
    monkeypatch.setitem(READERS, "planted", Reader("planted", lambda: SEEDS, lambda folder: None))
    assert replay(kept) == 0
    assert "withstood" in capsys.readouterr().out


def test_a_campaign_goes_on_where_earlier_ones_stopped(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(READERS, "planted", Reader("planted", lambda: SEEDS, lambda folder: None))
    file = tmp_path / "ledger.json"
    arguments = ["--reader", "planted", "--json", str(file), "--keep", str(tmp_path / "kept")]

    for total in ("40", "100", "100"):
        with pytest.raises(SystemExit):
            main([*arguments, "--total", total])

    ledger = json.loads(file.read_text())
    assert [(one["seed"], one["inputs"]) for one in ledger["campaigns"]] == [(0, 40), (1, 60)]
    assert len({one["code"] for one in ledger["campaigns"]}) == 1
    assert ledger["readers"]["planted"]["inputs"] == 100
    assert "100 inputs in 2 campaigns, 100 since the last new kind" in capsys.readouterr().out


def test_inputs_since_the_last_new_kind_of_escape(tmp_path):
    file = tmp_path / "ledger.json"
    entries = [{"seed": n, "inputs": 10**n, "new_escapes": ["a"] * (n == 1)} for n in range(4)]
    file.write_text(json.dumps({"readers": {}, "campaigns": entries}))

    assert Ledger(file).inputs == 1111
    assert Ledger(file).inputs_since_new == 1100
    assert Ledger(file).begin(None) == 4


def test_a_short_campaign_begins_with_the_reader_that_had_the_fewest_inputs(tmp_path, monkeypatch):
    file = tmp_path / "ledger.json"
    for name in ("first", "second"):
        reader = Reader(name, lambda: SEEDS, lambda folder: None)
        monkeypatch.setitem(READERS, name, reader)
    arguments = ["--reader", "first", "--reader", "second", "--json", str(file)]

    for _ in range(2):
        with pytest.raises(SystemExit):
            main([*arguments, "--inputs", "1", "--keep", str(tmp_path / "kept")])

    ledger = Ledger(file)
    assert [ledger.inputs_of(name) for name in ("first", "second")] == [1, 1]


def test_the_table_of_the_page_is_that_of_the_published_campaigns():
    ledger = Ledger(page.CAMPAIGNS)
    made = page.table(ledger)

    assert f"{page.BEGIN}\n\n{made}\n{page.END}" in page.PAGE.read_text("utf-8")
    assert f"| all | {sum(one['inputs'] for one in ledger.readers.values()):,} |" in made
    assert ledger.inputs == sum(one["inputs"] for one in ledger.campaigns) > 0


def test_a_total_needs_a_ledger(capsys):
    with pytest.raises(SystemExit):
        main(["--total", "10"])

    assert "--total needs --json" in capsys.readouterr().err


def test_a_failure_of_the_fuzzer_itself_is_not_an_escape(tmp_path):
    def mutate(files, rng):
        raise KeyError("own")

    reader = Reader("planted", lambda: SEEDS, len, mutate)
    one = rounds.Round(reader, rounds.Found(seeds=SEEDS), "0", 1, float("inf"), tmp_path / "place")

    with pytest.raises(RuntimeError, match=r"the fuzzer itself failed(.|\n)*KeyError"):
        one.found()


def test_pipes_and_links_are_written_and_read_back(tmp_path):
    files = {"a": b"1", "b/c": Pipe(), "d": Link("a")}

    write_files(tmp_path, files)

    assert read_files(tmp_path) == files


def test_a_place_holds_one_input_after_another(tmp_path):
    inputs: list[Files] = [
        {"a": b"12345", "b/c": b"x"}, {"a": b"1", "b/c": b"x"}, {"a": Pipe(), "b/c": b""},
        {"a": Link("b"), "b/c": b""}, {"a": b"", "b/c": Pipe()}, {"d": b"1"}, {"a": b"22"},
    ]  # fmt: skip
    place = Place(tmp_path)

    for files in inputs:
        place.hold(files)

        assert read_files(tmp_path) == files
        assert (tmp_path / "b").is_dir() == ("b/c" in files)


def test_the_same_seed_makes_the_same_inputs():
    first, second = (mutate_files(SEEDS[0], Random("a")) for _ in range(2))  # noqa: S311

    assert first == second


def test_quick_choices_are_within_their_range_and_equally_likely():
    rng = QuickRandom("a")
    counts = Counter(rng.choice("abcde") for _ in range(5000))
    drawn = {(rng.randrange(3), rng.randrange(2, 4), rng.randrange(4, 9, 2)) for _ in range(2000)}

    assert set(counts) == set("abcde")
    assert min(counts.values()) > 850
    assert drawn == {(a, b, c) for a in (0, 1, 2) for b in (2, 3) for c in (4, 6, 8)}
    for empty in (lambda: rng.randrange(0), lambda: rng.randrange(4, 4)):
        with pytest.raises(ValueError, match="empty range"):
            empty()
    with pytest.raises(IndexError):
        rng.choice([])


def test_damaged_hdf5_files_are_counted_by_their_answers(capsys):
    pytest.importorskip("h5py", reason="h5py is not installed")
    from benchmarks.fuzz import hdf5

    with pytest.raises(SystemExit) as ended:
        hdf5.main(["--inputs", "12", "--seed", "3"])

    counts = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    assert ended.value.code == 0
    assert sum(int(count) for count, _ in counts) == 12
    assert {answer for _, answer in counts} <= {
        "accepted",
        "refused",
        "the HDF5 library did not end",
    }


def test_an_hdf5_file_that_escapes_is_told(tmp_path, monkeypatch, capsys):
    pytest.importorskip("h5py", reason="h5py is not installed")
    from benchmarks.fuzz import hdf5

    monkeypatch.setattr(hdf5, "load_keras", lambda *_: 1 / 0)

    with pytest.raises(SystemExit) as ended:
        hdf5.main(["--inputs", "3"])

    assert ended.value.code == 1
    assert "3  ESCAPE ZeroDivisionError" in capsys.readouterr().out
