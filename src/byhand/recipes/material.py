"""From the data of a recipe to rows to train on, to hold out and to test with."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from byhand.arrays import Array, IntArray
from byhand.data import Dataset, Part, fetch_dataset, find_dataset, load_dataset
from byhand.data.formats.table import read_table
from byhand.data.registry import is_known, known_dataset
from byhand.errors import ArgumentError, ByhandError, FileError
from byhand.randomness import stream
from byhand.recipes.spec import DataSpec
from byhand.training import split_rows

Say = Callable[[str], None]

PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Places:
    """Where data may be.

    Args:
        data_dir: a folder of data sets, looked into first.
        offline: True forbids downloads; None asks the variable BYHAND_OFFLINE.
        folder: of the recipe; paths in it are meant from there.
    """

    data_dir: str | Path | None = None
    offline: bool | None = None
    folder: Path | None = None


@dataclass(frozen=True, eq=False)
class Material:
    """Data, divided.

    Args:
        dataset: as it was loaded.
        asked: the data that the recipe names.
        taken: the data that were found: a known name, or the path of a file or folder.
        x: the pool of images (or rows of a table) that was divided.
        y: its labels.
        rows: which rows of the pool each part has: train, validation, and test if the recipe
            puts rows aside for it.
    """

    dataset: Dataset
    asked: str
    taken: str
    x: Array
    y: IntArray
    rows: Mapping[str, IntArray]

    @property
    def is_fallback(self) -> bool:
        """Whether other data were taken because those that were asked for are not at hand."""
        return is_known(self.taken) and not (
            is_known(self.asked) and known_dataset(self.asked).name == self.taken
        )

    def part(self, name: str) -> tuple[Array, IntArray] | None:
        """(x, y) of train, validation or test; None where there is none, or none with labels."""
        if name in self.rows:
            rows = self.rows[name]
            if len(rows) == len(self.x):
                return self.x, self.y
            return self.x[rows], self.y[rows]
        test = self.dataset.test
        if name != "test" or test is None or test.labels is None:
            return None
        return test.images, test.labels

    def column_names(self, label: str | int) -> tuple[str, ...]:
        """The names of a table's columns, as its file gives them; none where it does not.

        Args:
            label: the label column, as in the recipe.
        """
        path = Path(self.taken)
        if self.x.ndim != 2 or not path.is_file():
            return ()
        try:
            names = read_table(path, label=label).columns
        except ByhandError:  # columns can be numbered instead
            return ()
        return names if len(names) == self.x.shape[1] else ()

    def describe(self, thousands: str = ",") -> str:
        """The parts and their sizes, in a line; `thousands` is put between them."""
        sizes = {"train": "to train on", "validation": "held out", "test": "to test with"}
        parts = [(self.part(name), meaning) for name, meaning in sizes.items()]
        told = [(f"{len(part[1]):,}", meaning) for part, meaning in parts if part]
        return ", ".join(f"{n.replace(',', thousands)} {meaning}" for n, meaning in told)


def prepare_material(spec: DataSpec, seed: int, places: Places, say: Say) -> Material:
    """Load the data of a recipe and divide them, from the seed, each class in equal shares.

    Args:
        spec: the recipe's table `data`.
        seed: of the division.
        places: where the data may be.
        say: takes each line of what is worth knowing.
    """
    taken, dataset = _obtain(spec, places, say)
    x, y = _pool(dataset, spec)
    rows: IntArray = np.arange(len(y))
    parts: dict[str, IntArray] = {}
    if spec.test:
        rows, parts["test"] = _put_aside(rows, spec.test, y, stream(seed, "test rows"))
    if spec.validation:
        rows, parts["validation"] = _put_aside(rows, spec.validation, y, stream(seed, "split"))
    return Material(dataset, spec.dataset, taken, x, y, {"train": rows, **parts})


def restore_material(
    spec: DataSpec, rows: Mapping[str, IntArray], places: Places, say: Say
) -> Material:
    """The material of an earlier run, from the row numbers that it wrote down.

    A run's recipe holds `invert = true` where its images were inverted, and nothing otherwise.
    """
    if "invert" not in spec.model_fields_set:
        spec = spec.model_copy(update={"invert": False})
    taken, dataset = _obtain(spec, places, say)
    x, y = _pool(dataset, spec)
    return Material(dataset, spec.dataset, taken, x, y, rows)


def in_shares(spec: DataSpec) -> dict[str, float | None]:
    """Changes to a recipe that let it divide other data: numbers of rows become shares."""
    known = known_dataset(spec.instead or spec.dataset).counts[0] if _has_name(spec) else (0, 0)
    total = spec.rows or (sum(known) if spec.pool == "train+test" else known[0])
    changes: dict[str, float | None] = {"data.rows": None, "data.instead": None}
    for part in ("validation", "test"):
        value = getattr(spec, part)
        if isinstance(value, int) and value and total:
            changes[f"data.{part}"] = round(value / total, 6)
    return changes


def _has_name(spec: DataSpec) -> bool:
    return is_known(spec.instead or spec.dataset)


# --- finding and loading ------------------------------------------------------------------------


def _obtain(spec: DataSpec, places: Places, say: Say) -> tuple[str, Dataset]:
    """What was taken and its content: the data themselves, or those to take instead."""
    names = [name for name in (spec.dataset, spec.instead) if name is not None]
    for name in names:
        try:
            return _load(name, spec, places, say)
        except _NotAtHandError as reason:
            message = str(reason)
        if name != names[-1]:
            say(f"{name} is not at hand and cannot be fetched; taking {names[-1]} instead.")
    raise FileError(message)


class _NotAtHandError(Exception):
    """Data that are nowhere; everything else that is wrong with data is an error of its own."""


def _load(name: str, spec: DataSpec, places: Places, say: Say) -> tuple[str, Dataset]:
    taken = known_dataset(name).name if is_known(name) else name
    if is_known(name):
        _fetch_if_missing(taken, places, say)
    else:
        found = next((path for path in _paths(name, places) if path.exists()), None)
        if found is None and spec.instead is not None:
            raise _NotAtHandError(f"there is no file or folder {name}")
        taken = str(found.resolve()) if found else name
    dataset = load_dataset(
        taken,
        data_dir=places.data_dir,
        offline=places.offline,
        label=spec.label,
        invert=spec.invert,
        say=say,
    )
    return taken, dataset


def _fetch_if_missing(name: str, places: Places, say: Say) -> None:
    # A data folder that does not exist is a mistake, not a reason to take other data.
    if find_dataset(name, places.data_dir) is None:
        try:
            fetch_dataset(name, offline=places.offline, say=say)
        except FileError as error:
            raise _NotAtHandError(str(error)) from error


def _paths(name: str, places: Places) -> Iterator[Path]:
    """Where a file or folder of the user's may be meant."""
    path = Path(name).expanduser()
    yield path
    for base in (places.folder, places.data_dir, os.environ.get("BYHAND_DATA")):
        if base:
            yield Path(base).expanduser() / path


# --- dividing -----------------------------------------------------------------------------------


def _pool(dataset: Dataset, spec: DataSpec) -> tuple[Array, IntArray]:
    x, y = _labelled(dataset, dataset.train, "train")
    if spec.pool == "train+test":
        if dataset.test is None:
            raise ArgumentError(
                f'{dataset.name} has no test images; pool = "train+test" needs them. '
                'Write pool = "train".'
            )
        more_x, more_y = _labelled(dataset, dataset.test, "test")
        x, y = np.concatenate([x, more_x]), np.concatenate([y, more_y])
    if spec.rows is not None and spec.rows > len(y):
        raise ArgumentError(
            f"rows = {spec.rows} asks for more than the {len(y):,} rows of {dataset.name}."
        )
    return x[: spec.rows], y[: spec.rows]


def _labelled(dataset: Dataset, part: Part, name: str) -> tuple[Array, IntArray]:
    if part.labels is None:
        raise ArgumentError(f"the {name} images of {dataset.name} have no labels.")
    return part.images, part.labels


def _put_aside(
    rows: IntArray, held_out: float | int, y: IntArray, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """(those that stay, those put aside), stratified."""
    stay, aside = split_rows(len(rows), held_out, rng, y[rows])
    return rows[stay], rows[aside]
