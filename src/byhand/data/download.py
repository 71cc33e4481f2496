"""Download known data sets: try the mirrors in turn, check each file, then move it into place.

The addresses of the mirrors and the checksums are in `known_datasets.py`; `data_folders.py` has the
place, a folder in the cache of the operating system.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from byhand.data.data_folders import cache_folder
from byhand.data.find_dataset import Found, complete_files, find_dataset, how_to_get
from byhand.data.formats.files import CHUNK, payload_sha256, replacing
from byhand.data.formats.idx import check_idx
from byhand.data.known_datasets import DATASETS, KnownDataset, KnownFile, known_dataset
from byhand.data.recorded_checksums import differs_from_record, record_sum
from byhand.data.verify import wrong_shape, wrong_sum
from byhand.errors import FileError, FormatError
from byhand.terminal import Say, to_stderr
from byhand.user_path import user_path

TIMEOUT = 30  # seconds without data before the next mirror is tried
SLOWEST = 20_000  # bytes per second; a download that is slower on average is abandoned
YES = {"1", "true", "yes", "on"}


def is_offline(offline: bool | None = None) -> bool:
    """Return whether downloads are switched off, by the argument or by BYHAND_OFFLINE=1."""
    if offline is not None:
        return offline
    return os.environ.get("BYHAND_OFFLINE", "").strip().lower() in YES


def fetch_dataset(
    name: str,
    *,
    into: str | os.PathLike[str] | None = None,
    force: bool = False,
    offline: bool | None = None,
    say: Say | None = None,
) -> Found:
    """Download a known data set into the cache, unless it is already on this machine.

    Each file comes from the first mirror that has it intact. It is downloaded under a temporary
    name, checked, and only then moved to its place.

    Args:
        name: a name from the registry.
        into: the folder to use instead of the cache; the data set gets a folder inside it.
        force: True downloads files again even if they exist.
        offline: True forbids downloads; None follows BYHAND_OFFLINE.
        say: receives each message; standard error by default.

    Returns:
        The files and their folder.

    Raises:
        ArgumentError: an unknown name.
        FileError: offline, no mirror has the files, or the folder cannot be written.
    """
    known = known_dataset(name)
    packaged = not known.files
    found = find_dataset(name) if packaged or not (into or force) else None
    if found is not None:
        return found
    root = user_path(into) if into is not None else cache_folder()
    folder = root / known.folder
    if force or not complete_files(known, folder):
        if is_offline(offline):
            raise FileError(how_to_get(known, "downloads are switched off (offline)."))
        say = say or to_stderr
        say(f"Downloading {known.title} ({known.megabytes:g} MB) into {folder}")
        say(f"  {known.credit}")
        fetch = _fetch_archive if known.archives else _fetch_files
        fetch(known, folder, force, say)
    place = "data folder" if into is not None else "cache"
    return Found(known.name, place, folder, complete_files(known, folder) or {})


# --- transfer -----------------------------------------------------------------------------------


def _fetch_files(known: KnownDataset, folder: Path, force: bool, say: Say) -> None:
    for file in known.files:
        target = folder / file.name
        if force or not target.is_file():
            urls = [mirror + file.name for mirror in known.mirrors]
            _fetch(known, urls, target, partial(_check_file, known, file, folder), say)


def _fetch_archive(known: KnownDataset, folder: Path, force: bool, say: Say) -> None:
    """Download the shared archive and keep the files of every data set in it."""
    archive = folder / "archive.zip"
    try:
        _fetch(known, known.archives, archive, partial(_check_md5, known.archive_md5), say)
        for other in DATASETS.values():
            if other.archives == known.archives:
                _unpack(other, archive, folder, force)
    finally:
        archive.unlink(missing_ok=True)


def _unpack(known: KnownDataset, archive: Path, folder: Path, force: bool) -> None:
    with zipfile.ZipFile(archive) as bundle:
        members = {Path(member).name: member for member in bundle.namelist()}
        for file in known.files:
            target = folder / file.name
            if target.is_file() and not force:
                continue
            if file.name not in members:
                raise FormatError(f"the archive of {known.title} lacks {file.name}.")
            with replacing(target) as temporary:
                with bundle.open(members[file.name]) as source, temporary.open("wb") as copy:
                    shutil.copyfileobj(source, copy)
                _check_file(known, file, folder, temporary)


def _fetch(
    known: KnownDataset, urls: Sequence[str], target: Path, check: Callable[[Path], None], say: Say
) -> None:
    """Download a file from the first address that serves it intact."""
    problems = []
    for url in urls:
        say(f"  {url}")
        try:
            with replacing(target) as temporary:
                _transfer(url, temporary, target.name, _most_bytes(known))
                check(temporary)
            return
        except FormatError as error:
            problem = str(error).replace(str(temporary), "the download")
        except FileError:
            raise  # a fault of this machine, which another mirror cannot fix
        except OSError as error:  # network errors are OSErrors, too
            problem = _short(error)
        problems.append(f"\n    {url}: {problem}")
        say(f"    failed: {problem}")
    raise FileError(how_to_get(known, f"no mirror served {target.name}:{''.join(problems)}"))


def _most_bytes(known: KnownDataset) -> int:
    """Return the size limit of one file: twice the size of all files plus a megabyte."""
    return int((2 * known.megabytes + 1) * 1_000_000)


def _most_seconds(most_bytes: int) -> float:
    """Return the time limit of one file: a minute plus the time for its size limit at SLOWEST."""
    return 60 + most_bytes / SLOWEST


def _transfer(url: str, target: Path, name: str, most_bytes: int) -> None:
    import pooch

    with _progress_bar(name) as bar, target.open("wb") as file:
        stream = _LimitedWriter(file, most_bytes, _most_seconds(most_bytes))
        downloader = pooch.HTTPDownloader(
            progressbar=bar or False,
            chunk_size=1 << 16,
            timeout=TIMEOUT,
            headers={"User-Agent": "byhand"},
        )
        downloader(url, stream, None)


def _check_file(known: KnownDataset, file: KnownFile, folder: Path, path: Path) -> None:
    """Raise a FormatError unless a download matches the registry or the first download."""
    if file.archive_md5 is not None:
        _check_md5(file.archive_md5, path)
    problem = wrong_shape(known, file, check_idx(path))
    sha256 = payload_sha256(path) if problem is None else ""
    if problem is None and file.sha256 is not None:
        problem = wrong_sum(file.sha256, sha256)
    elif problem is None:
        problem = differs_from_record(folder, file.name, sha256)
    if problem is not None:
        raise FormatError(f"not the expected file: {problem}")
    if file.sha256 is None:
        record_sum(folder, file.name, sha256)


def _check_md5(expected: str | None, path: Path) -> None:
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as stream:
        while block := stream.read(CHUNK):
            digest.update(block)
    if expected is not None and digest.hexdigest() != expected:
        raise FormatError(
            f"not the expected file: expected MD5 {expected}, got {digest.hexdigest()}"
        )


def _short(error: Exception) -> str:
    """Return a network error as one line."""
    if "NameResolution" in str(error):  # urllib3 writes five lines about it
        return "the host name cannot be resolved; check the connection."
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


@contextmanager
def _progress_bar(description: str) -> Iterator[Any]:
    """Yield a progress bar with the members that pooch needs on a terminal, and None elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("    {task.description}"), BarColumn(), DownloadColumn())
    console = Console(stderr=True)
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        yield _Bar(progress, progress.add_task(description, total=None))


class _LimitedWriter:
    """A file for writing with limits: a mirror can neither fill the disk nor run for ever."""

    def __init__(self, file: BinaryIO, most_bytes: int, most_seconds: float) -> None:
        self.file = file
        self.most_bytes = most_bytes
        self.most_seconds = most_seconds
        self.began = time.monotonic()
        self.written = 0

    def write(self, block: bytes) -> int:
        """Write a block of bytes, or raise a FormatError beyond a limit."""
        if time.monotonic() - self.began > self.most_seconds:
            raise FormatError(f"too slow: not complete after {self.most_seconds:,.0f} s")
        self.written += len(block)
        if self.written > self.most_bytes:
            raise FormatError(f"not the expected file: larger than {self.most_bytes / 1e6:,.0f} MB")
        return self.file.write(block)

    def flush(self) -> None:
        """Flush the file."""
        self.file.flush()


class _Bar:
    """rich's progress bar behind the interface that pooch calls."""

    def __init__(self, progress: Any, task: Any) -> None:
        self.progress = progress
        self.task = task

    @property
    def total(self) -> float | None:
        """Return the size of the download in bytes."""
        total: float | None = self.progress.tasks[0].total
        return total

    @total.setter
    def total(self, size: int) -> None:
        self.progress.update(self.task, total=size or None)

    def update(self, size: int) -> None:
        """Advance by `size` bytes."""
        self.progress.update(self.task, advance=size)

    def reset(self) -> None:
        """Reset the bar to 0, as pooch does before it fills the bar."""
        self.progress.update(self.task, completed=0)

    def close(self) -> None:
        """Do nothing: the bar removes itself from the screen."""
