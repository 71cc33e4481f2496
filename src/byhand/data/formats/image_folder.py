"""Reads and writes image files, and folders of images with one folder for each class.

    digits/train/0/a.png  digits/train/1/b.png ...  digits/test/0/c.png ...
    or, without a test part:  digits/0/a.png  digits/1/b.png ...

`byhand.data.formats.decode_images` decodes the files.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from byhand.arrays import Array
from byhand.data.clean_photograph import is_light_paper, light_fraction
from byhand.data.dataset import Dataset, Part
from byhand.data.formats.decode_images import PIXELS_PER_BYTE, decoded, pillow_module
from byhand.data.formats.files import existing_file, replacing
from byhand.data.formats.one_size import Fitting
from byhand.data.formats.slow_work import counted
from byhand.data.image_traits import Invert
from byhand.errors import ArgumentError, DataError, FileError, FormatError
from byhand.terminal import Say, to_stderr
from byhand.untrusted_files import is_plain_name

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
"""Extensions of image files; other files are ignored."""

PART_NAMES = {"train": ("train", "training"), "test": ("test", "testing")}
"""Accepted names for the folders of the train and the test part."""

MOST_PIXELS = 32 << 20
"""Number of pixels that the images of a folder may have together, however small their files."""

MOST_IMAGES = 0.9
"""Fraction of the training images that must have light paper for a folder to be inverted."""


def read_image_folder(
    folder: str | os.PathLike[str],
    *,
    invert: Invert = "auto",
    size: int | None = None,
    say: Say = to_stderr,
) -> Dataset:
    """Read a data set from a folder of images by class.

    The names of the folders are the classes, numbers in order of size and words alphabetically;
    label 0 is the first. Large images and images of different sizes are fitted into squares: ink is
    cut out of pictures of handwriting, other images are fitted whole. `Dataset.fitted` is True
    then, and `Dataset.preparation` tells how ink was cut out. Small square images of handwriting
    that is not centred are cut out too, and keep their size.

    Args:
        folder: holds train/ and test/ with a folder for each class, or the classes themselves.
        invert: True for dark ink on light paper, False to keep the greys; "auto" inverts all
            images or none: all if at least 90 % of the training images have a light border.
        size: side of the squares into which all images are fitted. By default images of one size
            up to 64x64 are kept, handwriting is fitted into 28x28, and other images into squares of
            their median longer side, at most 64.
        say: receives a message if such a size is chosen, and how far slow work has come.

    Returns:
        The data set; its `inverted` tells whether the images were inverted.

    Raises:
        FileError: the folder is missing, or Pillow is.
        FormatError: an image that cannot be read; the message names it.
        DataError: no images.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise FileError(f"there is no folder {folder}. Check the spelling of the path.")
    train_folder = _part_folder(folder, "train") or folder
    test_folder = _part_folder(folder, "test")
    names = class_folders(train_folder)
    if not names:
        raise DataError(
            f"{train_folder}: expected one folder of images for each class, such as "
            f"{train_folder / '0' / 'a.png'}; found none."
        )
    files = _files(train_folder, names, say)
    test_files = _files(test_folder, names, say) if test_folder else None
    _check_invert(invert)
    fitting = Fitting.of([image for image, _ in [*files, *(test_files or [])]], size, invert)
    if size is None and fitting.side is not None:
        say(f"{folder.name}: {fitting.note(len(files) + len(test_files or []))}")
    train = _part(files, fitting, say)
    test = _part(test_files, fitting, say) if test_files else None
    inverted = fitting.dark_ink is True
    if fitting.way is None:
        inverted = _has_light_paper(train.images) if invert == "auto" else invert
    if inverted and fitting.way is None:
        train = Part(255 - train.images, train.labels)
        test = Part(255 - test.images, test.labels) if test else None
    return Dataset(
        folder.name, train, test, tuple(names),
        source=str(folder), inverted=inverted,
        fitted=fitting.has_new_size, preparation=fitting.way,
    )  # fmt: skip


def class_folders(folder: Path) -> list[str]:
    """Return the names of the inner folders with images: numbers by size, then words."""
    names = [inner.name for inner in folder.iterdir() if inner.is_dir() and _holds_images(inner)]
    return sorted(names, key=lambda name: (0, int(name), "") if name.isdecimal() else (1, 0, name))


def is_image_folder(folder: Path) -> bool:
    """Return whether the folder contains folders of images."""
    return bool(class_folders(_part_folder(folder, "train") or folder))


def read_image(path: str | os.PathLike[str], *, invert: Invert = False) -> Array:
    """Read an image file as grey values, uint8 (height, width).

    Colours become grey as 0.299 R + 0.587 G + 0.114 B, transparent pixels become white paper, and
    16 bits become 8. A photograph is turned upright by its EXIF orientation.

    Args:
        path: the file.
        invert: True for dark ink on light paper, which gives ink 255 on paper 0; "auto" inverts
            an image whose border is light (a median of 128 or more).

    Raises:
        FileError: the file is missing, or Pillow is.
        FormatError: the file is not an image, or is truncated.
    """
    grey = decoded(existing_file(path))
    _check_invert(invert)
    return 255 - grey if invert is True or (invert == "auto" and is_light_paper(grey)) else grey


def read_images(
    paths: Iterable[str | os.PathLike[str]],
    *,
    invert: Invert = "auto",
    say: Say = to_stderr,
) -> tuple[list[Path], list[Array]]:
    """Read image files and all image files in folders; sizes may differ.

    A folder without images of its own stands for its subfolders, such as a folder for each class.

    Args:
        paths: files and folders.
        invert: as in `read_image`.
        say: receives how far slow work has come.

    Returns:
        The paths of the files, those of a folder sorted by name, and their images.

    Raises:
        FileError: a file or folder is missing.
        FormatError: an image that cannot be read.
        DataError: a folder without images.
    """
    files: list[Path] = []
    for path in map(Path, paths):
        found = _images_within(path) if path.is_dir() else [path]
        if not found:
            raise DataError(f"{path}: no images. Expected files ending in {', '.join(SUFFIXES)}.")
        files += found
    return files, _read_all(files, invert, say)


def write_image_folder(
    folder: str | os.PathLike[str], part: Part, class_names: Sequence[str]
) -> None:
    """Write each image as `folder/<class>/<number>.png`.

    Raises:
        ArgumentError: a class name that cannot name a folder, such as "../a", or no images.
        FileError: the folder cannot be written, or Pillow is missing.
    """
    if part.labels is None or part.images.ndim != 3:
        raise ArgumentError("a folder by class needs images (n, height, width) and their labels.")
    for name in class_names:
        if not is_plain_name(name):
            raise ArgumentError(
                f"the class name {name!r} cannot be the name of a folder. Rename the class."
            )
    pillow = pillow_module()
    digits = len(str(len(part) - 1))
    for number, (image, label) in enumerate(zip(part.images, part.labels, strict=True)):
        target = Path(folder) / class_names[label] / f"{number:0{digits}}.png"
        with replacing(target, durable=False) as temporary:
            pillow.fromarray(np.ascontiguousarray(image)).save(temporary, format="PNG")


# --- inside -------------------------------------------------------------------------------------


def _part_folder(folder: Path, part: str) -> Path | None:
    return next((folder / name for name in PART_NAMES[part] if (folder / name).is_dir()), None)


def _images_in(folder: Path) -> list[Path]:
    return sorted(filter(_is_image, folder.iterdir()))


def _images_within(folder: Path) -> list[Path]:
    """Return the images in a folder, or else those in its subfolders."""
    inner = sorted(path for path in folder.iterdir() if path.is_dir())
    return _images_in(folder) or [image for one in inner for image in _images_in(one)]


def _holds_images(folder: Path) -> bool:
    """Return whether a folder holds an image file; the search ends at the first."""
    return any(map(_is_image, folder.iterdir()))


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and path.is_file()


def _check_invert(invert: Invert) -> None:
    if invert not in (True, False, "auto"):
        raise ArgumentError(f"invert must be True, False or 'auto'; got {invert!r}.")


def _has_light_paper(images: Array) -> bool:
    """Decide once for the whole data set, because a single light border proves nothing."""
    return light_fraction(images) >= MOST_IMAGES


def _files(folder: Path, names: list[str], say: Say) -> list[tuple[Array, int]]:
    """The images of a part with their labels."""
    unknown = [name for name in class_folders(folder) if name not in names]
    if unknown:
        raise DataError(
            f"{folder}: class {unknown[0]!r} does not occur in the train part ({', '.join(names)})."
        )
    paths = [
        (path, label)
        for label, name in enumerate(names)
        if (folder / name).is_dir()
        for path in _images_in(folder / name)
    ]
    if not paths:
        raise DataError(f"{folder}: no images in the folders of its classes.")
    images = _read_all([path for path, _ in paths], False, say)
    return [(image, label) for image, (_, label) in zip(images, paths, strict=True)]


def _read_all(paths: Sequence[Path], invert: Invert, say: Say) -> list[Array]:
    """Return the images of files; together they may expand no further than one of this size."""
    images: list[Array] = []
    pixels = size = 0
    for path in counted(paths, "reading images", say):
        images.append(read_image(path, invert=invert))
        pixels, size = pixels + images[-1].size, size + path.stat().st_size
        if pixels > max(MOST_PIXELS, PIXELS_PER_BYTE * size):
            raise FormatError(
                f"{path}: {len(images):,} images have {pixels:,} pixels in {size:,} bytes; "
                f"expected at most {PIXELS_PER_BYTE} for each byte."
            )
    return images


def _part(files: list[tuple[Array, int]], fitting: Fitting, say: Say) -> Part:
    images = np.stack([fitting(image) for image, _ in counted(files, "preparing images", say)])
    return Part(images, np.array([label for _, label in files], dtype=np.int64))
