"""The files that the three first-hour pages need, made from the digits that come with byhand."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from byhand import load_dataset
from byhand.arrays import Array


def enlarged() -> tuple[Array, Array]:
    """The training digits as 28x28 images, ink 255 on paper 0, and their labels."""
    digits = load_dataset("digits").train
    images = np.kron(digits.images, np.ones((3, 3), np.uint8))
    return np.pad(images, ((0, 0), (2, 2), (2, 2))), np.asarray(digits.labels)


def nothing(folder: Path) -> None:
    """The page for a class needs no files."""


def kaggle(folder: Path) -> None:
    """Kaggle's folder: train.csv with a label column, test.csv without."""
    images, labels = enlarged()
    (folder / "kaggle").mkdir()
    pixels = ",".join(f"pixel{k}" for k in range(784))
    rows = images.reshape(len(images), -1)
    both = np.column_stack([labels, rows])[:1200]
    for name, heading, table in (
        ("train.csv", f"label,{pixels}", both),
        ("test.csv", pixels, rows[1200:]),
    ):
        path = folder / "kaggle" / name
        np.savetxt(path, table, "%d", ",", header=heading, comments="")


def photos(folder: Path) -> None:
    """A folder of scans by class, dark ink on grey paper, and a picture to predict."""
    from PIL import Image

    images, labels = enlarged()
    for k, (image, label) in enumerate(zip(images[:600], labels, strict=False)):
        place = folder / "scans" / str(label)
        place.mkdir(parents=True, exist_ok=True)
        grey = 235 - image.astype(np.int64) * 4 // 5
        Image.fromarray(grey.astype(np.uint8)).resize((40, 40)).save(place / f"{k}.png")
    seven = images[np.flatnonzero(labels == 7)[-1]]
    grey = 235 - seven.astype(np.int64) * 4 // 5
    Image.fromarray(grey.astype(np.uint8)).resize((200, 200)).save(folder / "seven.png")
