"""Checksums of the first download, for files without a published SHA-256.

KMNIST and EMNIST have no published checksum of their payload. The first download that passes every
other check is recorded in `checksums.json` beside the files, and later ones must have the same
content.
"""

from __future__ import annotations

import json
from pathlib import Path

from byhand.atomic import replacing
from byhand.errors import FormatError

RECORD = "checksums.json"
MOST_BYTES = 100_000


def recorded_sums(folder: Path) -> dict[str, str]:
    """Return file name -> SHA-256 of the payload, as recorded in a folder; empty without a record.

    Raises:
        FormatError: the record is damaged.
    """
    path = folder / RECORD
    if not path.is_file():
        return {}
    try:
        with path.open("rb") as stream:
            sums = json.loads(stream.read(MOST_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise FormatError(_damaged(path)) from error
    if not isinstance(sums, dict) or not all(isinstance(value, str) for value in sums.values()):
        raise FormatError(_damaged(path))
    return sums


def record_sum(folder: Path, name: str, sha256: str) -> None:
    """Record the checksum of a file, unless one is recorded already."""
    sums = recorded_sums(folder)
    if name in sums:
        return
    with replacing(folder / RECORD) as temporary:
        temporary.write_text(json.dumps({**sums, name: sha256}, indent=2) + "\n", "utf-8")


def differs_from_record(folder: Path, name: str, sha256: str) -> str | None:
    """Return how a file differs from its first download, or None if it does not."""
    first = recorded_sums(folder).get(name)
    if first in (None, sha256):
        return None
    return (
        f"its content differs from the first download: SHA-256 {first} is recorded in "
        f"{folder / RECORD}, got {sha256}. Delete that record to accept the new content"
    )


def _damaged(path: Path) -> str:
    return f"{path} is not a record of checksums. Delete it; the next download writes a new one."
