"""Files that a script wants to read and that do not exist: digits, in the form of their names."""

from __future__ import annotations

import gzip
import io
import re
import struct
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath
from typing import Any

import numpy as np

from byhand.arrays import Array
from byhand.examine.digits import digits
from byhand.examine.names import roles_of

SIDE = 28
"""Width and height of an image."""

CLASSES = 10
DATA_NAMES = r"mnist|train|test|digit|data"
"""Parts of the names of text files with data."""

COURSE = 400, 5000
"""Pixels and examples in the data of a well-known course, whose labels are 1 to 10."""


@dataclass
class Digits:
    """Images of digits with 28x28 pixels from 0 to 255, made of those with 8x8.

    Args:
        count: number of training images.
        source: the text of the script, whose strings are names of arrays in files.
    """

    count: int
    source: str = ""

    @cached_property
    def all(self) -> tuple[Array, Array]:
        """Return the images (n, 784) and their labels."""
        data = digits(SIDE * SIDE)
        chosen = np.arange(self.count + self.count // 6) % len(data.X)
        return np.round(255 * data.X).astype(np.uint8)[chosen], data.labels[chosen]

    @property
    def train(self) -> tuple[Array, Array]:
        """Images and labels to train on."""
        return self.all[0][: self.count], self.all[1][: self.count]

    @property
    def test(self) -> tuple[Array, Array]:
        """Images and labels to test with."""
        return self.all[0][self.count :], self.all[1][self.count :]

    def part(self, name: str) -> tuple[Array, Array]:
        """Return the part that a name tells: "x_test" is of the test part."""
        return self.test if re.search(r"test|t10k|val|dev", name, re.IGNORECASE) else self.train

    def images(self, name: str) -> Array:
        """Return images as (n, 28, 28)."""
        return self.part(name)[0].reshape(-1, SIDE, SIDE)

    def file(self, path: str) -> bytes | None:
        """Return the content of a file of this name; None if its form is unknown."""
        if "site-packages" in path or path.startswith(sys.base_prefix):
            return None
        name = PurePath(path.replace("\\", "/")).name.lower()
        packed = name.endswith((".gz", ".gzip"))
        inner = name.removesuffix(".gz").removesuffix(".gzip")
        made = self._content(inner)
        if made is None:
            return None
        return gzip.compress(made, 1) if packed else made

    def _content(self, name: str) -> bytes | None:
        if re.search(r"idx\d|ubyte", name):
            return self._idx(name)
        ending = PurePath(name).suffix
        if ending == ".csv" or (ending == ".txt" and re.search(DATA_NAMES, name)):
            return self._csv(name)
        if ending in (".npz", ".npy"):
            return self._numpy(name)
        if ending in (".pkl", ".pickle", ".p"):
            return b""  # the recorder gives its content
        return self._matlab() if ending == ".mat" else None

    def _idx(self, name: str) -> bytes:
        images, labels = self.part(name)
        if "label" in name or "idx1" in name:
            return struct.pack(">II", 2049, len(labels)) + labels.astype(np.uint8).tobytes()
        return struct.pack(">IIII", 2051, len(images), SIDE, SIDE) + images.tobytes()

    def _csv(self, name: str) -> bytes:
        images, labels = self.part(name)
        columns = [labels[:, None], images]
        names = ["label", *(f"pixel{place}" for place in range(SIDE * SIDE))]
        if name == "test.csv":  # that of Kaggle has no labels
            columns, names = columns[1:], names[1:]
        bare = re.search(r"header ?= ?None|readlines\(|split\(['\"],", self.source)
        skips = re.search(r"skip(_header|rows) ?=|\[1:\]|next\(", self.source)
        file = io.StringIO()
        if skips or not bare:
            file.write(",".join(names) + "\n")
        np.savetxt(file, np.concatenate(columns, axis=1), fmt="%d", delimiter=",")
        return file.getvalue().encode()

    def _numpy(self, name: str) -> bytes:
        file = io.BytesIO()
        if name.endswith(".npy"):
            np.save(file, self._array(PurePath(name).stem), allow_pickle=False)
            return file.getvalue()
        keys = {"x_train", "y_train", "x_test", "y_test"}
        keys |= set(re.findall(r"""\[["'](\w+)["']\]""", self.source))
        arrays: dict[str, Any] = {
            key: self._array(key)
            for key in sorted(keys)
            if {"X", "y", "X_val", "y_val"} & _roles(key)
        }
        np.savez(file, **arrays)
        return file.getvalue()

    def _array(self, name: str) -> Array:
        of_labels = {"y", "y_val"} & _roles(name)
        return self.part(name)[1] if of_labels else self.images(name)

    def unpickled(self) -> Any:
        """Return what mnist.pkl holds: train, validation and test part, scaled."""
        parts = (self.train, self.test, self.test)
        return tuple((X.astype(np.float32) / 255, y.astype(np.int64)) for X, y in parts)

    def _matlab(self) -> bytes | None:
        try:
            from scipy.io import savemat
        except ImportError:
            return None
        inputs, count = COURSE
        data = digits(inputs)
        chosen = np.arange(min(count, self.count)) % len(data.X)
        labels = data.labels[chosen]
        labels = np.where(labels == 0, CLASSES, labels)
        file = io.BytesIO()
        savemat(file, {"X": data.X[chosen], "y": labels[:, None].astype(np.uint8)})
        return file.getvalue()

    def named(self, names: Any, columns: bool, one_hot: bool) -> Any:
        """Return data for names such as ("x_train", "y_train"), or None if one tells nothing."""
        if isinstance(names, tuple):
            parts = [self.named(one, columns, one_hot) for one in names]
            return None if any(one is None for one in parts) else tuple(parts)
        roles = _roles(names)
        images, labels = self.part(names)
        if roles & {"X", "X_val"}:
            return images.T / 255 if columns else images / 255
        if not roles & {"y", "y_val"}:
            return None
        hot = np.eye(CLASSES)[labels]
        return (hot.T if columns else hot) if one_hot else labels.copy()


def _roles(name: str) -> set[str]:
    """Return the roles of a name, of which "train" or "test" may be a part."""
    roles = set(roles_of(name))
    bare = re.sub(r"_?(train(ing)?|test|valid(ation)?|val|dev)_?", "", name, flags=re.IGNORECASE)
    return roles | set(roles_of(bare)) if bare else roles
