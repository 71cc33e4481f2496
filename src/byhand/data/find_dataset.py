"""Find known data sets: in a data folder, in the cache, or in the folders of other libraries.

`data_folders.py` says where these are. `load.py` turns a name or a path into a data set.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from byhand.data.data_folders import cache_folder, data_folder, keras_folder, packaged_digits
from byhand.data.known_datasets import DATASETS, KnownDataset, known_dataset

HOME_FOLDERS = ("data", "datasets")  # used by torchvision's own examples


@dataclass(frozen=True)
class Found:
    """The files of a data set that was found on this machine.

    Args:
        name: the name in the registry.
        place: the kind of place: "data folder", "BYHAND_DATA", "cache", ...
        folder: the folder that holds the files.
        files: role -> file for IDX; {"archive": file} for one NPZ file.
    """

    name: str
    place: str
    folder: Path
    files: Mapping[str, Path]

    def __str__(self) -> str:
        return f"{self.folder} ({self.place})"


@dataclass(frozen=True)
class Listing:
    """A known data set and its files, as `list_datasets` returns it.

    Args:
        known: the entry of the registry.
        found: the files, or None if they must be downloaded.
    """

    known: KnownDataset
    found: Found | None = field(default=None)


def list_datasets(data_dir: str | os.PathLike[str] | None = None) -> list[Listing]:
    """Return every known data set, with its files if they are on this machine."""
    return [Listing(known, find_dataset(known.name, data_dir)) for known in DATASETS.values()]


def find_dataset(name: str, data_dir: str | os.PathLike[str] | None = None) -> Found | None:
    """Return the files of a known data set, or None. Nothing is downloaded or read.

    The order of the search is: the package (for `digits`), `data_dir`, the folder named by
    BYHAND_DATA, the cache, torchvision's folders, Keras's folder.

    Raises:
        ArgumentError: an unknown name.
        FileError: `data_dir` or BYHAND_DATA is not a folder.
    """
    known = known_dataset(name)
    if not known.files:
        packaged = packaged_digits()
        return Found(known.name, "package", packaged.parent, {"archive": packaged})
    for place, folder in _folders(known, data_dir):
        files = complete_files(known, folder)
        if files:
            return Found(known.name, place, folder, files)
    archive = keras_folder() / (known.keras or "")
    if archive.suffix == ".npz" and archive.is_file():
        return Found(known.name, "Keras", archive.parent, {"archive": archive})
    return None


def how_to_get(
    known: KnownDataset, reason: str, data_dir: str | os.PathLike[str] | None = None
) -> str:
    """Return the message for a data set that was not found: the reason, and every way to get it."""
    names = " ".join(file.name for file in known.files)
    sources = ", ".join(known.mirrors or known.archives)
    partly = "".join(f"\n  * {sentence}" for sentence in _incomplete(known, data_dir))
    return (
        f"{known.title} was not found: {reason}\nWays to get it:\n"
        f"  * with a connection: byhand data fetch {known.name}\n"
        f"  * by hand: put {names} into DATA/{known.folder}/, where DATA is any folder, and "
        f"give DATA with --data-dir (data_dir=) or in the variable BYHAND_DATA\n"
        f"  * or put them into {cache_folder() / known.folder}\n"
        f"  * the files come from {sources}{partly}\n"
        "The data set 'digits' is part of byhand and needs no download."
    )


def _folders(
    known: KnownDataset, data_dir: str | os.PathLike[str] | None
) -> Iterator[tuple[str, Path]]:
    """Yield the folders that may contain the IDX files, best first, each with the kind of place."""
    named = os.environ.get("BYHAND_DATA")
    if data_dir is not None:
        yield from _inside("data folder", data_folder(data_dir, "the data folder"), known)
    if named:
        yield from _inside("BYHAND_DATA", data_folder(named, "BYHAND_DATA"), known)
    yield "cache", cache_folder() / known.folder
    if known.torchvision:
        for root in (Path(), Path.home()):
            for name in HOME_FOLDERS:
                yield "torchvision", root / name / known.torchvision / "raw"
    if known.keras and not known.keras.endswith(".npz"):
        yield "Keras", keras_folder() / known.keras


def _inside(place: str, root: Path, known: KnownDataset) -> Iterator[tuple[str, Path]]:
    yield place, root / known.folder
    if known.name != known.folder:
        yield place, root / known.name
        # The names of EMNIST's files include the data set. Names such as train-images-... do not,
        # so they count only in a folder that has the name of the data set.
        yield place, root


def complete_files(known: KnownDataset, folder: Path) -> dict[str, Path] | None:
    """Return role -> file if the folder contains all files of a data set, and None otherwise."""
    files: dict[str, Path] = {}
    for file in known.files:
        path = _file(folder, file.name)
        if path is None:
            return None
        files[file.role] = path
    return files


def _file(folder: Path, name: str) -> Path | None:
    """Return the file, decompressed or compressed, in MNIST's or Kaggle's spelling."""
    plain = name.removesuffix(".gz")
    dotted = plain.replace("-idx", ".idx")
    paths = (folder / spelling for spelling in (plain, name, dotted, f"{dotted}.gz"))
    return next((path for path in paths if path.is_file()), None)


def _incomplete(known: KnownDataset, data_dir: str | os.PathLike[str] | None) -> list[str]:
    """Return a sentence for each folder that contains some of the files but not all."""
    sentences = []
    for _, folder in _folders(known, data_dir):
        missing = [file.name for file in known.files if _file(folder, file.name) is None]
        if 0 < len(missing) < len(known.files):
            sentences.append(f"{folder} lacks {', '.join(missing)}.")
    return sentences
