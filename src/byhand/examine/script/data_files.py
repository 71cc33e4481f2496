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
from byhand.examine.array_names import roles_of
from byhand.examine.digits import digits

DISTINCT = 1797
"""Number of digits that differ; more of them are the same again."""

SIDE = 28
"""Width and height of an image."""

CLASSES = 10
DATA_NAMES = r"mnist|train|test|digit|data"
"""Parts of the names of text files with data."""

MODEL_NAMES = re.compile(r"model|weight|param|checkpoint|ckpt|saved|trained|network|_nn\b")
"""Parts of the names of files in which a script keeps its network."""

PARTS = re.compile(r"(train(ing)?|valid(ation)?|val|dev|test(ing)?)_?(data|set)\Z|_\Z")
"""Names of the parts of a data set whose examples come with their labels."""

COURSE = 400, 5000
"""Pixels and examples in the data of a well-known course, whose labels are 1 to 10."""


@dataclass
class Digits:
    """Images of digits with 28x28 pixels from 0 to 255, made of those with 8x8.

    Args:
        count: number of training images.
        source: the text of the script, whose strings are names of arrays in files.
        bare: whether tables have no names of columns; None where the script tells.
    """

    count: int
    source: str = ""
    bare: bool | None = None

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
        if is_model(path):
            return None
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
        parts, names = self._columns(name)
        known = [",".join(map(str, row)) for row in _side_by_side(parts, DISTINCT).tolist()]
        again = [known[place % len(known)] for place in range(len(parts[0]))]
        head = [] if self._is_bare else [",".join(names)]
        return ("\n".join([*head, *again]) + "\n").encode()

    def table(self, path: str) -> Array | None:
        """Return the numbers of a table that does not exist; None for other files."""
        name = PurePath(path.replace("\\", "/")).name.lower()
        if not name.endswith((".csv", ".txt")) or is_model(path):
            return None
        parts, _ = self._columns(name)
        return _side_by_side(parts, len(parts[0])).squeeze()

    def _columns(self, name: str) -> tuple[list[Array], list[str]]:
        """Return the columns of a table and their names: labels, pixels, or both."""
        images, labels = self.part(name)
        names = ["label", *(f"pixel{place}" for place in range(SIDE * SIDE))]
        if "label" in name:
            return [labels[:, None]], names[:1]
        if "image" in name or name == "test.csv":  # that of Kaggle has no labels
            return [images], names[1:]
        return [labels[:, None].astype(images.dtype), images], names

    @property
    def _is_bare(self) -> bool:
        """Whether tables have no names of columns."""
        if self.bare is not None:
            return self.bare
        bare = re.search(
            r"header ?= ?None|readlines\(|split\(['\"],|loadtxt|genfromtxt|csv\.reader", self.source
        )
        skips = re.search(r"skip(_header|rows) ?=|\[1:\]|next\(|__next__|names ?=", self.source)
        return bool(bare) and not skips

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

    def pairs(self, name: str, columns: bool, one_hot: bool) -> list[tuple[Array, Any]]:
        """Return the examples of a part one by one, each with its label."""
        images, labels = self.part(name)
        X, hot = images / 255, np.eye(CLASSES)[labels]
        xs = X[:, :, None] if columns else X
        ys = (hot[:, :, None] if columns else hot) if one_hot else labels
        return list(zip(xs, ys, strict=True))

    def named(self, names: Any, columns: bool, one_hot: bool) -> Any:
        """Return data for names such as ("x_train", "y_train"), or None if one tells nothing."""
        if isinstance(names, tuple) and all(PARTS.match(str(one)) for one in names):
            return tuple(self.pairs(name, True, "train" in name) for name in names)
        if isinstance(names, tuple):
            parts = [self.named(one, columns, one_hot) for one in names]
            return None if any(one is None for one in parts) else tuple(parts)
        roles = {"y"} if names == "_" else _roles(names)
        images, labels = self.part(names)
        if roles & {"X", "X_val"}:
            return images.T / 255 if columns else images / 255
        if not roles & {"y", "y_val"}:
            return None
        hot = np.eye(CLASSES)[labels]
        return (hot.T if columns else hot) if one_hot else labels.copy()


def _side_by_side(parts: list[Array], rows: int) -> Array:
    return np.concatenate([one[:rows] for one in parts], axis=1)


def is_model(path: str) -> bool:
    """Return whether a file of this name would hold a network instead of data."""
    whole = PurePath(path.replace("\\", "/").lower())
    if MODEL_NAMES.search(whole.name):
        return True
    is_pickled = whole.suffix in (".pkl", ".pickle", ".p", ".npy", ".npz")
    return is_pickled and bool(MODEL_NAMES.search(whole.parent.name))


def _roles(name: str) -> set[str]:
    """Return the roles of a name, of which "train" or "test" may be a part."""
    roles = set(roles_of(name))
    bare = re.sub(r"_?(train(ing)?|test|valid(ation)?|val|dev)_?", "", name, flags=re.IGNORECASE)
    return roles | set(roles_of(bare)) if bare else roles
