"""Verifies the files of a data set: structure, and checksums if they are known."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from byhand.arrays import Array
from byhand.data.find_dataset import find_dataset, how_to_get
from byhand.data.formats.files import payload_sha256
from byhand.data.formats.idx import IdxHeader, check_idx, encode_idx
from byhand.data.formats.npz import read_arrays
from byhand.data.known_datasets import KnownDataset, KnownFile, known_dataset
from byhand.data.recorded_checksums import differs_from_record
from byhand.errors import ByhandError, FileError

NPZ_KEYS = {
    "train_images": "x_train",
    "train_labels": "y_train",
    "test_images": "x_test",
    "test_labels": "y_test",
}
"""Role of a file -> name of the same array in Keras's archive."""


@dataclass(frozen=True)
class FileReport:
    """The result of verifying one file.

    Args:
        role: the role of the file, such as "train_images".
        path: the file.
        status: "ok" (the checksum agrees), "sound" (well-formed, but the checksum is not known),
            "different" (well-formed, but of other content) or "broken".
        detail: the reason for the status.
    """

    role: str
    path: Path
    status: str
    detail: str

    @property
    def ok(self) -> bool:
        """Return whether the status is "ok" or "sound"."""
        return self.status in ("ok", "sound")


def verify_dataset(name: str, data_dir: str | os.PathLike[str] | None = None) -> list[FileReport]:
    """Read every file of a known data set and compare its structure and checksum.

    Raises:
        ArgumentError: an unknown name.
        FileError: the files are missing.
    """
    known = known_dataset(name)
    found = find_dataset(name, data_dir)
    if found is None:
        raise FileError(how_to_get(known, "no folder holds its files.", data_dir))
    if "archive" in found.files:
        return _verify_archive(known, found.files["archive"])
    return [_verify_file(known, file, found.files[file.role]) for file in known.files]


def wrong_shape(known: KnownDataset, file: KnownFile, header: IdxHeader) -> str | None:
    """Return the difference between a file's shape and the registry, or None."""
    part = 0 if file.part == "train" else 1
    size = known.image_size if file.holds_images else ()
    expected = [(counts[part], *size) for counts in known.counts]
    if header.shape in expected and header.dtype.name == "uint8":
        return None
    shapes = " or ".join(str(shape) for shape in expected)
    return f"expected uint8 of shape {shapes}, got {header.dtype.name} {header.shape}"


def wrong_sum(expected: str, got: str) -> str | None:
    """Return the difference between two checksums, or None."""
    return None if got == expected else f"expected SHA-256 {expected}, got {got}"


def _verify_file(known: KnownDataset, file: KnownFile, path: Path) -> FileReport:
    try:
        problem = wrong_shape(known, file, check_idx(path))
        digest = payload_sha256(path) if problem is None else None
        if digest is not None and file.sha256 is None:
            problem = differs_from_record(path.parent, file.name, digest)
    except ByhandError as error:
        return FileReport(file.role, path, "broken", str(error))
    return _report(file, path, problem, digest)


def _verify_archive(known: KnownDataset, path: Path) -> list[FileReport]:
    """Verify an NPZ file: turn its arrays back into the IDX files whose checksums are known."""
    try:
        arrays = read_arrays(path)
    except ByhandError as error:
        return [FileReport("archive", path, "broken", str(error))]
    if not known.files:
        return [FileReport("archive", path, "sound", "part of byhand")]
    return [_verify_array(file, path, arrays.get(NPZ_KEYS[file.role])) for file in known.files]


def _verify_array(file: KnownFile, path: Path, array: Array | None) -> FileReport:
    if array is None:
        return FileReport(file.role, path, "broken", f"{NPZ_KEYS[file.role]} is missing")
    return _report(file, path, None, hashlib.sha256(encode_idx(array)).hexdigest())


def _report(file: KnownFile, path: Path, problem: str | None, digest: str | None) -> FileReport:
    if problem is None and file.sha256 is not None and digest is not None:
        problem = wrong_sum(file.sha256, digest)
    if problem is not None:
        return FileReport(file.role, path, "different", problem)
    if file.sha256 is None:
        return FileReport(file.role, path, "sound", "counts and shapes agree; SHA-256 not known")
    return FileReport(file.role, path, "ok", "SHA-256 of the payload agrees")
