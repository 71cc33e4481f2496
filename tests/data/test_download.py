from __future__ import annotations

import gzip
import hashlib
import io
import json
import socket
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from byhand.data import Dataset, cache_folder, fetch_dataset, is_offline, load_dataset
from byhand.data.formats.idx import encode_idx
from byhand.data.known_datasets import DATASETS, ROLES, KnownDataset, KnownFile
from byhand.errors import FileError

NAMES = ("train-images.gz", "train-labels.gz", "test-images.gz", "test-labels.gz")
lines: list[str] = []


def payloads(dataset: Dataset, first_label: int = 0, transposed: bool = False) -> list[bytes]:
    contents = []
    for _, part in dataset.parts():
        assert part.labels is not None
        images = part.images.swapaxes(1, 2) if transposed else part.images
        contents += [encode_idx(images), encode_idx((part.labels + first_label).astype("u1"))]
    return contents


def tiny(server, dataset: Dataset, **changes) -> KnownDataset:
    """A known data set with two mirrors on this machine; the first is empty."""
    contents = payloads(dataset)
    for name, content in zip(NAMES, contents, strict=True):
        server.files[f"/good/{name}"] = gzip.compress(content)
    sums = [hashlib.sha256(content).hexdigest() for content in contents]
    files = [KnownFile(*item) for item in zip(ROLES, NAMES, sums, strict=True)]
    known = KnownDataset(
        name="tiny",
        title="Tiny",
        class_names=dataset.class_names,
        counts=((20, 10),),
        credit="Nobody.",
        homepage="http://localhost",
        folder="tiny",
        files=tuple(files),
        mirrors=(f"{server.address}/empty/", f"{server.address}/good/"),
    )
    return replace(known, **changes)


@pytest.fixture
def known(server, small: Dataset, monkeypatch) -> KnownDataset:
    known = tiny(server, small)
    monkeypatch.setitem(DATASETS, "tiny", known)
    lines.clear()
    return known


def cached() -> list[str]:
    """Everything in the cache, temporary files included."""
    return sorted(path.name for path in cache_folder().rglob("*") if path.is_file())


def test_the_second_mirror_is_used_if_the_first_lacks_a_file(known, server, small) -> None:
    found = fetch_dataset("tiny", say=lines.append)

    assert found.place == "cache"
    assert cached() == sorted(NAMES)
    assert server.asked[:2] == ["/empty/train-images.gz", "/good/train-images.gz"]
    assert load_dataset("tiny", offline=True).sha256 == small.sha256


def test_messages_name_each_download_and_its_address(known, server, capsys) -> None:
    fetch_dataset("tiny")

    said = capsys.readouterr()
    assert said.out == ""
    assert "Downloading Tiny" in said.err
    assert str(cache_folder() / "tiny") in said.err
    assert f"{server.address}/good/test-labels.gz" in said.err
    assert "404" in said.err
    assert "\x1b" not in said.err


def test_loading_downloads_missing_files(known, small) -> None:
    loaded = load_dataset("tiny", say=lines.append)

    assert loaded.sha256 == small.sha256
    assert any("Downloading" in line for line in lines)


def test_existing_files_are_not_downloaded_again(known, server) -> None:
    fetch_dataset("tiny", say=lines.append)
    asked = len(server.asked)

    fetch_dataset("tiny", offline=True)
    assert len(server.asked) == asked
    fetch_dataset("tiny", force=True, say=lines.append)
    assert len(server.asked) == 2 * asked


def test_a_data_set_found_elsewhere_is_not_downloaded(known, server, tmp_path, monkeypatch) -> None:
    fetch_dataset("tiny", into=tmp_path / "mine", say=lines.append)
    monkeypatch.setenv("BYHAND_DATA", str(tmp_path / "mine"))
    server.asked.clear()

    assert fetch_dataset("tiny").place == "BYHAND_DATA"
    assert server.asked == []


def test_only_missing_files_are_downloaded(known, server) -> None:
    found = fetch_dataset("tiny", say=lines.append)
    found.files["test_labels"].unlink()
    server.asked.clear()

    fetch_dataset("tiny", say=lines.append)

    assert server.asked == ["/empty/test-labels.gz", "/good/test-labels.gz"]


def test_another_folder_may_be_chosen(known, tmp_path) -> None:
    found = fetch_dataset("tiny", into=tmp_path / "mine", say=lines.append)

    assert found.folder == tmp_path / "mine" / "tiny"
    assert cached() == []
    assert len(load_dataset("tiny", data_dir=tmp_path / "mine", offline=True).train) == 20


DAMAGE = {
    "another content": lambda good: gzip.compress(encode_idx_of_zeros()),
    "cut off": lambda good: good[:-10],
    "no gzip at all": lambda good: b"<html>Please log in</html>",
    "empty": lambda good: b"",
    "one bit": lambda good: good[:60] + bytes([good[60] ^ 1]) + good[61:],
}


def encode_idx_of_zeros() -> bytes:
    import numpy as np

    return encode_idx(np.zeros((20, 28, 28), np.uint8))


@pytest.mark.parametrize("name", DAMAGE)
def test_a_corrupted_payload_is_rejected_and_leaves_nothing(known, server, name: str) -> None:
    server.files["/good/train-images.gz"] = DAMAGE[name](server.files["/good/train-images.gz"])

    with pytest.raises(FileError, match=r"no mirror served train-images\.gz") as caught:
        fetch_dataset("tiny", say=lines.append)

    assert cached() == []
    assert "byhand data fetch tiny" in str(caught.value)
    assert not any(
        part.startswith(".") and "train" in part for part in str(caught.value).split("/")
    )


def test_the_next_mirror_is_used_after_a_corrupted_file(known, server) -> None:
    for name in NAMES:
        server.files[f"/empty/{name}"] = b"corrupted"

    fetch_dataset("tiny", say=lines.append)

    assert cached() == sorted(NAMES)


def test_an_interrupted_transfer_is_rejected_and_leaves_nothing(known, server) -> None:
    server.cut_short.add("/good/train-labels.gz")

    with pytest.raises(FileError, match=r"no mirror served train-labels\.gz"):
        fetch_dataset("tiny", say=lines.append)

    assert cached() == ["train-images.gz"]


def test_ctrl_c_leaves_nothing(known, monkeypatch) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("byhand.data.download._transfer", interrupted)

    with pytest.raises(KeyboardInterrupt):
        fetch_dataset("tiny", say=lines.append)

    assert cached() == []


def test_a_server_that_does_not_answer_is_one_clear_error(known, monkeypatch) -> None:
    with socket.socket() as taken:  # bound but not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        monkeypatch.setitem(DATASETS, "tiny", replace(known, mirrors=(address,)))

        with pytest.raises(FileError, match="no mirror served"):
            fetch_dataset("tiny", say=lines.append)


def test_a_cache_that_cannot_be_written_is_one_clear_error(known, own_home: Path, server) -> None:
    (own_home / ".cache").write_text("a file where a folder should be")

    with pytest.raises(FileError, match="cannot write"):
        fetch_dataset("tiny", say=lines.append)

    assert server.asked == []


@pytest.mark.parametrize("how", ["argument", "variable"])
def test_offline_sends_no_request_and_the_message_lists_the_ways_to_get_the_data(
    known, server, monkeypatch, how: str
) -> None:
    if how == "variable":
        monkeypatch.setenv("BYHAND_OFFLINE", "1")

    with pytest.raises(FileError) as caught:
        load_dataset("tiny", offline=True if how == "argument" else None)

    message = str(caught.value)
    assert server.asked == []
    for needed in ("offline", "byhand data fetch tiny", "--data-dir", "BYHAND_DATA", *NAMES):
        assert needed in message
    assert str(cache_folder() / "tiny") in message


@pytest.mark.parametrize(
    ("variable", "offline"),
    [(None, False), ("", False), ("0", False), ("no", False), ("1", True), ("True", True)],
)
def test_the_offline_switch(monkeypatch, variable, offline) -> None:
    if variable is not None:
        monkeypatch.setenv("BYHAND_OFFLINE", variable)

    assert is_offline() is offline
    assert is_offline(False) is False
    assert is_offline(True) is True


def test_the_packaged_digits_need_no_download() -> None:
    assert fetch_dataset("digits", offline=True).place == "package"


def test_files_whose_payload_is_not_known_are_checked_by_archive_and_by_structure(
    server, small: Dataset, monkeypatch
) -> None:
    known = tiny(server, small)
    served = [server.files[f"/good/{name}"] for name in NAMES]
    sums = [hashlib.md5(content, usedforsecurity=False).hexdigest() for content in served]
    files = tuple(
        KnownFile(*item, archive_md5=md5)  # type: ignore[misc]
        for item, md5 in zip(zip(ROLES, NAMES, strict=True), sums, strict=True)
    )
    monkeypatch.setitem(DATASETS, "tiny", replace(known, files=files))
    fetch_dataset("tiny", say=lines.append)

    server.files["/good/train-images.gz"] += b"\0"
    with pytest.raises(FileError, match="MD5"):
        fetch_dataset("tiny", force=True, say=lines.append)

    monkeypatch.setitem(DATASETS, "tiny", replace(known, files=files, counts=((21, 10),)))
    server.files["/good/train-images.gz"] = served[0]
    with pytest.raises(FileError, match=r"expected uint8 of shape \(21, 28, 28\), got uint8 \(20"):
        fetch_dataset("tiny", force=True, say=lines.append)


def without_sums(known: KnownDataset, monkeypatch) -> None:
    files = tuple(KnownFile(file.role, file.name) for file in known.files)
    monkeypatch.setitem(DATASETS, "tiny", replace(known, files=files))


def test_a_first_download_without_a_known_checksum_is_recorded_and_later_ones_compared(
    known, server, small, monkeypatch
) -> None:
    without_sums(known, monkeypatch)
    folder = fetch_dataset("tiny", say=lines.append).folder
    record = json.loads((folder / "checksums.json").read_text())
    fetch_dataset("tiny", force=True, say=lines.append)  # the same again

    assert record == {
        name: hashlib.sha256(content).hexdigest()
        for name, content in zip(NAMES, payloads(small), strict=True)
    }

    images = gzip.decompress(server.files["/good/train-images.gz"])
    other = gzip.compress(images[:-1] + bytes([images[-1] ^ 1]))
    server.files["/good/train-images.gz"] = other
    kept = (folder / "train-images.gz").read_bytes()
    with pytest.raises(FileError, match="differs from the first download"):
        fetch_dataset("tiny", force=True, say=lines.append)
    assert (folder / "train-images.gz").read_bytes() == kept

    (folder / "checksums.json").unlink()
    fetch_dataset("tiny", force=True, say=lines.append)
    assert (folder / "train-images.gz").read_bytes() == other


@pytest.mark.parametrize("content", ["", "[1]", '{"a": 1}', "[" * 50_000])
def test_a_damaged_record_is_one_clear_error(known, monkeypatch, content) -> None:
    without_sums(known, monkeypatch)
    folder = cache_folder() / "tiny"
    folder.mkdir(parents=True)
    (folder / "checksums.json").write_text(content)

    with pytest.raises(FileError, match=r"is not a record of checksums\. Delete it"):
        fetch_dataset("tiny", say=lines.append)


def test_a_mirror_that_is_too_slow_is_given_up(known, monkeypatch) -> None:
    monkeypatch.setattr("byhand.data.download._most_seconds", lambda size: 0.0)

    with pytest.raises(FileError, match="too slow: not complete after 0 s"):
        fetch_dataset("tiny", say=lines.append)

    assert cached() == []


# --- several data sets in one archive -----------------------------------------------------------


def in_archive(server, dataset: Dataset, monkeypatch, damage: bool = False) -> None:
    """Two data sets in one ZIP: transposed and counted from 1, as EMNIST's letters are."""
    stream = io.BytesIO()
    contents = payloads(dataset, first_label=1, transposed=True)
    with zipfile.ZipFile(stream, "w") as bundle:
        for prefix in ("one-", "two-"):
            for name, content in zip(NAMES, contents, strict=True):
                bundle.writestr(f"gzip/{prefix}{name}", gzip.compress(content))
    server.files["/all.zip"] = stream.getvalue()
    md5 = hashlib.md5(stream.getvalue(), usedforsecurity=False).hexdigest()
    for name in ("one", "two"):
        known = KnownDataset(
            name=name,
            title=name,
            class_names=dataset.class_names,
            counts=((20, 10), (19, 9)),
            credit="Nobody.",
            homepage="http://localhost",
            folder="both",
            files=tuple(
                KnownFile(role, f"{name}-{file}") for role, file in zip(ROLES, NAMES, strict=True)
            ),
            archives=(f"{server.address}/gone.zip", f"{server.address}/all.zip"),
            archive_md5="0" * 32 if damage else md5,
            transposed=True,
            first_label=1,
        )
        monkeypatch.setitem(DATASETS, name, known)


def test_an_archive_is_unpacked_for_all_its_data_sets_at_once(server, small, monkeypatch) -> None:
    in_archive(server, small, monkeypatch)

    one = load_dataset("one", say=lines.append)
    two = load_dataset("two", offline=True)

    files = [f"{set_}-{name}" for set_ in ("one", "two") for name in NAMES]
    assert cached() == sorted(["checksums.json", *files])
    assert one.sha256 == two.sha256 == small.sha256  # upright again, and counted from 0


def test_a_corrupted_archive_is_rejected_and_leaves_nothing(server, small, monkeypatch) -> None:
    in_archive(server, small, monkeypatch, damage=True)

    with pytest.raises(FileError, match="MD5"):
        fetch_dataset("one", say=lines.append)

    assert cached() == []


# --- the progress bar ---------------------------------------------------------------------------


def test_a_terminal_gets_a_progress_bar(known, monkeypatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")

    fetch_dataset("tiny", say=lines.append)

    assert "train-images.gz" in terminal.getvalue()
    assert cached() == sorted(NAMES)


def test_a_mirror_that_serves_too_much_is_stopped(known, server, monkeypatch) -> None:
    monkeypatch.setattr("byhand.data.download._most_bytes", lambda known: 1000)
    server.files["/empty/train-images.gz"] = b"x" * 1001

    with pytest.raises(FileError, match="larger than 0 MB"):
        fetch_dataset("tiny", say=lambda _: None)

    assert cached() == []
