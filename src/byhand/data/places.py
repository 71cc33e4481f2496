"""Where a known data set may already be: the data folder, the cache, other libraries' folders."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from byhand.data.registry import DATASETS, KnownDataset, known_dataset
from byhand.errors import FileError

PACKAGED_DIGITS = "digits.npz"
HOME_FOLDERS = ("data", "datasets")  # where torchvision's own examples keep their data


@dataclass(frozen=True)
class Found:
    """A data set that is at hand.

    Args:
        name: its name in the registry.
        place: what kind of place it is in: "data folder", "BYHAND_DATA", "cache", ...
        folder: that place.
        files: role -> file, for IDX; {"archive": file} for one NPZ.
    """

    name: str
    place: str
    folder: Path
    files: Mapping[str, Path]

    def __str__(self) -> str:
        return f"{self.folder} ({self.place})"


@dataclass(frozen=True)
class Listing:
    """One line of the list of known data sets.

    Args:
        known: what the registry says.
        found: where it is, or None if it would have to be downloaded.
    """

    known: KnownDataset
    found: Found | None = field(default=None)


def list_datasets(data_dir: str | os.PathLike[str] | None = None) -> list[Listing]:
    """Every known data set, and where it is if it is at hand."""
    return [Listing(known, find_dataset(known.name, data_dir)) for known in DATASETS.values()]


def find_dataset(name: str, data_dir: str | os.PathLike[str] | None = None) -> Found | None:
    """Where a known data set is, or None. Nothing is downloaded and no content is read.

    Looked for in this order: the package (for `digits`), `data_dir`, the folder named by
    BYHAND_DATA, the cache, torchvision's folders, Keras's folder.

    Raises:
        ArgumentError: no data set has that name.
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
    """The message for a data set that is not at hand: why, and every way to get it."""
    names = " ".join(file.name for file in known.files)
    sources = ", ".join(known.mirrors or known.archives)
    partly = "".join(f"\n  * {sentence}" for sentence in _incomplete(known, data_dir))
    return (
        f"{known.title} is not at hand: {reason}\nWays to get it:\n"
        f"  * with a connection: byhand data fetch {known.name}\n"
        f"  * by hand: put {names} into a folder {known.folder}/ inside a folder of your choice, "
        f"and name the latter with --data-dir (data_dir=) or in the variable BYHAND_DATA\n"
        f"  * or into {cache_folder() / known.folder}\n"
        f"  * the files come from {sources}{partly}\n"
        "Without any of it: the data set 'digits' is part of byhand."
    )


def packaged_digits() -> Path:
    """The file with the UCI digits that comes with byhand."""
    return Path(str(resources.files("byhand.data") / PACKAGED_DIGITS))


def cache_folder() -> Path:
    """Where downloads go: the operating system's cache folder for byhand."""
    import pooch  # late, because most programs find their data without a download

    return Path(pooch.os_cache("byhand")).expanduser()


def keras_folder() -> Path:
    """Where Keras keeps its data sets."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home).expanduser() if home else Path.home() / ".keras") / "datasets"


def data_folder(folder: str | os.PathLike[str], what: str) -> Path:
    """The folder, if there is one."""
    path = Path(folder).expanduser()
    if not path.is_dir():
        raise FileError(f"{what} is {path}, which is not a folder. Create it or name another.")
    return path


def _folders(
    known: KnownDataset, data_dir: str | os.PathLike[str] | None
) -> Iterator[tuple[str, Path]]:
    """The folders in which the IDX files may lie, best first, each with the kind of place."""
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
        # EMNIST's file names say which set they belong to; train-images-... do not, so those
        # are only believed in a folder of the set's name
        yield place, root


def complete_files(known: KnownDataset, folder: Path) -> dict[str, Path] | None:
    """Role -> file, if the folder holds all files of a data set; otherwise None."""
    files: dict[str, Path] = {}
    for file in known.files:
        path = _file(folder, file.name)
        if path is None:
            return None
        files[file.role] = path
    return files


def _file(folder: Path, name: str) -> Path | None:
    """The file, decompressed if there is such a copy, and also as Kaggle spells it."""
    plain = name.removesuffix(".gz")
    dotted = plain.replace("-idx", ".idx")
    paths = (folder / spelling for spelling in (plain, name, dotted, f"{dotted}.gz"))
    return next((path for path in paths if path.is_file()), None)


def _incomplete(known: KnownDataset, data_dir: str | os.PathLike[str] | None) -> list[str]:
    """A sentence for each place that holds some of the files but not all."""
    sentences = []
    for _, folder in _folders(known, data_dir):
        missing = [file.name for file in known.files if _file(folder, file.name) is None]
        if 0 < len(missing) < len(known.files):
            sentences.append(f"{folder} lacks {', '.join(missing)}.")
    return sentences
