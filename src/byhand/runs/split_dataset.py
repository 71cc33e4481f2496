"""The data of a run: found, loaded, and split into train, validation and test."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from byhand.arrays import Array, IntArray
from byhand.data import Dataset, Part, fetch_dataset, find_dataset, load_dataset
from byhand.data.known_datasets import is_known, known_dataset
from byhand.errors import ArgumentError, DataError, FileError, FormatError
from byhand.lazy_rows import is_lazy, lazy_rows, select_rows
from byhand.randomness import stream
from byhand.recipes.fields_and_defaults import DataSpec
from byhand.runs.folder import RunFolder
from byhand.terminal import Say
from byhand.training import split_rows
from byhand.user_path import user_path

PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class DataSources:
    """Where to look for data.

    Args:
        data_dir: folder of data sets to search first.
        offline: True forbids downloads; None follows the variable BYHAND_OFFLINE.
        folder: folder of the recipe; relative paths may start there.
    """

    data_dir: str | Path | None = None
    offline: bool | None = None
    folder: Path | None = None


@dataclass(frozen=True, eq=False)
class SplitDataset:
    """A data set split into train, validation and test.

    Args:
        dataset: the data as loaded.
        asked: the data that the recipe names.
        taken: the data that were found: a known name, or the path of a file or folder.
        x: all images (or rows of a table) that the split draws from.
        y: their labels.
        rows: row numbers of each part in x: "train", "validation" if there is one, and "test" if
            the recipe takes test rows from x.
    """

    dataset: Dataset
    asked: str
    taken: str
    x: Array
    y: Array
    rows: Mapping[str, IntArray]

    @property
    def is_fallback(self) -> bool:
        """Whether other data were used because those of the recipe are missing."""
        return is_known(self.taken) and not (
            is_known(self.asked) and known_dataset(self.asked).name == self.taken
        )

    @property
    def is_regression(self) -> bool:
        """Whether the labels are values to predict instead of classes."""
        return self.dataset.task == "regression"

    @cached_property
    def train(self) -> Part:
        """The part that the network learns from."""
        return self._drawn("train")

    @cached_property
    def validation(self) -> Part | None:
        """The part that chooses epochs and settings; None if there is none."""
        return self._drawn("validation") if "validation" in self.rows else None

    @cached_property
    def test(self) -> Part | None:
        """The part that measures the result; None if there is none with labels."""
        if "test" in self.rows:
            return self._drawn("test")
        test = self.dataset.test
        return None if test is None or test.labels is None else test

    @property
    def unlabelled(self) -> Part | None:
        """The test part of the data set if it has no labels, such as Kaggle's."""
        test = self.dataset.test
        return test if test is not None and test.labels is None else None

    def part(self, name: str) -> Part | None:
        """Return train, validation or test by name; None if there is no such part with labels."""
        found: Part | None = getattr(self, name) if name in PARTS else None
        return found

    def parts(self) -> dict[str, Part]:
        """Return the existing parts by name."""
        found = {name: self.part(name) for name in PARTS}
        return {name: part for name, part in found.items() if part is not None}

    def unseen(self) -> tuple[str, Part]:
        """Return name and content of the part to evaluate on: test, or validation if there is none.

        Raises:
            DataError: there is neither.
        """
        for name in ("test", "validation"):
            part = self.part(name)
            if part is not None:
                return name, part
        raise DataError(
            f"{self.dataset.name} has neither test nor validation data with labels here, and a "
            "report needs some that the network did not learn from. Train with --validation 0.1."
        )

    def describe(self) -> str:
        """Return the sizes of the parts in one line: "54,000 train, 6,000 validation"."""
        return ", ".join(f"{len(part):,} {name}" for name, part in self.parts().items())

    def _drawn(self, name: str) -> Part:
        rows = self.rows[name]
        whole = len(rows) == len(self.x)
        x, y = (self.x, self.y) if whole else (select_rows(self.x, rows), self.y[rows])
        return replace(self.dataset.train, images=x, labels=y)


def split_dataset(spec: DataSpec, seed: int, sources: DataSources, say: Say) -> SplitDataset:
    """Load the data of a recipe and split them by the seed, stratified by class.

    Args:
        spec: the table `data` of the recipe.
        seed: seed of the split.
        sources: where data are looked for.
        say: receives messages.
    """
    taken, dataset = _obtain(spec, sources, say)
    x, y = _pool(dataset, spec)
    whole = SplitDataset(dataset, spec.dataset, taken, x, y, {"train": np.arange(len(y))})
    if spec.test:
        whole = _split_off("test", whole, spec.test, stream(seed, "test rows"))
    if not spec.validation:
        return whole
    return _split_off("validation", whole, spec.validation, stream(seed, "split"))


def with_other_validation(data: SplitDataset, spec: DataSpec, seed: int) -> SplitDataset:
    """Return the data with a validation part drawn from another seed; the test part is kept."""
    if "validation" not in data.rows:
        return data
    rows = dict(data.rows)
    rows["train"] = np.sort(np.concatenate([rows["train"], rows.pop("validation")]))
    return _split_off(
        "validation", replace(data, rows=rows), spec.validation, stream(seed, "split")
    )


def load_split(folder: RunFolder, sources: DataSources, say: Say) -> SplitDataset:
    """Load the data of a run, split as they were then.

    Raises:
        DataError: they are not bit for bit those of the run.
        FormatError: the folder is damaged.
    """
    facts, spec = folder.facts.dataset, folder.recipe().spec.data
    if "invert" not in spec.model_fields_set:  # the recipe of a run has it only if it is true
        spec = spec.model_copy(update={"invert": False})
    before = facts.data_dir if facts.data_dir and Path(facts.data_dir).is_dir() else None
    sources = DataSources(sources.data_dir or before, sources.offline, folder.path)
    taken, dataset = _obtain(spec, sources, say, note=lambda _: None)
    if facts.sha256 != dataset.sha256 and dataset.train.images.dtype == np.float64:
        dataset = _as_float32(dataset)  # byhand 0.1.0 stored all tables like this
    if facts.sha256 != dataset.sha256:
        raise DataError(
            f"the data {dataset.name} are not those that {folder.path} was trained on (SHA-256 "
            f"{facts.sha256[:12]}... then, {dataset.sha256[:12]}... now). Name the folder of the "
            "old ones with --data-dir."
        )
    x, y = _pool(dataset, spec)
    rows = folder.split()
    _check_rows(rows, len(y), folder.split_file)
    return SplitDataset(dataset, facts.asked or spec.dataset, taken, x, y, rows)


def _check_rows(rows: Mapping[str, IntArray], count: int, file: Path) -> None:
    """Raise unless each part names rows of the data, and none of them twice.

    A file of 20 kB could name one row of the data millions of times, each a copy in memory.
    """
    if "train" not in rows or not set(rows) <= set(PARTS):
        raise FormatError(
            f"{file} is damaged: expected parts of {', '.join(PARTS)}; got {sorted(rows)[:5]}."
        )
    if any(part.size and not 0 <= part.min() <= part.max() < count for part in rows.values()):
        raise FormatError(f"{file} is damaged: it names rows that the data do not have.")
    used = np.zeros(count, bool)
    for part in rows.values():
        used[part] = True
    if sum(part.size for part in rows.values()) != np.count_nonzero(used):
        raise FormatError(f"{file} is damaged: it names a row twice.")


def _as_float32(dataset: Dataset) -> Dataset:
    """Return a table whose numbers are rounded to float32."""

    def rounded(part: Part) -> Part:
        return replace(part, images=part.images.astype(np.float32))

    test = dataset.test and rounded(dataset.test)
    return replace(dataset, train=rounded(dataset.train), test=test)


def labelled(part: Part | None) -> tuple[Array, Array] | None:
    """Return a part as the pair (images, labels); None if it is missing or has no labels."""
    if part is None or part.labels is None:
        return None
    return part.images, part.labels


# --- finding and loading ------------------------------------------------------------------------


def _obtain(
    spec: DataSpec, sources: DataSources, say: Say, note: Say | None = None
) -> tuple[str, Dataset]:
    """Return name and content of the recipe's data, or of their replacement.

    Args:
        spec: the table `data` of the recipe.
        sources: where data are looked for.
        say: receives messages.
        note: receives messages about how the data are read; by default `say`.
    """
    names = [name for name in (spec.dataset, spec.instead) if name is not None]
    for name in names:
        try:
            return _load(name, spec, sources, say, note or say)
        except _MissingError as reason:
            message = str(reason)
        if name != names[-1]:
            say(f"{name} was not found and cannot be downloaded; using {names[-1]} instead.")
    raise FileError(message)


class _MissingError(Exception):
    """Raised if the data were not found; damaged data raise other errors."""


def _load(
    name: str, spec: DataSpec, sources: DataSources, say: Say, note: Say
) -> tuple[str, Dataset]:
    taken = known_dataset(name).name if is_known(name) else name
    if is_known(name):
        _fetch_if_missing(taken, sources, say)
    else:
        found = next((path for path in _paths(name, sources) if path.exists()), None)
        if found is None and spec.instead is not None:
            raise _MissingError(f"there is no file or folder {name}")
        taken = str(found.resolve()) if found else name
    dataset = load_dataset(
        taken,
        data_dir=sources.data_dir,
        offline=sources.offline,
        label=spec.label,
        invert=spec.invert,
        size=spec.size,
        memory_map=spec.memory_map,
        say=note,
    )
    return taken, dataset


def _fetch_if_missing(name: str, sources: DataSources, say: Say) -> None:
    # A data folder that does not exist is a mistake, not a reason to use other data.
    if find_dataset(name, sources.data_dir) is None:
        try:
            fetch_dataset(name, offline=sources.offline, say=say)
        except FileError as error:
            raise _MissingError(str(error)) from error


def _paths(name: str, sources: DataSources) -> Iterator[Path]:
    """Yield possible paths of the user's file or folder."""
    path = user_path(name)
    yield path
    for base in (sources.folder, sources.data_dir, os.environ.get("BYHAND_DATA")):
        if base:
            yield user_path(base) / path


# --- splitting ----------------------------------------------------------------------------------


def _split_off(
    name: str, data: SplitDataset, size: float | int, rng: np.random.Generator
) -> SplitDataset:
    """Return the data with a part drawn from the training rows."""
    rows = data.rows["train"]
    labels = None if data.is_regression else data.y[rows]
    rest, drawn = split_rows(len(rows), size, rng, labels)
    return replace(data, rows={**data.rows, "train": rows[rest], name: rows[drawn]})


def _pool(dataset: Dataset, spec: DataSpec) -> tuple[Array, Array]:
    x, y = _labelled(dataset, dataset.train, "train")
    if spec.pool == "train+test":
        if dataset.test is None:
            raise ArgumentError(
                f'{dataset.name} has no test images; pool = "train+test" needs them. '
                'Write pool = "train".'
            )
        more_x, more_y = _labelled(dataset, dataset.test, "test")
        x = lazy_rows([x, more_x]) if is_lazy(x) else np.concatenate([x, more_x])
        y = np.concatenate([y, more_y])
    if spec.rows is not None and spec.rows > len(y):
        raise ArgumentError(
            f"rows = {spec.rows} asks for more than the {len(y):,} rows of {dataset.name}."
        )
    if spec.rows is None:
        return x, y
    return select_rows(x, np.arange(spec.rows)), y[: spec.rows]


def _labelled(dataset: Dataset, part: Part, name: str) -> tuple[Array, Array]:
    if part.labels is None:
        raise ArgumentError(f"the {name} images of {dataset.name} have no labels.")
    return part.images, part.labels
